"""Periods: the worked examples, the edge of a day, and laws that hold for all of them."""

from __future__ import annotations

import doctest
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingduan.procedure import period as module
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.period import TZ, Period, PeriodError, Unit, after, before, shift

CHINA = WorkingCalendar.china()
days = st.dates(date(1970, 1, 1), date(2039, 12, 31))
instants = st.datetimes(datetime(1993, 1, 1), datetime(2039, 1, 1), timezones=st.just(TZ))
in_days = st.builds(Period, st.integers(1, 400), st.sampled_from([Unit.WORKING_DAYS, Unit.DAYS]))
longer = st.builds(Period, st.integers(1, 60), st.sampled_from([Unit.MONTHS, Unit.YEARS]))


def test_doctests() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize(
    ("start", "period", "last"),
    [
        ("2026-09-25", "15wd", "2026-10-22"),
        ("2026-02-06", "20wd", "2026-03-12"),
        ("2026-04-24", "30wd", "2026-06-09"),
        ("2025-11-30", "3mo", "2026-02-28"),
        ("2026-07-01", "3mo", "2026-10-08"),
        ("2026-09-21", "20wd", "2026-10-26"),
        ("2024-02-29", "1y", "2025-02-28"),
    ],
)
def test_worked_examples(start: str, period: str, last: str) -> None:
    assert after(Period.parse(period), date.fromisoformat(start), CHINA).day == date.fromisoformat(last)


@pytest.mark.parametrize(("period", "last"), [("5wd", "2026-09-29"), ("3wd", "2026-10-08")])
def test_worked_examples_counted_back(period: str, last: str) -> None:
    assert before(Period.parse(period), date(2026, 10, 12), CHINA).day == date.fromisoformat(last)


def test_within_includes_the_last_day_and_one_second_after_is_late() -> None:
    due = after(Period.parse("15wd"), datetime(2026, 9, 25, 23, 59, tzinfo=TZ), CHINA)
    assert not due.missed_at(datetime(2026, 10, 22, 23, 59, 59, tzinfo=TZ))
    assert due.missed_at(datetime(2026, 10, 23, tzinfo=TZ))


def test_the_day_is_the_local_day_of_the_instant() -> None:
    """17:00 in UTC is already the next day in Shanghai."""
    due = after(Period.parse("1d"), datetime(2026, 9, 21, 17, tzinfo=UTC), CHINA)
    assert due.day == date(2026, 9, 23)


def test_business_hours_close_the_last_day_where_a_rulebook_says_so() -> None:
    due = after(Period.parse("1wd"), date(2026, 9, 21), CHINA, closes_at=time(17, 30))
    assert due.missed_at(datetime(2026, 9, 22, 17, 30, 1, tzinfo=TZ))


@given(instants, st.integers(0, 2000))
def test_hours_are_elapsed_time(start: datetime, hours: int) -> None:
    due = after(Period(hours, Unit.HOURS), start, CHINA)
    assert due.instant - start == timedelta(hours=hours)
    assert not due.missed_at(due.instant)


@given(days, st.one_of(in_days, longer))
def test_a_period_ends_on_a_working_day_after_it_began(day: date, period: Period) -> None:
    due = after(period, day, CHINA)
    assert due.day > day
    assert CHINA.is_working(due.day)
    assert due.provisional == CHINA.is_provisional(due.day)


@given(days, st.integers(1, 200))
def test_a_backward_limit_is_lawful_and_the_next_working_day_is_not(day: date, n: int) -> None:
    last = before(Period(n, Unit.WORKING_DAYS), day, CHINA).day
    assert CHINA.count(last - timedelta(1), day - timedelta(1)) >= n
    assert CHINA.count(CHINA.add(last, 1) - timedelta(1), day - timedelta(1)) < n


@given(days, days, st.one_of(in_days, longer))
def test_whoever_starts_later_is_never_due_earlier(a: date, b: date, period: Period) -> None:
    assert after(period, min(a, b), CHINA).instant <= after(period, max(a, b), CHINA).instant


@given(instants, st.one_of(in_days, longer), st.integers(0, 300))
def test_a_stay_lengthens_and_never_shortens(start: datetime, period: Period, length: int) -> None:
    due = after(period, start, CHINA)
    stayed = shift(due, period.unit, start, start + timedelta(length), CHINA)
    assert stayed.instant >= due.instant
    if period.unit is Unit.WORKING_DAYS:
        assert CHINA.count(due.day, stayed.day) == CHINA.count(start.date(), (start + timedelta(length)).date())


@pytest.mark.parametrize("call", [after, before])
def test_a_naive_instant_is_refused(call: object) -> None:
    with pytest.raises(ValueError, match="time zone"):
        call(Period.parse("3wd"), datetime(2026, 1, 1), CHINA)  # type: ignore[operator]


@pytest.mark.parametrize("written", ["", "15", "wd", "-3wd", "3 wd", "3w", "1.5d", "１５wd", "999999d", "3wd\n"])
def test_what_is_not_a_period_is_told_with_what_would_be(written: str) -> None:
    with pytest.raises(PeriodError, match="15wd"):
        Period.parse(written)
