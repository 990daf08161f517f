"""The write path: one transaction, one winner, nothing twice, and a store that can prove itself."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from functools import partial

import pytest
from django.db import DatabaseError, connection, transaction

from mingduan.cases import audit
from mingduan.cases.access import access, visible
from mingduan.cases.act import Done, Side, act, open_case, state_of
from mingduan.cases.models import Case, DutyRow, EventRow, LedgerLine, RulebookVersion
from mingduan.cases.timer import run_due
from mingduan.people.models import Interest, Office, Organisation, User
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

NOW = datetime(2026, 9, 25, 9, tzinfo=TZ)
FACTS = {
    "grounds": "change_of_status",
    "decision.reference": "安信〔2026〕7号",
    "decision.notified_on": "2026-09-01",
    "statement": "不服",
    "requested": "撤销",
    "signed_by": "张三",
}
CENTRE = Actor("c", "林静", frozenset(["centre"]))
pytestmark = pytest.mark.django_db


def new_case(key: str = "") -> Done:
    enterprise, _ = Organisation.objects.get_or_create(name="恒通", defaults={"kind": "enterprise"})
    agency, _ = Organisation.objects.get_or_create(name="安信", defaults={"kind": "agency"})
    done = open_case(
        rulebook="cace/appeal",
        action="file",
        actor=Actor("a", "张三", frozenset(["appellant"])),
        at=NOW,
        facts=FACTS,
        sides=[Side("appellant", "恒通", enterprise), Side("respondent", "安信", agency)],
        title="恒通申诉案",
        key=key,
    )
    assert isinstance(done, Done)
    return done


def receive(number: str, amount: int = 500_000, **more: object) -> Done | Refusal:
    facts = {"payment.amount": amount, "payment.on": "2026-09-25"}
    return act(number=number, action="receive_deposit", actor=CENTRE, at=NOW + timedelta(hours=1), facts=facts, **more)  # type: ignore[arg-type]


def test_numbers_follow_each_other_and_the_secret_is_kept_as_a_hash() -> None:
    first, second = new_case(), new_case()
    assert (first.case.number, second.case.number) == ("CACE-SS-2026-0001", "CACE-SS-2026-0002")
    assert first.secret
    assert first.secret not in first.case.secret


def test_the_same_key_does_the_thing_once() -> None:
    assert new_case("k").case.pk == new_case("k").case.pk
    number = Case.objects.get().number
    receive(number, key="pay")
    receive(number, key="pay")
    assert LedgerLine.objects.count() == 1


def test_whoever_acts_on_an_old_page_is_told_what_changed() -> None:
    number = new_case().case.number
    receive(number, seen=1)
    outcome = receive(number, seen=1)
    assert isinstance(outcome, Refusal)
    assert "林静" in outcome.reasons[0].text.zh
    assert Case.objects.get().length == 2


def test_a_refusal_writes_nothing() -> None:
    number = new_case().case.number
    outcome = act(number=number, action="accept", actor=CENTRE, at=NOW, facts={"major": False})
    assert isinstance(outcome, Refusal)
    assert EventRow.objects.count() == 1


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_the_database_refuses_to_change_or_remove_events_and_ledger(verb: str) -> None:
    receive(new_case().case.number)
    for model, field in ((EventRow, "hash"), (LedgerLine, "debit")):
        rows = model.objects.all()
        change = partial(rows.update, **{field: "x"}) if verb == "update" else partial(rows._raw_delete, rows.db)
        with pytest.raises(DatabaseError), transaction.atomic():
            change()


def test_the_ledger_takes_no_line_that_does_not_balance() -> None:
    case = new_case().case
    for line in (
        {"debit": "bank", "credit": "bank", "amount": 1},
        {"debit": "bank", "credit": "deposit_held", "amount": 0},
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            LedgerLine.objects.create(case=case, seq=1, **line)


def test_audit_is_clean_and_finds_every_cached_row_tampered_with() -> None:
    number = new_case().case.number
    receive(number)
    assert list(audit.verify()) == []
    Case.objects.update(state="ruled")
    assert "折算" in next(audit.verify()).what
    Case.objects.update(state="filed")
    DutyRow.objects.filter(deadline="meet").update(due=NOW)
    assert "期限" in next(audit.verify()).what


def test_audit_finds_a_changed_event_even_when_the_trigger_was_taken_away() -> None:
    receive(new_case().case.number)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE cases_eventrow DISABLE TRIGGER USER")
        else:
            cursor.execute("DROP TRIGGER cases_eventrow_no_update")
    row = EventRow.objects.get(seq=1)
    EventRow.objects.filter(pk=row.pk).update(stored={**row.stored, "actor_name": "别人"})
    assert "散列链" in next(audit.verify()).what
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE cases_eventrow ENABLE TRIGGER USER")


def test_s01_6_1_the_timer_lapses_what_was_not_put_right() -> None:
    number = new_case().case.number
    act(number=number, action="request_remedy", actor=CENTRE, at=NOW, facts={"remedy.what": "保证金"})
    assert run_due(datetime(2026, 10, 9, 23, 59, tzinfo=TZ)) == 0
    assert run_due(datetime(2026, 10, 10, 0, 1, tzinfo=TZ)) == 1
    assert run_due(datetime(2026, 10, 10, 0, 2, tzinfo=TZ)) == 0
    assert Case.objects.get().state == "refused"


def test_one_case_that_is_broken_does_not_hold_up_the_deadlines_of_the_others() -> None:
    for _ in range(2):
        act(
            number=new_case().case.number,
            action="request_remedy",
            actor=CENTRE,
            at=NOW,
            facts={"remedy.what": "保证金"},
        )
    broken, sound = Case.objects.order_by("pk")
    Case.objects.filter(pk=broken.pk).update(digest="gone")
    RulebookVersion.objects.create(digest="gone", rulebook="cace/appeal", source=b"id: [")
    assert run_due(datetime(2026, 10, 10, 0, 1, tzinfo=TZ)) == 1
    assert Case.objects.get(pk=sound.pk).state == "refused"


def test_s01_8_3_whoever_has_an_interest_cannot_even_open_the_case() -> None:
    case = new_case().case
    officer = User.objects.create_user("o", name="官员")
    Office.objects.create(user=officer, body="cace", role="centre")
    assert access(officer, case, NOW).inside
    Interest.objects.create(user=officer, organisation=Organisation.objects.get(name="恒通"), kind="配偶任职")
    assert not access(officer, case, NOW).reads
    assert list(visible(officer, NOW)) == []


def test_s01_8_4_readjudication_opens_the_next_round_for_the_same_parties() -> None:
    number = new_case().case.number
    act(number=number, action="refuse", actor=CENTRE, at=NOW, facts={"refusal.reason": "不属范围"})
    appellant = Actor("a", "张三", frozenset(["appellant"]))
    assert isinstance(
        act(number=number, action="readjudicate", actor=appellant, at=NOW, facts={"statement": "再申"}), Done
    )
    second = Case.objects.order_by("id").last()
    assert second is not None
    assert (second.state, second.facts["statement"], second.parties.count()) == ("filed", "再申", 2)
    assert second.facts["round"] == 2
    assert state_of(second).links == (("round_of", number),)
    assert list(audit.verify()) == []


@pytest.mark.usefixtures("flushable")
def test_of_ten_people_who_act_at_once_one_wins() -> None:
    number = new_case().case.number
    outcomes: list[Done | Refusal] = []

    def go() -> None:
        outcomes.append(receive(number, seen=1))
        connection.close()

    threads = [threading.Thread(target=go) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(isinstance(o, Done) for o in outcomes) == 1
    assert len(outcomes) == 10
    assert LedgerLine.objects.count() == 1
