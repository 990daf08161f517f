"""Two cases that have to do with each other: joined from both sides at once, or a further round seen from the first."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError, connection

from mingduan.cases import audit
from mingduan.cases.access import access, visible
from mingduan.cases.act import Done, Side, act, open_case, state_of
from mingduan.cases.models import Case, EventRow, Notice
from mingduan.paper.recipients import recipients
from mingduan.people.models import Organisation, User
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


def other_filer(name: str = "远景") -> Case:
    """An appeal of another enterprise against the same agency."""
    enterprise, _ = Organisation.objects.get_or_create(name=name, defaults={"kind": "enterprise"})
    agency, _ = Organisation.objects.get_or_create(name="安信", defaults={"kind": "agency"})
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor("b", "李四", frozenset(["appellant"])), at=NOW, facts=APPEAL,
        sides=[Side("appellant", name, enterprise), Side("respondent", "安信", agency)], title="远景申诉案",
    )  # fmt: skip
    assert isinstance(done, Done)
    return done.case


def test_who_filed_a_joined_case_is_a_party_of_the_one_that_goes_on() -> None:
    one, going_on = other_filer(), opened()
    user = User.objects.create_user("y", name="李四", organisation=Organisation.objects.get(name="远景"))
    assert not access(user, going_on, NOW).reads
    assert isinstance(do(one, "join", case=going_on.number), Done)
    got = access(user, going_on, NOW)
    assert (got.actor.roles, got.inside) == ({"appellant"}, False)
    assert going_on in visible(user, NOW)
    notice = Notice.objects.get(case=going_on, role="appellant", title="并案通知")
    assert user in [r.user for r in recipients(notice, NOW)]
    parties = [(p.role, p.name) for p in going_on.parties.all()]
    assert parties == [("appellant", "恒通"), ("respondent", "安信"), ("appellant", "远景")], "the agency is there once"
    assert list(audit.verify()) == []


def test_whoever_follows_a_joined_case_with_its_secret_follows_the_other_with_it() -> None:
    done = open_case(
        rulebook="cace/appeal", action="file", actor=APPELLANT, at=NOW, facts=APPEAL,
        sides=[Side("appellant", "王五"), Side("respondent", "安信")], title="王五申诉案",
    )  # fmt: skip
    assert isinstance(done, Done)
    going_on = opened()
    assert not access(None, going_on, NOW, done.secret).reads
    assert isinstance(do(done.case, "join", case=going_on.number), Done)
    got = access(None, Case.objects.get(pk=going_on.pk), NOW, done.secret)
    assert (got.actor.id, got.actor.name) == (f"case:{done.case.number}", "王五")
    told = Notice.objects.get(case=going_on, role="appellant", title="并案通知")
    assert f"case:{done.case.number}" in [r.id for r in recipients(told, NOW)]


def test_who_was_joined_in_cannot_withdraw_what_is_anothers() -> None:
    one, going_on = other_filer(), opened()
    assert isinstance(do(one, "join", case=going_on.number), Done)
    user = User.objects.create_user("y", name="李四", organisation=Organisation.objects.get(name="远景"))
    outcome = do(going_on, "withdraw", access(user, going_on, NOW).actor, 2)
    assert isinstance(outcome, Refusal)
    assert outcome.reasons[0].rule == "own"
    assert isinstance(do(going_on, "withdraw", APPELLANT, 3), Done)


def test_a_further_round_of_a_joined_case_is_for_all_its_parties() -> None:
    one, going_on = other_filer(), opened()
    assert isinstance(do(one, "join", case=going_on.number), Done)
    assert isinstance(do(going_on, "refuse", CENTRE, 2, **{"refusal.reason": "不属范围"}), Done)
    assert isinstance(do(going_on, "readjudicate", APPELLANT, 3, statement="新的理由"), Done)
    again = Case.objects.order_by("-pk")[0]
    assert [p.name for p in again.parties.all()] == ["恒通", "安信", "远景"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("flushable")
def test_two_cases_joined_to_each_other_at_once_do_not_wait_for_each_other_for_ever() -> None:
    one, other = opened(), other_filer()
    together, outcomes = threading.Barrier(2), list[object]()

    def join(case: Case, to: Case) -> None:
        together.wait()
        try:
            outcomes.append(do(case, "join", case=to.number))
        except DatabaseError as error:
            outcomes.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=join, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(o).__name__ for o in outcomes) == ["Done", "Refusal"]
