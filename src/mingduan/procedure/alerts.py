"""What the system says about a running deadline: warnings before its end, escalation after it, in order and in time."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from .calendar import WorkingCalendar
from .case import Case, Coming
from .expressions import Expressions
from .period import TZ, Due, Period, after, before
from .quiet import told_at
from .rulebook import Alert, Rulebook


def coming(
    book: Rulebook, case: Case, deadline: str, due: Due, anchored_at: datetime, now: datetime, calendar: WorkingCalendar,
    expressions: Expressions,
) -> Coming | None:  # fmt: skip
    """The next alert of a deadline that nobody has met, and when everybody it tells may be told.

    None when all have been given, or none can be given in the case's state. A warning is left out once the end is past,
    or would be before it may be told: what is said then must be that the deadline was missed.
    """
    found = []
    for number, alert in enumerate(book.deadlines[deadline].alerts):
        action = book.actions[alert.does]
        given = case.alerted.get(f"{deadline}#{number}", ())
        if case.state not in action.since or any(at >= anchored_at for at in given):
            continue
        falls = _instant(book, alert, due, calendar)
        if alert.after is not None:  # the last lawful instant itself is not late
            falls = max(falls, due.instant + timedelta(microseconds=1))
        at = max((told_at(book, case, role, falls, calendar, expressions) for role in action.tells), default=falls)
        if alert.before is not None and (now > due.instant or at > due.instant):
            continue
        found.append(Coming(number, alert.does, at))
    return min(found, key=lambda c: (c.at, c.number), default=None)


def _instant(book: Rulebook, alert: Alert, due: Due, calendar: WorkingCalendar) -> datetime:
    """When an alert falls: so many hours from the end, or at the beginning of a day so many days from its last day."""
    period: Period = book.period(alert.before if alert.before is not None else alert.after or "")
    count = before if alert.before is not None else after
    if period.unit.elapses:
        return count(period, due.instant, calendar).instant
    return datetime.combine(count(period, due.day, calendar).day, time(), TZ).astimezone(UTC)


__all__ = ["coming"]
