"""S03 through the store: tickets and records by acts, the month settled, contested, worked out again, published."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mingduan.cases.access import access
from mingduan.cases.act import Done, open_case
from mingduan.cases.models import Case, Notice
from mingduan.complaints.scorecard import settlement
from mingduan.complaints.scorecard.board import Board, Place, board, sheet
from mingduan.complaints.scorecard.cards import due, in_force, month_of, worked
from mingduan.complaints.scorecard.store import tickets
from mingduan.people.models import Mandate, Office, User
from mingduan.procedure.case import Actor, Refusal
from tests.cases.telecom import Desk, at, make

pytestmark = pytest.mark.django_db
OCTOBER = date(2026, 10, 1)
TALK = {"entry.said": "网速慢"}
REPORT = {
    "result.kind": "handset",
    "result.cause": "手机",
    "result.measures": "换机",
    "result.resolved": True,
    "result.unsigned_because": "电话",
}


@pytest.fixture
def desk() -> Desk:
    """The operator and its two contractors, with somebody who manages them."""
    return managed()


def managed() -> Desk:
    """The operator and its two contractors, with somebody who manages them."""
    made = make()
    operator = made.users["desk"].organisation
    made.users["contracts"] = User.objects.create_user("contracts", name="contracts", organisation=operator)
    for who, role in (("contracts", "management"), ("manager", "branch_manager")):
        Office.objects.create(user=made.users[who], body="contractor", role=role)
    for who in ("lead1", "lead2"):
        Mandate.objects.create(user=made.users[who], body="contractor", role="contractor")
    return made


def handled(desk: Desk, dispatched: str, accepted: str, replied: str, contractor: int = 0, **marks: Any) -> Case:
    """A complaint handled by the engineer of a contractor at these times."""
    case = desk.dispatched(dispatched, contractor, **marks)
    lead, engineer = f"lead{contractor + 1}", f"engineer{contractor + 1}"
    desk.do(lead, case, "accept", accepted)
    desk.do(lead, case, "assign", accepted, people=[{"id": str(desk.users[engineer].pk)}])
    desk.do(engineer, case, "arrive", accepted)
    desk.do(engineer, case, "talk", accepted, **TALK)
    return desk.do(engineer, case, "report", replied, **REPORT)


def recorded(desk: Desk, item: str, when: str, contractor: int = 0, **more: Any) -> Case:
    """Something recorded about a contractor's conduct."""
    done = open_case(
        rulebook="contractor/conduct-record", action="record", actor=Actor(str(desk.users["contracts"].pk), "contracts", frozenset(["management"])),
        at=at(when), sides=[], title="记录",
        facts={"organisation": str(desk.contractors[contractor].pk), "record.item": item, "record.at": at(when).isoformat(), "record.note": "现场所见",
               **{f"record.{k}": v for k, v in more.items()}},
    )  # fmt: skip
    assert isinstance(done, Done), done
    return done.case


def october(desk: Desk) -> dict[str, Case]:
    """The month settled on its day: contractor → its case."""
    settlement.settle_due(at("2026-11-07 00:05"))
    card = in_force()["contractor/complaint-score"]
    return {c.parties.get().organisation.name: c for c in settlement.cases(card, OCTOBER)}


def contested(desk: Desk, case: Case, line: int, when: str = "2026-11-09 10:00") -> int:
    """A line of a settled month contested by its contractor; the contest's number."""
    desk.do("lead1", case, "contest", when, **{"entry.line": line, "entry.why": "系统故障"})
    return int(case.facts["contests"][-1]["seq"])


def test_s03_0_the_month_settled_on_the_7th_is_what_the_tickets_and_records_come_to_by_hand(desk: Desk) -> None:
    handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00")  # accepted late: 2
    handled(desk, "2026-10-09 09:00", "2026-10-09 10:00", "2026-10-10 09:01")  # ordinary, replied late: 2
    handled(desk, "2026-10-10 09:00", "2026-10-10 10:00", "2026-10-10 18:00", vip=True)  # extra urgent, in 9 h: 0
    handled(desk, "2026-10-11 09:00", "2026-10-11 10:00", "2026-10-11 20:00", contractor=1, vip=True)  # in 11 h: 2
    handled(desk, "2026-11-01 00:00", "2026-11-01 09:00", "2026-11-01 10:00")  # November's
    recorded(desk, "dress", "2026-10-12 10:00", persons=3)  # 3
    recorded(desk, "confidentiality", "2026-10-13 10:00", points="7.5")  # 7.5
    found = october(desk)
    assert {n: c.facts["score"] for n, c in found.items()} == {"恒通代维": "80.50", "远景维护": "93.00"}
    assert [(x["key"], x["points"]) for x in found["恒通代维"].facts["lines"]] == [
        ("confidentiality", "7.50"), ("dress", "3.00"), ("on_time", "2.00"), ("on_time", "2.00"),
    ]  # fmt: skip
    assert Notice.objects.filter(case=found["恒通代维"], role="contractor").get().title == "月度考核告知"


