"""Periods ('15wd', '3mo', '24h', '30min') and when they end, by articles 200–204 of the PRC Civil Code.

The day of the event is not counted; a period in days ends with its last day, and rolls on to a working day
when that day is off; a limit counted backwards never rolls. Every instant is aware; results are in UTC.
"""

from __future__ import annotations

import calendar as months
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from .calendar import WorkingCalendar

TZ = ZoneInfo("Asia/Shanghai")
_WRITTEN = re.compile(r"([0-9]{1,5})(min|h|wd|d|mo|y)")


class PeriodError(ValueError):
    """Something that is not a period."""


class Unit(StrEnum):
    """What a period is counted in."""

    MINUTES = "min"
    HOURS = "h"
    WORKING_DAYS = "wd"
    DAYS = "d"
    MONTHS = "mo"
    YEARS = "y"

    @property
    def elapses(self) -> bool:
        """Whether it is counted from the instant itself, around the clock, rather than in whole days."""
        return self in (Unit.MINUTES, Unit.HOURS)


_WORDS = {
    Unit.MINUTES: ("分钟", "minute"),
    Unit.HOURS: ("小时", "hour"),
    Unit.WORKING_DAYS: ("个工作日", "working day"),
    Unit.DAYS: ("日", "day"),
    Unit.MONTHS: ("个月", "month"),
    Unit.YEARS: ("年", "year"),
}


@dataclass(frozen=True, slots=True)
class Period:
    """An amount of one unit.

    Examples:
        >>> Period.parse("15wd")
        Period(amount=15, unit=<Unit.WORKING_DAYS: 'wd'>)
        >>> Period.parse("3mo").text("en"), Period.parse("15wd").text("zh")
        ('3 months', '15个工作日')
    """

    amount: int
    unit: Unit

    @classmethod
    def parse(cls, written: str) -> Period:
        """The period written as '2h', '15wd', '20d', '3mo' or '2y'. Raises PeriodError."""
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise PeriodError(
                f"期限“{written}”无法识别，应写作 30min、24h、15wd（工作日）、20d、3mo 或 2y"
                f" / “{written}” is not a period: write 30min, 24h, 15wd (working days), 20d, 3mo or 2y"
            )
        return cls(int(match[1]), Unit(match[2]))

    def __str__(self) -> str:
        return f"{self.amount}{self.unit}"

    def text(self, lang: str) -> str:
        """The period in words."""
        zh, en = _WORDS[self.unit]
        return f"{self.amount} {en}{'' if self.amount == 1 else 's'}" if lang.startswith("en") else f"{self.amount}{zh}"


@dataclass(frozen=True, slots=True)
class Due:
    """The last lawful instant (UTC, inclusive), and whether the calendar may still move it."""

    instant: datetime
    provisional: bool

    @property
    def day(self) -> date:
        """The local day it falls on."""
        return self.instant.astimezone(TZ).date()

    def missed_at(self, at: datetime) -> bool:
        """Whether an act at `at` comes too late."""
        return at > self.instant


def after(period: Period, start: datetime | date, calendar: WorkingCalendar, *, closes_at: time | None = None) -> Due:
    """When a period that begins with the event at `start` ends.

    `start` is an aware instant, or the local day of an event known only by its day. `closes_at`: the local
    time at which the recipient's business day ends, where a rulebook says so. Raises ValueError when naive.

    Examples:
        >>> china = WorkingCalendar.china()
        >>> after(Period.parse("15wd"), date(2026, 9, 25), china).day.isoformat()
        '2026-10-22'
        >>> after(Period.parse("3mo"), date(2025, 11, 30), china).day.isoformat()
        '2026-02-28'
    """
    if period.unit.elapses:
        return Due(_instant(start).astimezone(UTC) + _elapsed(period), False)
    day = _day(start)
    if period.unit is Unit.WORKING_DAYS:
        last = calendar.add(day, period.amount)
    else:
        last = calendar.on_or_after(shifted(day, period, 1))
    return _end(last, calendar, closes_at)


def before(period: Period, moment: datetime | date, calendar: WorkingCalendar) -> Due:
    """The last lawful instant of something to be done at least `period` before `moment`.

    Examples:
        >>> before(Period.parse("5wd"), date(2026, 10, 12), WorkingCalendar.china()).day.isoformat()
        '2026-09-29'
    """
    if period.unit.elapses:
        return Due(_instant(moment).astimezone(UTC) - _elapsed(period), False)
    day = _day(moment)
    if period.unit is Unit.WORKING_DAYS:
        return _end(calendar.add(day, -period.amount), calendar, None, day)
    return _end(shifted(day, period, -1), calendar, None, day)


def shift(due: Due, unit: Unit, stayed_from: datetime, stayed_until: datetime, calendar: WorkingCalendar) -> Due:
    """A running deadline lengthened by the time the case was stayed.

    Working-day periods by the working days of the stay, others by its local days (then on to a working
    day), hours by the time elapsed. Raises ValueError when the stay ends before it begins.
    """
    if stayed_until < stayed_from:
        raise ValueError("a stay cannot end before it begins")
    if unit.elapses:
        return Due(due.instant + (stayed_until - stayed_from), False)
    begun, ended = _day(stayed_from), _day(stayed_until)
    if unit is Unit.WORKING_DAYS:
        last = calendar.add(due.day, calendar.count(begun, ended))
    else:
        last = calendar.on_or_after(due.day + (ended - begun))
    return _end(last, calendar, due.instant.astimezone(TZ).time(), due.day if due.provisional else None)


def shifted(day: date, period: Period, sign: int = 1) -> date:
    """Calendar days, or the same day number so many months on: the month's last day where it has none.

    Raises ValueError for hours and working days, which are not counted this way.
    """
    if period.unit.elapses or period.unit is Unit.WORKING_DAYS:
        raise ValueError(f"{period} is not counted in calendar days")
    if period.unit is Unit.DAYS:
        return day + timedelta(days=sign * period.amount)
    step = period.amount * (12 if period.unit is Unit.YEARS else 1) * sign
    year, month = divmod(day.year * 12 + day.month - 1 + step, 12)
    return date(year, month + 1, min(day.day, months.monthrange(year, month + 1)[1]))


def _elapsed(period: Period) -> timedelta:
    return timedelta(hours=period.amount) if period.unit is Unit.HOURS else timedelta(minutes=period.amount)


def _end(last: date, calendar: WorkingCalendar, closes_at: time | None, other: date | None = None) -> Due:
    provisional = calendar.is_provisional(last) or (other is not None and calendar.is_provisional(other))
    return Due(datetime.combine(last, closes_at or time.max, TZ).astimezone(UTC), provisional)


def _instant(moment: datetime | date) -> datetime:
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time(), TZ)
    if moment.tzinfo is None:
        raise ValueError("an instant must carry its time zone")
    return moment


def _day(moment: datetime | date) -> date:
    return _instant(moment).astimezone(TZ).date() if isinstance(moment, datetime) else moment
