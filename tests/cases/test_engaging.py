"""An organisation that works for the body in a case: it sees its own cases only, through those it gave the mandate."""

from __future__ import annotations

import pytest

from mingduan.cases import audit, catalogue
from mingduan.cases.access import access, opener, openings, overseen, visible
from mingduan.cases.act import Done, open_case, state_of
from mingduan.cases.models import Assignment, Case
from mingduan.cases.panels import candidates, engageable
from mingduan.cases.queries import my_duties, owed
from mingduan.people.accounts import privileged
from mingduan.people.models import Mandate, Office, User
from mingduan.procedure.case import Refusal

from .telecom import COMPLAINT, Desk, at, make

pytestmark = pytest.mark.django_db
NOON = "2026-03-10 12:00"


@pytest.fixture
def desk() -> Desk:
    return make()


def seen(user: User) -> set[str]:
    return set(visible(user, at(NOON)).values_list("number", flat=True))


def test_a_contractor_never_sees_anothers_case(desk: Desk) -> None:
    mine, theirs = desk.dispatched("2026-03-10 10:00"), desk.dispatched("2026-03-10 10:05", contractor=1)
    for who, sees in (("lead1", {mine.number}), ("lead2", {theirs.number}), ("engineer1", set()), ("other1", set())):
        assert seen(desk.users[who]) == sees, who
        assert {c.number for c in (mine, theirs) if desk.roles(who, c, NOON)} == sees, who
    assert seen(desk.users["desk"]) == {mine.number, theirs.number}
    assert set(overseen(desk.users["lead1"], at(NOON))) == set()