def test_s03_0_nothing_is_settled_before_the_7th_nor_twice(desk: Desk) -> None:
    handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00")
    assert settlement.settle_due(at("2026-11-06 23:59")) == 0
    assert settlement.settle_due(at("2026-11-07 00:00")) == 1
    assert settlement.settle_due(at("2026-11-08 00:00")) == 0


def test_what_comes_after_the_7th_changes_nothing(desk: Desk) -> None:
    case = desk.dispatched("2026-10-30 09:00")
    card = in_force()["contractor/complaint-score"]
    before, _ = worked(card, month_of(OCTOBER, due(card, OCTOBER)))
    desk.do("lead1", case, "accept", "2026-11-07 09:00")
    assert worked(card, month_of(OCTOBER, due(card, OCTOBER)))[0].scores == before.scores


def test_s03_2_1_who_is_given_a_ticket_later_has_two_hours_of_its_own_to_accept(desk: Desk) -> None:
    case = desk.dispatched("2026-10-08 09:00")
    desk.do("dispatcher", case, "redispatch", "2026-10-08 12:00", "换人", organisation=str(desk.contractors[1].pk))
    desk.do("lead2", case, "accept", "2026-10-08 13:59")
    card = in_force()["contractor/complaint-score"]
    result, whom = worked(card, month_of(OCTOBER, at("2026-10-09 09:00")))
    assert [(whom[s.contractor].name, s.score) for s in result.scores] == [("远景维护", 9500)]


def test_a_reopened_case_is_a_ticket_anew_and_the_first_stays_where_it_was(desk: Desk) -> None:
    case = handled(desk, "2026-10-30 09:00", "2026-10-30 10:00", "2026-10-30 11:00")
    desk.do("desk", case, "offer", "2026-10-30 12:00", **{"offer.kind": "explanation", "offer.text": "说明"})
    desk.do("desk", case, "agree", "2026-10-30 13:00")
    desk.do("desk", case, "conclude", "2026-10-30 14:00", **{"conclusion.text": "已处理"})
    desk.do("desk", case, "reopen", "2026-11-02 09:00", reopening="又慢了")
    desk.do(
        "dispatcher",
        case,
        "dispatch",
        "2026-11-02 10:00",
        organisation=str(desk.contractors[1].pk),
        **{"dispatch.specialty": "wireless"},
    )
    card = in_force()["contractor/complaint-score"]
    found = [list(tickets(card, month_of(first, at("2026-11-07 00:00")))) for first in (OCTOBER, date(2026, 11, 1))]
    assert [[(t.ticket, t.contractor) for t in month] for month in found] == [
        [(case.number, str(desk.contractors[0].pk))], [(f"{case.number}#2", str(desk.contractors[1].pk))],
    ]  # fmt: skip


@pytest.mark.parametrize(("upheld", "score"), [(True, "95.00"), (False, "93.00")])
def test_a_contest_upheld_takes_the_line_away_and_the_score_is_worked_out_again(
    desk: Desk, upheld: bool, score: str
) -> None:
    handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00")
    case = october(desk)["恒通代维"]
    contest = contested(desk, case, case.facts["lines"][0]["seq"])
    desk.do(
        "manager",
        case,
        "decide",
        "2026-11-10 10:00",
        entry=contest,
        **{"entry.upheld": upheld, "entry.reasons": "查实"},
    )
    settlement.rescore(at("2026-11-10 10:01"))
    case.refresh_from_db()
    assert case.facts["score"] == score
    assert settlement.rescore(at("2026-11-10 10:02")) == 0


def test_it_is_published_once_it_can_no_longer_be_contested_and_nothing_is_open(desk: Desk) -> None:
    handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00")
    case = october(desk)["恒通代维"]
    contest = contested(desk, case, case.facts["lines"][0]["seq"])
    assert isinstance(desk.attempt("contracts", case, "publish", "2026-11-09 11:00"), Refusal)
    assert isinstance(desk.attempt("contracts", case, "publish", "2026-11-12 11:00"), Refusal)  # not decided
    desk.do(
        "manager", case, "decide", "2026-11-12 12:00", entry=contest, **{"entry.upheld": True, "entry.reasons": "查实"}
    )
    assert isinstance(desk.attempt("contracts", case, "publish", "2026-11-12 13:00"), Refusal)  # not worked out again
    settlement.rescore(at("2026-11-12 13:00"))
    assert isinstance(desk.attempt("contracts", case, "publish", "2026-11-12 13:01"), Done)


