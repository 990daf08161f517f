"""Figures over many cases: counted as the cases stand, by every part, in one query; narrowed as the board is asked."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from mingduan.cases.figured import Sums, cells, narrowed
from mingduan.cases.models import Case
from mingduan.demo.town import town

from ..complaints.filed import LAST, file_all
from .telecom import Desk, at, make

pytestmark = pytest.mark.django_db
NOW = at("2026-10-20 09:00")


@pytest.fixture
def desk() -> Desk:
    return make()


def handled(desk: Desk, contractor: int, replied: str, **marks: bool) -> Case:
    """A complaint dispatched on Monday 12 October at nine, and answered by telephone."""
    case = desk.dispatched("2026-10-12 09:00", contractor, **marks)
    lead, engineer = (("lead1", "engineer1"), ("lead2", "engineer2"))[contractor]
    desk.do(lead, case, "accept", "2026-10-12 09:30")
    desk.do(lead, case, "assign", "2026-10-12 09:31", people=[str(desk.users[engineer].pk)])
    desk.do(engineer, case, "talk", "2026-10-12 09:40", **{"entry.said": "慢"})
    desk.do(engineer, case, "report", replied, **{"result.kind": "by_phone", "result.cause": "套餐限速", "result.measures": "已说明", "result.resolved": True})  # fmt: skip
    return case


def sums(part: str = "level", since: date = date(2026, 10, 5), until: date = date(2026, 10, 18)) -> dict[str, Sums]:
    """The figures by one part."""
    found: dict[str, Sums] = {}
    for c in cells(Case.objects.all(), since, until, NOW):
        found[c.parts[part]] = found.get(c.parts[part], Sums()) + c.sums
    return found


def test_kept_late_and_running_are_told_apart(desk: Desk) -> None:
    handled(desk, 0, "2026-10-12 21:00")
    handled(desk, 0, "2026-10-13 21:00")  # ordinary: 24 hours
    desk.dispatched("2026-10-12 09:00")  # never answered
    desk.filed("2026-10-12 09:00")  # not dispatched: nothing falls due
    [got] = sums().values()
    assert (got.cases, got.due, got.kept) == (4, 3, 1)
    assert got.punctual == pytest.approx(100 / 3)


def test_handling_time_runs_from_coming_in_to_the_report(desk: Desk) -> None:
    handled(desk, 0, "2026-10-12 13:00")
    handled(desk, 1, "2026-10-12 15:00")
    assert {company: s.hours for company, s in sums("company").items()} == {"恒通代维": 4, "远景维护": 6}


def test_each_case_is_counted_under_its_own_level_and_trouble(desk: Desk) -> None:
    handled(desk, 0, "2026-10-12 13:00", vip=True)
    handled(desk, 0, "2026-10-12 13:00")
    assert {level: s.cases for level, s in sums().items()} == {"level1": 1, "level3": 1}
    assert {trouble: s.cases for trouble, s in sums("class").items()} == {"slow_data": 2}


def test_only_what_came_in_those_days_is_counted_by_week(desk: Desk) -> None:
    for day in ("2026-10-04 23:59", "2026-10-05 00:00", "2026-10-11 23:59", "2026-10-12 00:00"):
        desk.filed(day)
    found = cells(Case.objects.all(), date(2026, 10, 5), date(2026, 10, 18), NOW)
    assert {c.begins: c.sums.cases for c in found} == {date(2026, 10, 5): 2, date(2026, 10, 12): 1}


def test_the_board_finds_the_very_cases_that_were_counted(desk: Desk) -> None:
    in_time, late = handled(desk, 0, "2026-10-12 13:00"), handled(desk, 1, "2026-10-14 13:00")
    for wanted, found in (
        ({"punctual": "yes"}, {in_time.pk}), ({"punctual": "no"}, {late.pk}), ({"company": "远景维护"}, {late.pk}),
        ({"level": "level3", "came_since": "2026-10-12", "came_until": "2026-10-12"}, {in_time.pk, late.pk}), ({"class": "no_signal"}, set()),
    ):  # fmt: skip
        assert set(narrowed(Case.objects.all(), wanted, NOW).values_list("pk", flat=True)) == found, wanted


def test_as_many_queries_for_many_cases_as_for_few() -> None:
    file_all(town(tickets=3, months=1, last=LAST).tickets)
    with CaptureQueriesContext(connection) as few:
        cells(Case.objects.all(), date(2026, 10, 1), LAST, NOW)
    file_all(town(seed=2, tickets=40, months=1, last=LAST).tickets)
    with CaptureQueriesContext(connection) as many:
        found = cells(Case.objects.all(), date(2026, 10, 1), LAST, NOW)
    assert len(few) == len(many) == 1
    assert sum(c.sums.cases for c in found) == 43
