"""When somebody may be told something: the hours and days that a rulebook keeps free of notices."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from .calendar import WorkingCalendar
from .case import Case
from .expressions import Expressions
from .period import TZ
from .rulebook import Quiet, Rulebook
from .variables import variables

_LONGEST = 400  # steps; a year of days off and nights would need fewer


def told_at(
    book: Rulebook, case: Case, role: str, at: datetime, calendar: WorkingCalendar, expressions: Expressions
) -> datetime:
    """The first instant from `at` on at which `role` may be told something in this case."""
    rules = [q for q in book.quiet if role in q.roles and not _spared(q, book, case, at, expressions)]
    moment = at
    for _ in range(_LONGEST if rules else 0):
        later = max(_over(q, book, moment, calendar) for q in rules)
        if later == moment:
            break
        moment = later
    return moment


def _spared(rule: Quiet, book: Rulebook, case: Case, at: datetime, expressions: Expressions) -> bool:
    """Whether the case is one that does not wait."""
    if rule.unless is None:
        return False
    return expressions.evaluate(rule.unless, expressions.scope(variables(book, case, at))) is True


def _over(rule: Quiet, book: Rulebook, moment: datetime, calendar: WorkingCalendar) -> datetime:
    """When the quiet in which `moment` falls is over; `moment` itself when it falls in none."""
    local = moment.astimezone(TZ)
    if rule.days_off and not calendar.is_working(local.date()):
        return datetime.combine(local.date() + timedelta(days=1), time(), TZ).astimezone(UTC)
    begins, ends, now = book.time_of_day(rule.since), book.time_of_day(rule.until), local.time()
    if begins <= ends:
        if begins <= now < ends:
            return datetime.combine(local.date(), ends, TZ).astimezone(UTC)
    elif now >= begins:
        return datetime.combine(local.date() + timedelta(days=1), ends, TZ).astimezone(UTC)
    elif now < ends:
        return datetime.combine(local.date(), ends, TZ).astimezone(UTC)
    return moment


__all__ = ["told_at"]
