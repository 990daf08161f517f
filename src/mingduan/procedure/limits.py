"""A deadline that bars an act, in words: what it demands, what is wrong with the dates given, which would be right."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from .calendar import WorkingCalendar
from .case import Case
from .period import TZ, Due, Period, before
from .rulebook import Rulebook
from .text import Text
from .words import day

_FAR = 400


@dataclass(frozen=True, slots=True)
class Limit:
    """What a deadline demands of an act, what is said when the act breaks it, what would put that right if anything can,
    and the input it is about.
    """

    rule: Text
    broken: Text
    remedy: Text | None = None
    input: str | None = None


def limit(
    book: Rulebook, case: Case, name: str, last: Due, at: datetime, calendar: WorkingCalendar, asked: Set[str]
) -> Limit:
    """The words of deadline `name`, due at `last`, for an act at `at` that asks for the inputs `asked`."""
    spec = book.deadlines[name]
    zh, en = day(last.day), day(last.day, "en")
    if spec.not_before is not None:
        rule = Text(zh=f"“{spec.zh}”于{zh}届满，此前不得办理", en=f"“{spec.en}” ends on {en}, not to be done before")
        return Limit(rule, rule, Text(zh=f"请在{zh}之后办理", en=f"Do it after {en}"))
    if spec.at_least is None:
        rule = Text(zh=f"“{spec.zh}”最迟于{zh}办理", en=f"“{spec.en}” is due by {en}")
        return Limit(rule, Text(zh=f"“{spec.zh}”的期限已于{zh}届满", en=f"The time for “{spec.en}” ended on {en}"))
    period, anchor = book.period(spec.at_least), spec.before or ""
    rule = Text(zh=f"“{spec.zh}”须至少提前{period.text('zh')}", en=f"“{spec.en}”: at least {period.text('en')} before")
    if anchor not in book.facts:
        return Limit(rule, Text(zh=f"{rule.zh}，最迟应于{zh}办理", en=f"{rule.en}, by {en}"))
    label, given = book.facts[anchor].text, case.facts.get(anchor)
    rule = Text(
        zh=f"“{spec.zh}”须比“{label.zh}”至少提前{period.text('zh')}",
        en=f"“{spec.en}” comes at least {period.text('en')} before “{label.en}”",
    )
    broken = Text(
        zh=f"{rule.zh}；“{label.zh}”为{day(given)}，最迟应于{zh}办理，期限已过",
        en=f"{rule.en}; for {day(given, 'en')} that was due by {en}, which is past",
    )
    first = earliest(period, at, calendar) if anchor in asked else None
    if first is None:
        return Limit(rule, broken)
    first = calendar.on_or_after(first)
    remedy = Text(zh=f"请把“{label.zh}”改定为{day(first)}或以后", en=f"Set “{label.en}” to {day(first, 'en')} or later")
    return Limit(rule, broken, remedy, anchor)


def earliest(period: Period, now: datetime, calendar: WorkingCalendar) -> date | None:
    """The first day before which there is still as much time as `period` demands; None when it is beyond a year."""
    start = now.astimezone(TZ).date()
    days = (start + timedelta(days=n) for n in range(_FAR))
    return next((d for d in days if not before(period, d, calendar).missed_at(now)), None)
