"""Two cases that have to do with each other: joined from both sides at once, or a further round seen from the first."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from mingduan.cases import audit
from mingduan.cases.act import Done, Side, act, open_case, state_of
from mingduan.cases.models import Case, EventRow, Notice
from mingduan.people.models import Organisation
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

NOW = datetime(2026, 9, 25, 9, tzinfo=TZ)
CENTRE = Actor("c", "林静", frozenset(["centre"]))
APPELLANT = Actor("a", "张三", frozenset(["appellant"]))
APPEAL = {
    "grounds": "change_of_status", "decision.reference": "安信〔2026〕7号", "decision.notified_on": "2026-09-01",
    "statement": "不服", "requested": "撤销", "signed_by": "张三",
}  # fmt: skip
COMPLAINT = {"grounds": "delay", "details": "迟延", "proof_text": "函件", "signed_by": "张三"}
pytestmark = pytest.mark.django_db


def opened(rulebook: str = "cace/appeal", role: str = "appellant", facts: dict[str, str] = APPEAL) -> Case:
    enterprise, _ = Organisation.objects.get_or_create(name="恒通", defaults={"kind": "enterprise"})
    agency, _ = Organisation.objects.get_or_create(name="安信", defaults={"kind": "agency"})
    done = open_case(
        rulebook=rulebook, action="file", actor=Actor("a", "张三", frozenset([role])), at=NOW, facts=facts,
        sides=[Side(role, "恒通", enterprise), Side("respondent", "安信", agency)], title="恒通申诉案",
    )  # fmt: skip
    assert isinstance(done, Done)
    return done.case


def do(case: Case, action: str, actor: Actor = CENTRE, hours: int = 1, /, **facts: object) -> Done | Refusal:
    return act(number=case.number, action=action, actor=actor, at=NOW + timedelta(hours=hours), facts=facts)


def test_joining_is_recorded_in_both_cases_at_once() -> None:
    one, other = opened(), opened()
    assert isinstance(do(one, "join", case=other.number), Done)
    assert state_of(one).links == (("joined", other.number),)
    assert state_of(other).links == (("joined_from", one.number),)
    assert (Case.objects.get(pk=one.pk).state, Case.objects.get(pk=other.pk).state) == ("joined", "filed")
    told = Notice.objects.get(case=other, role="appellant", title="并案通知")
    assert one.number in told.body
    assert list(audit.verify()) == []


@pytest.mark.parametrize("why", ["itself", "nowhere", "another procedure", "ended", "joined"])
def test_joining_is_refused_and_writes_nothing(why: str) -> None:
    one, other = opened(), opened()
    number = other.number
    if why == "itself":
        number = one.number
    elif why == "nowhere":
        number = "CACE-SS-2026-9999"
    elif why == "another procedure":
        number = opened("cace/complaint", "complainant", COMPLAINT).number
    elif why == "ended":
        assert isinstance(do(other, "withdraw", APPELLANT), Done)
    else:
        assert isinstance(do(other, "join", case=opened().number), Done)
    before = EventRow.objects.count()
    outcome = do(one, "join", case=number)
    assert isinstance(outcome, Refusal)
    assert outcome.action == "join"
    assert outcome.reasons[0].text.zh
    assert EventRow.objects.count() == before
    assert Case.objects.get(pk=one.pk).state == "filed"


def test_nobody_records_a_joinder_from_the_receiving_side() -> None:
    one, other = opened(), opened()
    outcome = do(other, "take_in", case=one.number)
    assert isinstance(outcome, Refusal)
    assert outcome.reasons[0].rule == "role"


def test_s01_8_4_a_further_round_is_seen_from_the_first_case() -> None:
    case = opened()
    assert isinstance(do(case, "refuse", **{"refusal.reason": "不属范围"}), Done)
    assert isinstance(do(case, "readjudicate", APPELLANT, 2, statement="新的理由"), Done)
    again = Case.objects.exclude(pk=case.pk).get()
    assert state_of(case).links == (("round", again.number),)
    assert (state_of(again).links, state_of(again).round) == ((("round_of", case.number),), 2)
    assert again.number in Notice.objects.get(case=case, role="respondent", title="重新裁决通知").body
    assert list(audit.verify()) == []