def test_a_mandate_is_no_office_and_opens_nothing_of_the_bodys(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    got = access(desk.users["lead1"], Case.objects.get(pk=case.pk), at(NOON))
    assert got.actor.roles == {"contractor"}
    assert not got.inside
    assert not privileged(desk.users["lead1"])


def test_an_engineer_sees_the_case_they_are_sent_to_until_the_company_is_replaced(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    desk.do("lead1", case, "accept", "2026-03-10 10:10")
    desk.do("lead1", case, "assign", "2026-03-10 10:20", people=[str(desk.users["engineer1"].pk)])
    assert desk.roles("engineer1", case, NOON) == {"engineer"}
    assert seen(desk.users["engineer1"]) == {case.number}
    desk.do("dispatcher", case, "redispatch", "2026-03-10 11:00", "力量不足", organisation=str(desk.contractors[1].pk))
    assert not Assignment.objects.filter(case=case).exists()
    for who in ("engineer1", "lead1"):
        assert desk.roles(who, case, NOON) == set()
        assert seen(desk.users[who]) == set()
    assert desk.roles("lead2", case, NOON) == {"contractor"}
    assert list(audit.verify()) == []


def test_a_company_that_returned_the_ticket_has_no_more_to_do_with_it(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    desk.do("lead1", case, "return_ticket", "2026-03-10 10:30", "不属本公司")
    assert desk.roles("lead1", case, NOON) == set()
    assert not case.parties.filter(role="contractor").exists()


def test_only_people_of_the_company_with_the_mandate_can_be_sent(desk: Desk) -> None:
    case = desk.dispatched("2026-03-10 10:00")
    engine = catalogue.kept(case.digest)
    assert [c.user.name for c in candidates(case, state_of(case), engine, "engineer", at(NOON))] == ["engineer1"]
    for who in ("engineer2", "other1", "desk"):
        outcome = desk.attempt("lead1", case, "assign", NOON, people=[str(desk.users[who].pk)])
        assert isinstance(outcome, Refusal), who


def test_only_companies_with_the_mandate_can_be_engaged(desk: Desk) -> None:
    case = desk.filed("2026-03-10 10:00")
    engine = catalogue.kept(case.digest)
    assert set(engageable(engine, "contractor")) == set(desk.contractors)
    operator = desk.users["desk"].organisation
    assert operator is not None
    facts = {"dispatch.specialty": "wireless", "organisation": str(operator.pk)}
    assert isinstance(desk.attempt("dispatcher", case, "dispatch", NOON, **facts), Refusal)


def test_the_company_is_named_by_the_register_not_by_the_caller(desk: Desk) -> None:
    case = desk.filed("2026-03-10 10:00")
    facts = {"dispatch.specialty": "wireless", "organisation": {"id": str(desk.contractors[0].pk), "name": "冒名公司"}}
    desk.do("dispatcher", case, "dispatch", NOON, **facts)
    assert case.parties.get(role="contractor").name == "恒通代维"


def test_duties_are_owed_by_those_with_the_mandate(desk: Desk) -> None:
    desk.dispatched("2026-03-10 10:00")
    assert {r.deadline for r in owed(desk.users["lead1"], at("2026-03-10 10:30"))} == {"accept", "reply3"}
    assert not owed(desk.users["other1"], at("2026-03-10 10:30")).exists()
    assert [d.label for d in my_duties(desk.users["lead1"], at("2026-03-10 10:30"))["today"]] == ["签收工单"]


def test_whoever_files_for_a_caller_names_the_party(desk: Desk) -> None:
    actor = access(desk.users["desk"], desk.filed("2026-03-10 10:00"), at(NOON)).actor
    done = open_case(
        rulebook="telecom/network-complaint", action="file", actor=actor, at=at(NOON), sides=(), title="",
        facts={**COMPLAINT, "channel": "hotline", "customer.name": "张先生"},
    )  # fmt: skip
    assert isinstance(done, Done)
    assert [(p.role, p.name) for p in done.case.parties.all()] == [("complainant", "张先生")]
    assert done.case.title.startswith("张**")


def test_a_case_the_body_opens_for_a_company_is_the_companys(desk: Desk) -> None:
    Office.objects.create(user=desk.users["manager"], body="contractor", role="management")
    for who in ("lead1", "lead2"):
        Mandate.objects.create(user=desk.users[who], body="contractor", role="contractor")
    book = catalogue.in_force()["contractor/inspection"].rulebook
    assert openings(desk.users["manager"], book) == {"open": "management"}
    assert openings(desk.users["lead1"], book) == {}
    actor = opener(desk.users["manager"], "", "management")
    facts = {
        "order.what": "季度巡检",
        "order.place": "3号站",
        "urgency": "normal",
        "organisation": str(desk.contractors[0].pk),
    }
    done = open_case(rulebook=book.id, action="open", actor=actor, at=at(NOON), facts=facts, sides=(), title="")
    assert isinstance(done, Done), done
    assert done.case.title.startswith("恒通代维")
    assert desk.roles("lead1", done.case, NOON) == {"contractor"}
    assert desk.roles("lead2", done.case, NOON) == set()
    nobody = open_case(
        rulebook=book.id,
        action="open",
        actor=actor,
        at=at(NOON),
        facts={**facts, "organisation": "999"},
        sides=(),
        title="",
    )
    assert isinstance(nobody, Refusal)


def test_a_company_opens_cases_for_itself_by_its_mandate(desk: Desk) -> None:
    Mandate.objects.create(user=desk.users["lead1"], body="contractor", role="contractor")
    book = catalogue.in_force()["contractor/abnormal-report"].rulebook
    assert openings(desk.users["lead1"], book) == {"report": "contractor"}
    assert openings(desk.users["engineer1"], book) == {}
    done = open_case(
        rulebook=book.id, action="report", actor=opener(desk.users["lead1"], "", "contractor"), at=at(NOON), sides=(), title="",
        facts={"order.what": "积水", "order.place": "3号站", "found_at": "2026-03-10T11:00:00+08:00", "grave": True},
    )  # fmt: skip
    assert isinstance(done, Done), done
    assert [(p.role, p.organisation) for p in done.case.parties.all()] == [("contractor", desk.contractors[0])]
    assert desk.roles("lead1", done.case, NOON) == {"contractor"}
    assert desk.roles("lead2", done.case, NOON) == set()
