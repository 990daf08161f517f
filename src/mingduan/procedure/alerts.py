"""What the system says about a running deadline: warnings before its end, escalation after it, in order and in time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from .calendar import WorkingCalendar
from .case import Case, Coming
from .expressions import Expressions
from .period import TZ, Due, Period, after, before
from .quiet import told_at
from .rulebook import Alert, Rulebook

_A_MOMENT = timedelta(microseconds=1)  # the last lawful instant itself is not late


def coming(
    book: Rulebook, case: Case, deadline: str, due: Due, anchored_at: datetime, now: datetime, calendar: WorkingCalendar,
    expressions: Expressions,
) -> Coming | None:  # fmt: skip
    """The next alert of a deadline that nobody has met, and when everybody it tells may be told: not before `now`.

    None when all have been given, or none can be given in the case's state. A warning is left out once the end is past,
    or would be before it may be told: what is said then must be that the deadline was missed. What was given for an
    earlier anchor, or for an end that has since been put off, is given again in its time.
    """
    found = []
    for number, alert in enumerate(book.deadlines[deadline].alerts):
        action, whole = book.actions[alert.does], _whole_days(book, case, deadline)
        falls = max(_instant(book, alert, due, whole, calendar), anchored_at)
        given = case.alerted.get(f"{deadline}#{number}", ())
        if case.state not in action.since or any(at >= falls for at in given):
            continue
        falls = max(falls, now)
        if whole or not _period(book, alert).unit.elapses:
            falls = _within_hours(book, falls)
        at = max((told_at(book, case, role, falls, calendar, expressions) for role in action.tells), default=falls)
        if alert.before is not None and (now > due.instant or at > due.instant):
            continue
        found.append(Coming(number, alert.does, at))
    return min(found, key=lambda c: (c.at, c.number), default=None)


def _instant(book: Rulebook, alert: Alert, due: Due, whole: bool, calendar: WorkingCalendar) -> datetime:
    """When an alert falls: so many hours from the end, or as the hours begin of the day that is so many days from its
    last one. A last day that is `whole` ends, to warn of it, with its hours; what follows counts from those of the next day.
    """
    period, warns = _period(book, alert), alert.before is not None
    count = before if warns else after
    if not period.unit.elapses:
        found = _opening(book, count(period, due.day, calendar).day)
    elif whole:
        closing = datetime.combine(due.day, book.time_of_day(book.hours.until), TZ)
        found = count(period, closing if warns else _opening(book, due.day + timedelta(days=1)), calendar).instant
    else:
        found = count(period, due.instant, calendar).instant
    return found if warns else max(found, due.instant + _A_MOMENT)


def _period(book: Rulebook, alert: Alert) -> Period:
    return book.period(alert.before if alert.before is not None else alert.after or "")


def _whole_days(book: Rulebook, case: Case, deadline: str) -> bool:
    """Whether a deadline ends with a day: its period counts days, or it has been put off to one."""
    within = book.deadlines[deadline].within
    return deadline in case.extended or (within is not None and not book.period(within).unit.elapses)


def _opening(book: Rulebook, day: date) -> datetime:
    return datetime.combine(day, book.time_of_day(book.hours.since), TZ).astimezone(UTC)


def _within_hours(book: Rulebook, moment: datetime) -> datetime:
    """The first instant from `moment` on that is in the rulebook's hours."""
    local, until = moment.astimezone(TZ), book.time_of_day(book.hours.until)
    if local.time() > until:
        return _opening(book, local.date() + timedelta(days=1))
    return max(moment, _opening(book, local.date()))


__all__ = ["coming"]
