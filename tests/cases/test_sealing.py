"""Personal data is sealed in what is stored of an event, and the chain is over what is stored."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.db import DatabaseError, transaction

from mingduan.cases import audit, catalogue, keyring, sealing
from mingduan.cases.act import events_of
from mingduan.cases.models import Case, CaseKey, EventRow
from tests.cases.telecom import COMPLAINT, Desk, make

WHEN = "2026-11-02 10:00"


@pytest.fixture
def desk(db: None) -> Desk:
    return make()


def stored(case: Case) -> str:
    return json.dumps(list(case.events.values_list("stored", flat=True)), ensure_ascii=False)


def test_nothing_personal_stands_in_what_is_stored_of_an_event(desk: Desk) -> None:
    case = desk.dispatched(WHEN)
    text = stored(case)
    for value in ("13800000000", "幸福路8号", "晚上网速慢", "王女士", "属实"):
        assert value not in text, value
    assert "slow_data" in text


def test_whoever_reads_the_events_finds_them_as_they_were_told(desk: Desk) -> None:
    case = desk.dispatched(WHEN)
    first = events_of(Case.objects.get(pk=case.pk))[0]
    assert {n: first.facts[n] for n in COMPLAINT} == COMPLAINT
    assert first.actor_name == "王女士"
    assert list(audit.verify_case(Case.objects.get(pk=case.pk))) == []


def test_what_is_sealed_in_one_event_can_not_be_put_into_another(desk: Desk) -> None:
    case = desk.filed(WHEN)
    one, two = case.events.all()[:2]
    key = keyring._unwrapped(CaseKey.objects.get(case=case))
    with pytest.raises(sealing.Unsealable):
        sealing.opened({**two.stored, "sealed": one.stored["sealed"]}, key, f"{case.number}#2")


def test_without_its_key_a_case_is_not_taken_for_an_erased_one(desk: Desk) -> None:
    case = desk.filed(WHEN)
    CaseKey.objects.filter(case=case).update(wrapped="")
    with pytest.raises(sealing.Unsealable):
        events_of(Case.objects.get(pk=case.pk))


def test_keys_are_wrapped_anew_and_the_old_key_of_the_environment_may_go(desk: Desk, settings: Any) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    settings.DATA_KEYS = old
    case = desk.filed(WHEN)
    settings.DATA_KEYS = f"{new},{old}"
    assert keyring.wrap_anew() == 1
    settings.DATA_KEYS = new
    assert list(audit.verify_case(Case.objects.get(pk=case.pk))) == []
    settings.DATA_KEYS = old
    with pytest.raises(sealing.Unsealable):
        events_of(Case.objects.get(pk=case.pk))


def test_the_database_refuses_to_take_personal_data_out_of_an_event_of_a_case_that_is_not_erased(desk: Desk) -> None:
    case = desk.filed(WHEN)
    row = case.events.get(seq=1)
    with pytest.raises(DatabaseError), transaction.atomic():
        EventRow.objects.filter(pk=row.pk).update(stored={**sealing.without(row.stored), "sealed": ""})


def test_a_procedure_that_marks_nothing_seals_nothing() -> None:
    book = catalogue.in_force()["cace/appeal"].rulebook
    body = {
        "seq": 1,
        "action": "file",
        "role": "appellant",
        "actor": "1",
        "actor_name": "张三",
        "facts": {"statement": "不服"},
        "reason": "因",
    }
    assert sealing.parted(body, book) == (body, {})
