"""The weekly report of hot spots: what it finds, that it is made once, and what became of each spot."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from mingduan.cases import outbox
from mingduan.cases.act import Done, act
from mingduan.cases.models import Case, Outbox
from mingduan.complaints import reports
from mingduan.complaints.hotspots import cell_of
from mingduan.complaints.models import FoundHotSpot, HotSpotReport
from mingduan.demo.town import Ticket, town
from mingduan.procedure.case import Actor
from mingduan.procedure.period import TZ

from .filed import LAST, WEEK, busy_town, file_all

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 23, 8, tzinfo=TZ)
MANAGER = Actor("7", "经理", frozenset(["branch_manager"]))


def told(report: HotSpotReport) -> list[object]:
    """Everything a report says."""
    spots = report.spots.order_by("rank").values_list(
        "rank", "cells", "places", "since", "until", "observed", "expected", "p"
    )
    return [report.body, report.week, report.first, report.complaints, report.cells, list(spots)]


def made(at: datetime = MONDAY) -> HotSpotReport:
    """The report, with fewer shuffles than in life."""
    return reports.make("telecom", WEEK, at, shuffles=99)


def more(tickets: int) -> tuple[Ticket, ...]:
    """So many others of the days the report looks at."""
    return town(seed=8, months=1, tickets=tickets, last=LAST).tickets


def test_the_planted_hot_spot_is_in_the_report_with_its_place() -> None:
    file_all(busy_town())
    spot, place = made().spots.first(), town(seed=3, months=2, tickets=260, last=LAST).spots[0].place
    assert spot is not None
    assert cell_of(place.latitude, place.longitude) in spot.cells
    assert place.address in spot.places
    assert spot.observed > 2 * spot.expected


def test_the_report_is_the_same_whenever_it_is_made_and_in_whatever_order_the_complaints_came() -> None:
    tickets = busy_town(150)
    file_all(tickets)
    on_monday = told(made())
    HotSpotReport.objects.all().delete()
    assert told(made(MONDAY + timedelta(days=5))) == on_monday
    HotSpotReport.objects.all().delete()
    Case.objects.update(rulebook="elsewhere/gone")
    file_all(reversed(tickets))
    assert told(made()) == on_monday


def test_what_comes_after_the_week_changes_nothing() -> None:
    tickets = busy_town(150)
    file_all(tickets)
    before = told(made())
    HotSpotReport.objects.all().delete()
    file_all(town(seed=9, months=1, tickets=40, last=LAST + timedelta(days=30)).tickets)
    assert told(made(MONDAY + timedelta(days=5))) == before


def test_a_report_once_made_stands() -> None:
    file_all(town(tickets=5).tickets)
    first = made()
    file_all(town(seed=2, tickets=30, months=1).tickets)
    assert told(made()) == told(first)
    assert HotSpotReport.objects.count() == 1


def test_what_is_taken_in_later_is_told_and_counted_in_a_new_version_beside_the_first() -> None:
    file_all(busy_town(150))
    first = made()
    before = told(first)
    assert reports.later(first) == 0
    file_all(late := more(40))
    assert reports.later(first) == len(late)
    Outbox.objects.exclude(topic=reports.TOPIC).delete()
    reports.reissue(first, MONDAY)
    outbox.run(MONDAY)
    second, first = HotSpotReport.objects.filter(week=WEEK)
    assert (second.version, second.complaints, told(first)) == (2, first.complaints + len(late), before)
    assert reports.later(second) == 0


def test_a_new_version_is_made_only_of_the_latest_and_only_when_something_came_in() -> None:
    file_all(more(20))
    first = made()
    with pytest.raises(ValueError, match="later complaints"):
        reports.reissue(first, MONDAY)
    file_all(more(20))
    reports.make("telecom", WEEK, MONDAY, shuffles=99, version=2)
    with pytest.raises(ValueError, match="latest"):
        reports.reissue(first, MONDAY)


def test_a_spot_of_a_new_version_keeps_the_improvement_of_the_former() -> None:
    """The same place is not put right twice."""
    file_all(busy_town())
    spot = made().spots.get(rank=1)
    FoundHotSpot.objects.filter(pk=spot.pk).update(case="IMP-1")
    file_all(more(20))
    again = reports.make("telecom", WEEK, MONDAY, shuffles=99, version=2)
    assert {s.case for s in again.spots.all() if set(s.cells) & set(spot.cells)} == {"IMP-1"}


@pytest.mark.parametrize(("week", "at"), [(WEEK, MONDAY - timedelta(days=1)), (WEEK + timedelta(days=1), MONDAY + timedelta(days=9))])  # fmt: skip
def test_only_a_whole_week_that_is_over_is_told(week: date, at: datetime) -> None:
    with pytest.raises(ValueError, match="over"):
        reports.make("telecom", week, at)


def test_the_worker_makes_the_report_of_the_past_week_once() -> None:
    file_all(t for t in town(seed=3, months=1, tickets=40, last=LAST).tickets if t.opened_at.date() >= WEEK)
    for _ in range(2):
        reports.daily(MONDAY)
        outbox.run(MONDAY)
    assert list(HotSpotReport.objects.values_list("body", "week")) == [("telecom", WEEK)]


def improved() -> tuple[FoundHotSpot, Case]:
    """A hot spot of a report, and its improvement, finished on the Monday after."""
    file_all(busy_town())
    spot = made().spots.first()
    assert spot is not None
    engine = reports.improving("telecom")
    assert engine is not None
    done = reports.improve(spot, engine, MANAGER, MONDAY)
    assert isinstance(done, Done), done
    for action, facts in (
        ("start", {"work.measure": "加站", "work.responsible": "王工"}), ("finish", {"work.finished_on": "2026-11-23", "work.note": "已加站"}),
    ):  # fmt: skip
        assert isinstance(act(number=done.case.number, action=action, actor=MANAGER, at=MONDAY, facts=facts), Done)
    return spot, done.case


def test_an_improvement_is_opened_once_and_the_spot_says_so() -> None:
    spot, case = improved()
    engine = reports.improving("telecom")
    assert engine is not None
    again = reports.improve(spot, engine, MANAGER, MONDAY)
    assert isinstance(again, Done)
    spot.refresh_from_db()
    assert (again.case.pk, spot.case) == (case.pk, case.number)
    assert case.facts["spot.observed"] == spot.observed


def test_before_and_after_are_counted_in_the_same_cells_over_equal_spans() -> None:
    spot, case = improved()
    inside = [t for t in busy_town() if cell_of(t.place.latitude, t.place.longitude) in spot.cells]
    later = [t for t in town(seed=5, months=1, tickets=60, last=LAST + timedelta(days=30)).tickets if t.opened_at.date() > date(2026, 11, 23)]  # fmt: skip
    file_all(later)
    assert reports.measure(MONDAY + timedelta(days=28)) == 0  # 28 days from the 24th are not over yet
    assert reports.measure(MONDAY + timedelta(days=29)) == 1
    case.refresh_from_db()
    told = case.facts
    from_, until = (date.fromisoformat(told[f"before.{n}"]) for n in ("from", "until"))
    assert (
        (until - from_).days
        == (date.fromisoformat(told["after.until"]) - date.fromisoformat(told["after.from"])).days
        == 27
    )
    assert told["before.complaints"] == sum(from_ <= t.opened_at.date() <= until for t in inside)
    there = {cell_of(t.place.latitude, t.place.longitude) for t in later} & set(spot.cells)
    assert told["after.complaints"] == sum(cell_of(t.place.latitude, t.place.longitude) in there and t.opened_at.date() <= date(2026, 12, 21) for t in later)  # fmt: skip
    assert (case.state, reports.measure(MONDAY + timedelta(days=40))) == ("measured", 0)
