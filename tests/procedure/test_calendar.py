"""Working days: the law, the libraries, and arithmetic that can't disagree with itself."""

from __future__ import annotations

import doctest
from datetime import date, timedelta

import chinese_calendar
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingduan.procedure import calendar as module
from mingduan.procedure.calendar import FIRST, LAST, WorkingCalendar

CHINA = WorkingCalendar.china()
days = st.dates(date(1960, 1, 1), date(2090, 12, 31))
counts = st.integers(-2000, 2000)


def test_doctests() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("year", CHINA.known_years)
def test_every_day_is_what_the_notices_say(year: int) -> None:
    """chinesecalendar, but for the one make-up Saturday it lacks (docs/decisions/0002)."""
    day, wrong = date(year, 1, 1), []
    while day.year == year:
        if CHINA.is_working(day) != chinese_calendar.is_workday(day):
            wrong.append(day)
        day += timedelta(1)
    assert wrong == ([date(2005, 12, 31)] if year == 2005 else [])
    assert not CHINA.is_provisional(date(year, 6, 1))


@given(days, counts)
def test_add_and_count_are_inverse(day: date, n: int) -> None:
    if n > 0:
        assert CHINA.count(day, CHINA.add(day, n)) == n
        assert CHINA.is_working(CHINA.add(day, n))
    if n < 0:
        # Counted back, the day itself is left out: exactly |n| working days lie from the limit to the day before.
        limit = CHINA.add(day, n)
        assert CHINA.count(limit - timedelta(1), day - timedelta(1)) == -n


@given(days, days, st.integers(0, 500))
def test_later_days_never_end_earlier(a: date, b: date, n: int) -> None:
    a, b = min(a, b), max(a, b)
    assert CHINA.add(a, n) <= CHINA.add(b, n)
    assert CHINA.add(a, n) <= CHINA.add(a, n + 1)
    assert CHINA.count(a, b) == -CHINA.count(b, a) >= 0


@given(days)
def test_the_first_working_day_on_or_after(day: date) -> None:
    found = CHINA.on_or_after(day)
    assert found >= day
    assert CHINA.is_working(found)
    assert CHINA.count(day - timedelta(1), found) == 1


@pytest.mark.parametrize("year", [1950, 1999, 2003, 2027, 2031, 2060, 2100])
def test_years_without_a_notice_are_provisional_and_never_an_exception(year: int) -> None:
    assert CHINA.is_provisional(date(year, 5, 5))
    assert CHINA.add(date(year, 1, 3), 20) > date(year, 1, 3)
    assert not CHINA.is_working(date(year, 10, 1))


@pytest.mark.parametrize("day", [FIRST - timedelta(1), LAST + timedelta(1), date.max, date.min])
def test_days_outside_the_calendar_are_told(day: date) -> None:
    with pytest.raises(ValueError, match="calendar"):
        CHINA.add(day, 1)


def test_an_organisations_closed_days_are_its_own() -> None:
    closed = WorkingCalendar.china([date(2026, 9, 22)])
    assert closed.add(date(2026, 9, 21), 20) == date(2026, 10, 27)
    assert CHINA.add(date(2026, 9, 21), 20) == date(2026, 10, 26)
    assert closed.version != CHINA.version


@given(st.lists(st.tuples(days, st.integers(-300, 300)), min_size=1, max_size=30))
def test_vectorised_is_the_same_as_one_by_one(pairs: list[tuple[date, int]]) -> None:
    dates = np.array([d for d, _ in pairs], dtype="datetime64[D]")
    numbers = np.array([n for _, n in pairs])
    assert CHINA.add_many(dates, numbers).tolist() == [CHINA.add(d, n) for d, n in pairs]
    first = pairs[0][1]
    assert CHINA.add_many(dates, first).tolist() == [CHINA.add(d, first) for d, _ in pairs]
    ends = CHINA.add_many(dates, 7)
    assert CHINA.count_many(dates, ends).tolist() == [7] * len(pairs)


def test_vectorised_out_of_range_is_told() -> None:
    with pytest.raises(ValueError, match="outside"):
        CHINA.add_many(np.array(["1900-01-01"], dtype="datetime64[D]"), 3)