def test_a_line_is_contested_once_and_within_its_time(desk: Desk) -> None:
    handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00")
    case = october(desk)["恒通代维"]
    line = case.facts["lines"][0]["seq"]
    assert isinstance(
        desk.attempt("lead1", case, "contest", "2026-11-12 00:00", **{"entry.line": line, "entry.why": "x"}), Refusal
    )
    contested(desk, case, line)
    assert isinstance(
        desk.attempt("lead1", case, "contest", "2026-11-09 11:00", **{"entry.line": line, "entry.why": "x"}), Refusal
    )


def test_a_record_struck_out_costs_nothing_and_whoever_recorded_it_does_not_decide(desk: Desk) -> None:
    case = recorded(desk, "manners", "2026-10-12 10:00")
    desk.do("lead1", case, "contest", "2026-10-13 10:00", **{"contest.reasons": "没有此事"})
    assert isinstance(desk.attempt("contracts", case, "strike", "2026-10-13 11:00", decision="不实"), Refusal)
    desk.do("manager", case, "strike", "2026-10-13 11:00", decision="不实")
    card = in_force()["contractor/complaint-score"]
    before, _ = worked(card, month_of(OCTOBER, at("2026-10-13 10:30")))
    after, _ = worked(card, month_of(OCTOBER, at("2026-10-14 10:00")))
    assert before.scores[0].score == 9300
    assert after.scores == ()


def test_another_contractor_does_not_see_it(desk: Desk) -> None:
    handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00")
    case = october(desk)["恒通代维"]
    assert not access(desk.users["lead2"], case, at("2026-11-09 10:00")).reads
    assert access(desk.users["lead1"], case, at("2026-11-09 10:00")).reads


worked_on = st.lists(
    st.tuples(st.integers(0, 1), st.integers(0, 30), st.integers(1, 180), st.integers(1, 30)), min_size=1, max_size=4
)


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(worked_on, st.integers(0, 2))
def test_the_last_preview_is_what_is_settled(desk: Desk, jobs: list[tuple[int, int, int, int]], rude: int) -> None:
    with transaction.atomic():
        for contractor, day, accepted, replied in sorted(jobs, key=lambda j: j[1]):
            begun = at("2026-10-01 09:00") + timedelta(days=day)
            times = (begun, begun + timedelta(minutes=accepted), begun + timedelta(minutes=accepted, hours=replied))
            handled(desk, *(f"{t:%Y-%m-%d %H:%M}" for t in times), contractor=contractor)
        for _ in range(rude):
            recorded(desk, "manners", "2026-10-12 10:00")
        card = in_force()["contractor/complaint-score"]
        preview = board(card, OCTOBER, at("2026-11-07 00:00"))
        settlement.settle_due(at("2026-11-07 00:05"))
        final = board(card, OCTOBER, at("2026-11-07 00:06"))
        assert (preview.preview, final.preview) == (True, False)
        assert [(p.contractor, p.score, p.rank, p.of) for p in preview.places] == [
            (p.contractor, p.score, p.rank, p.of) for p in final.places
        ]
        assert [costs(preview, p) for p in preview.places] == [costs(final, p) for p in final.places]
        transaction.set_rollback(True)


def costs(of: Board, place: Place) -> list[tuple[str, int, int, list[tuple[str, int]]]]:
    """What each item cost, with its deductions."""
    rows = [row for part in sheet(of, place).parts for row in part.items]
    return [(r.name, r.score.count, r.score.lost, sorted((d.source, d.points) for d in r.deductions)) for r in rows]


@pytest.mark.parametrize(("upheld", "score"), [(True, "95.00"), (False, "90.00")])
def test_s03_2_2_what_a_mean_cost_is_a_line_that_can_be_contested(desk: Desk, upheld: bool, score: str) -> None:
    handled(desk, "2026-10-08 09:00", "2026-10-08 10:00", "2026-10-09 05:00")  # 20 h: in time, but the mean is over 17
    case = october(desk)["恒通代维"]
    assert case.facts["score"] == "90.00"
    [line] = case.facts["lines"]
    assert (line["key"], line["source"], line["points"]) == ("mean_handling", "2026-10", "5.00")
    contest = contested(desk, case, line["seq"])
    told = {"entry.upheld": upheld, "entry.reasons": "查实"}
    desk.do("manager", case, "decide", "2026-11-10 10:00", entry=contest, **told)
    settlement.rescore(at("2026-11-10 10:01"))
    case.refresh_from_db()
    assert case.facts["score"] == score
