"""The working days of China, counted in O(1): which days are worked, and how many lie between two days.

Counts are cumulative over day ordinals, so adding N working days is one look-up whatever N is. Days come from
`chinesecalendar` (the State Council's notices, with their make-up days); years it does not know are *provisional*:
weekends, and statutory days of `holidays` where it knows them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, timedelta
from functools import cache, cached_property
from typing import Any

import chinese_calendar
import holidays
import numpy as np
import numpy.typing as npt
from chinese_calendar import constants

FIRST, LAST = date(1949, 10, 1), date(2100, 12, 31)
_EPOCH = date(1970, 1, 1).toordinal()
_BASE = FIRST.toordinal()

Days = npt.NDArray[np.datetime64]


class WorkingCalendar:
    """Which days are worked. Immutable; `closed` are an organisation's own closed days.

    Days before FIRST or after LAST raise ValueError: no procedure reaches them.

    Examples:
        >>> china = WorkingCalendar.china()
        >>> china.add(date(2026, 9, 21), 20).isoformat()
        '2026-10-26'
        >>> china.count(date(2026, 9, 21), date(2026, 10, 26))
        20
    """

    def __init__(self, worked: npt.NDArray[np.bool_], known_years: range, closed: frozenset[date]) -> None:
        worked = worked.copy()
        for day in closed:
            worked[self._index(day)] = False
        worked.flags.writeable = False
        self.known_years = known_years
        self.closed = closed
        self._worked = worked
        # _before[i]: working days among the first i days; _nth[k]: index of the working day number k (from 0).
        self._before_array = np.concatenate(([0], np.cumsum(worked, dtype=np.int32))).astype(np.int32)
        self._nth_array = np.flatnonzero(worked).astype(np.int32)
        # Plain lists: a scalar look-up in a list is several times faster than in an array.
        self._before: list[int] = self._before_array.tolist()
        self._nth: list[date] = [FIRST + timedelta(days=int(i)) for i in self._nth_array]

    @staticmethod
    def china(closed: Iterable[date] = ()) -> WorkingCalendar:
        """The calendar of the People's Republic of China, less an organisation's own `closed` days."""
        return _china(frozenset(closed))

    @cached_property
    def version(self) -> str:
        """Changes whenever any day's status may have: stored provisional deadlines are then recomputed."""
        return hashlib.sha256(self._worked.tobytes() + str(self.known_years).encode()).hexdigest()[:16]

    def is_working(self, day: date) -> bool:
        """Whether `day` is worked (a make-up Saturday is, a weekday swapped for a holiday is not)."""
        return bool(self._worked[self._index(day)])

    def is_provisional(self, day: date) -> bool:
        """Whether `day` is in a year whose State Council notice is not in the data."""
        return day.year not in self.known_years

    def add(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it when n < 0); `day` itself when n is 0."""
        if n == 0:
            return day
        before = self._before[self._index(day) + (n > 0)]
        position = before + n - (n > 0)
        if position < 0:
            raise _outside(day)
        try:
            return self._nth[position]
        except IndexError:
            raise _outside(day) from None

    def count(self, a: date, b: date) -> int:
        """Working days after `a` up to and including `b`; negative when `b` is before `a`.

        `count(a, add(a, n)) == n` for n > 0; `count(b, a) == -count(a, b)`.
        """
        return self._before[self._index(b) + 1] - self._before[self._index(a) + 1]

    def on_or_after(self, day: date) -> date:
        """`day` if it is worked, else the first working day after it."""
        try:
            return self._nth[self._before[self._index(day)]]
        except IndexError:
            raise _outside(day) from None

    def add_many(self, days: Days, n: int | npt.NDArray[np.integer[Any]]) -> Days:
        """`add` over an array of datetime64[D], with one n or one for each day; shapes broadcast."""
        index = self._indices(days)
        if isinstance(n, int):
            if n == 0:
                return days.astype("datetime64[D]")
            moved: Days = self._nth_days[self._checked(self._before_array[index + (1 if n > 0 else 0)] + (n - (n > 0)))]
            return moved
        forward = n > 0
        found = self._nth_days[self._checked(self._before_array[index + forward] + np.where(n == 0, 0, n - forward))]
        result: Days = np.where(n == 0, days.astype("datetime64[D]"), found)
        return result

    def count_many(self, a: Days, b: Days) -> npt.NDArray[np.int32]:
        """`count` over two arrays of datetime64[D]; shapes broadcast."""
        counts: npt.NDArray[np.int32] = (
            self._before_array[self._indices(b) + 1] - self._before_array[self._indices(a) + 1]
        )
        return counts

    @cached_property
    def _nth_days(self) -> Days:
        return (self._nth_array.astype("int64") + (_BASE - _EPOCH)).astype("datetime64[D]")

    def _checked(self, positions: npt.NDArray[Any]) -> npt.NDArray[Any]:
        if positions.size and positions.min() < 0:  # a negative index would silently wrap around
            raise ValueError(f"a day outside {FIRST} … {LAST}")
        return positions

    def _indices(self, days: Days) -> npt.NDArray[Any]:
        return self._checked(days.astype("datetime64[D]").view("int64") - (_BASE - _EPOCH))

    def _index(self, day: date) -> int:
        index = day.toordinal() - _BASE
        if not 0 <= index <= LAST.toordinal() - _BASE:
            raise _outside(day)
        return index


def _outside(day: date) -> ValueError:
    return ValueError(f"{day} 超出日历范围 / is outside the calendar: {FIRST} … {LAST}")


@cache
def _china(closed: frozenset[date]) -> WorkingCalendar:
    if closed:
        plain = _china(frozenset())
        return WorkingCalendar(plain._worked, plain.known_years, closed)
    years = {d.year for d in (*constants.holidays, *constants.workdays)}
    known = range(min(years), max(years) + 1)
    length = LAST.toordinal() - _BASE + 1
    worked = np.array([(FIRST + timedelta(days=i)).weekday() < 5 for i in range(length)])
    statutory = holidays.country_holidays("CN", years=[y for y in range(FIRST.year, LAST.year + 1) if y not in known])
    for day in statutory:
        if FIRST <= day <= LAST:
            worked[day.toordinal() - _BASE] = False
    for year in known:
        day = date(year, 1, 1)
        while day.year == year:
            worked[day.toordinal() - _BASE] = chinese_calendar.is_workday(day)
            day += timedelta(days=1)
    # The notice for 2006 made 2005-12-31 a make-up Saturday; chinesecalendar lacks it (docs/decisions/0002).
    notices = holidays.country_holidays("CN", years=known)
    for day in notices.weekend_workdays:
        worked[day.toordinal() - _BASE] = True
    return WorkingCalendar(worked, known, frozenset())


__all__ = ["FIRST", "LAST", "WorkingCalendar"]
