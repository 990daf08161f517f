"""S03: the monthly score of a contractor, clause by clause, against figures worked by hand."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from mingduan.complaints.scorecard.expression import Month
from tests.complaints.month import CARD, Files


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_s03_0_a_clean_month_is_95(files: Files) -> None:
    files.contractors.append({"contractor": "甲", "group": "城区"})
    assert files.score().score == 9500


def test_s03_0_tickets_of_other_months_do_not_count(files: Files) -> None:
    files.ticket("2026-09-30 23:59:59")
    files.ticket("2026-11-01 00:00:00")
    assert files.score().score == 9500


@pytest.mark.parametrize(("said", "lost"), [("", 5), ("5", 5), ("7.5", 7.5), ("15", 15), ("3", 5), ("40", 15)])
def test_s03_1_1_a_leak_costs_5_to_15_by_severity(files: Files, said: str, lost: float) -> None:
    files.record("confidentiality", points=said)
    assert files.lost("confidentiality") == lost


def test_s03_1_2_dress_costs_1_for_each_person_and_time(files: Files) -> None:
    files.record("dress", persons="3")
    files.record("dress", persons="2")
    assert files.lost("dress") == 5


@pytest.mark.parametrize(("times", "lost"), [(1, 1), (4, 4), (5, 5), (9, 5)])
def test_s03_1_3_five_misuses_of_the_service_number_lose_the_item(files: Files, times: int, lost: int) -> None:
    files.record("service_number", times)
    assert files.lost("service_number") == lost


@pytest.mark.parametrize(("item", "each"), [("instruments", 3), ("promises", 3), ("manners", 2)])
def test_s03_1_4_to_1_6_cost_so_much_a_time(files: Files, item: str, each: int) -> None:
    files.record(item, 2)
    assert files.lost(item) == 2 * each


def test_s03_1_conduct_costs_15_at_most(files: Files) -> None:
    files.record("instruments", 4)
    files.record("manners", 4)
    score = files.score()
    assert (score.sections["conduct"], score.score) == (1500, 8000)


@pytest.mark.parametrize(
    ("urgency", "accepted", "replied", "late"),
    [
        ("一般", "08 11:00:00", "09 09:00:00", 0),
        ("一般", "08 11:00:01", "08 12:00:00", 1),
        ("一般", "08 11:00:00", "09 09:00:01", 1),
        ("一般", "08 11:00:01", "09 09:00:01", 1),
        ("紧急", "08 09:01:00", "09 00:00:00", 0),
        ("紧急", "08 09:01:00", "09 00:00:01", 1),
        ("特急", "08 09:01:00", "08 19:00:00", 0),
        ("特急", "08 09:01:00", "08 19:00:01", 1),
        ("一般", "", "", 1),
    ],
)
def test_s03_2_1_limits_by_urgency_to_the_second(
    files: Files, urgency: str, accepted: str, replied: str, late: int
) -> None:
    files.ticket("08 09:00:00", accepted, replied, urgency=urgency)
    assert files.lost("on_time") == 2 * late


@pytest.mark.parametrize(("late", "lost"), [(4, 8), (5, 20), (6, 20)])
def test_s03_2_1_five_late_tickets_lose_the_item(files: Files, late: int, lost: int) -> None:
    for _ in range(late):
        files.ticket("08 09:00:00", "08 12:00:00", "08 13:00:00")
    assert files.lost("on_time") == lost


def test_s03_2_1_an_open_ticket_is_late_only_once_its_time_is_over(files: Files) -> None:
    files.ticket("08 09:00:00", "08 10:00:00")
    before = files.settled(month=Month(date(2026, 10, 1), datetime(2026, 10, 9, 9, 0, 0)))
    after = files.settled(month=Month(date(2026, 10, 1), datetime(2026, 10, 9, 9, 0, 1)))
    assert [s.scores[0].sections["tickets"] for s in (before, after)] == [0, 200]


@pytest.mark.parametrize(("replied", "lost"), [("09 02:00:00", 0), ("09 02:00:02", 5)])
def test_s03_2_2_a_mean_over_17_hours_costs_5(files: Files, replied: str, lost: int) -> None:
    files.ticket("08 09:00:00", "08 09:10:00", replied)
    files.ticket("08 09:00:00", "08 09:10:00", "09 02:00:00")
    files.ticket("08 09:00:00", "08 09:10:00", "")
    assert files.lost("mean_handling") == lost


@pytest.mark.parametrize(
    ("analysed", "flagged", "lost"),
    [("13 23:59:59", "是", 0), ("14 00:00:00", "是", 2), ("14 00:00:00", "否", 0), ("", "是", 2)],
)
def test_s03_2_3_analysis_within_3_working_days_over_the_make_up_saturday(
    files: Files, analysed: str, flagged: str, lost: int
) -> None:
    """From Friday 9 October: the make-up Saturday, Monday, Tuesday."""
    files.ticket("09 16:00:00", "09 17:00:00", "09 18:00:00", analysed_at=analysed, suspected_fault=flagged)
    assert files.lost("fault_analysis") == lost


def test_s03_each_deduction_traces_to_its_ticket_or_record(files: Files) -> None:
    files.ticket("08 09:00:00", "08 12:00:00", "08 13:00:00")
    files.ticket("08 09:00:00", "08 10:00:00", "08 13:00:00")
    files.record("dress", persons="2", note="拖鞋")
    lines = [(x.item, x.source, x.points, x.note) for x in files.settled().lines]
    assert lines == [("dress", "R0", 200, "拖鞋"), ("on_time", "T0", 200, "")]


def test_s05_contractors_are_ranked_within_their_benchmarking_group(files: Files) -> None:
    files.contractors += [
        {"contractor": c, "group": g} for c, g in (("甲", "城区"), ("乙", "城区"), ("丙", "城区"), ("丁", "山区"))
    ]
    files.record("manners")
    assert [(s.group, s.contractor, s.rank) for s in files.settled().scores] == [
        ("城区", "丙", 1), ("城区", "乙", 1), ("城区", "甲", 3), ("山区", "丁", 1),
    ]  # fmt: skip


def test_the_card_carries_every_clause_of_its_source() -> None:
    carried = {CARD.clause, *(s.clause for s in CARD.sections.values()), *(i.clause for i in CARD.items.values())}
    assert set(CARD.source.clauses) <= carried
