"""What kind of day a day is, as a person sees it: worked, weekend, a holiday and which, or a make-up day (调休)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache

import chinese_calendar
import holidays
from chinese_calendar.constants import Holiday

from .calendar import WorkingCalendar
from .text import Text


class Kind(StrEnum):
    """What a day is for."""

    WORK = "work"
    WEEKEND = "weekend"
    HOLIDAY = "holiday"
    MAKE_UP = "makeup"
    CLOSED = "closed"


_WORDS = {
    Kind.WEEKEND: Text(zh="周末", en="weekend"),
    Kind.CLOSED: Text(zh="本机构休息", en="closed"),
}


@dataclass(frozen=True, slots=True)
class Mark:
    """A day's kind, and its name where it has one."""

    day: date
    kind: Kind
    name: Text | None

    @property
    def off(self) -> bool:
        """Whether nobody works."""
        return self.kind not in (Kind.WORK, Kind.MAKE_UP)


def mark(calendar: WorkingCalendar, day: date) -> Mark:
    """What `day` is in the calendar.

    Examples:
        >>> china = WorkingCalendar.china()
        >>> mark(china, date(2026, 10, 1)).name.zh, mark(china, date(2026, 10, 10)).name.zh
        ('国庆节', '国庆节补班')
        >>> mark(china, date(2026, 10, 12)).kind, mark(china, date(2026, 10, 11)).kind
        (<Kind.WORK: 'work'>, <Kind.WEEKEND: 'weekend'>)
    """
    weekend, worked, name = (
        day.weekday() >= 5,
        calendar.is_working(day),
        _holiday(day, day.year in calendar.known_years),
    )
    if day in calendar.closed:
        return Mark(day, Kind.CLOSED, _WORDS[Kind.CLOSED])
    if worked:
        if not weekend:
            return Mark(day, Kind.WORK, None)
        what = Text(zh=f"{name.zh}补班", en=f"make-up day for {name.en}") if name else Text(zh="补班", en="make-up day")
        return Mark(day, Kind.MAKE_UP, what)
    if name is not None:
        return Mark(day, Kind.HOLIDAY, name)
    return (
        Mark(day, Kind.WEEKEND, _WORDS[Kind.WEEKEND])
        if weekend
        else Mark(day, Kind.HOLIDAY, Text(zh="休息日", en="day off"))
    )


def between(calendar: WorkingCalendar, first: date, last: date) -> Iterator[Mark]:
    """Each day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield mark(calendar, first + timedelta(days=offset))


def skipped(calendar: WorkingCalendar, since: date, last: date) -> Text:
    """Why so many working days took so many days: what was passed over on the way, in words.

    Examples:
        >>> skipped(WorkingCalendar.china(), date(2026, 9, 25), date(2026, 10, 22)).zh
        '跳过中秋节2天、国庆节7天、周末3天；10月10日（周六）补班，计入'
    """
    first, final = (since, last) if since <= last else (last, since)
    off: dict[str, tuple[Text, int]] = {}
    made_up: list[date] = []
    for found in between(calendar, first + timedelta(days=1), final):
        if found.off and found.name is not None:
            off[found.name.zh] = (found.name, off.get(found.name.zh, (found.name, 0))[1] + 1)
        elif found.kind is Kind.MAKE_UP:
            made_up.append(found.day)
    parts = sorted(off.values(), key=lambda item: item[0] == _WORDS[Kind.WEEKEND])
    zh = [f"跳过{'、'.join(f'{name.zh}{count}天' for name, count in parts)}"] if parts else []
    en = [f"passing over {', '.join(f'{name.en} ({count} days)' for name, count in parts)}"] if parts else []
    if made_up:
        zh.append(
            "、".join(f"{d.month}月{d.day}日（周{'一二三四五六日'[d.weekday()]}）" for d in made_up) + "补班，计入"
        )
        en.append(f"counting the make-up days {', '.join(f'{d:%a %d %b}' for d in made_up)}")
    return Text(zh="；".join(zh) or "其间没有休息日", en="; ".join(en) or "no day off in between")


@cache
def _holiday(day: date, known: bool) -> Text | None:
    """The holiday a day off is for, or a make-up day pays for."""
    if known:
        _, name = chinese_calendar.get_holiday_detail(day)
        found = next((h for h in Holiday if h.value == name), None)
        return (
            Text(zh=found.chinese + ("" if found.chinese.endswith(("节", "日", "旦")) else "节"), en=found.value)
            if found
            else None
        )
    zh, en = (holidays.country_holidays("CN", years=day.year, language=lang).get(day) for lang in ("zh_CN", "en_US"))
    return Text(zh=zh, en=en) if zh and en else None
