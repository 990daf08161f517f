"""When things are due: each deadline of a rulebook counted for one case, and the duties that follow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, time

from .alerts import coming
from .calendar import WorkingCalendar
from .case import Case, Duty, DutyStatus
from .expressions import Expressions
from .period import TZ, Due, after, before, shift
from .rulebook import Deadline, Rulebook
from .variables import variables


def due(rulebook: Rulebook, case: Case, name: str, calendar: WorkingCalendar) -> tuple[Due, datetime] | None:
    """When deadline `name` falls due and the instant it is counted from; None while its anchor is unknown.

    An extension replaces the computed day; a stay lengthens what was still running (S01 8.4).
    """
    spec = rulebook.deadlines[name]
    anchor = _anchor(rulebook, case, spec)
    if anchor is None:
        return None
    anchored_at = anchor if isinstance(anchor, datetime) else datetime.combine(anchor, time(), TZ)
    if spec.at_least is not None:
        found = before(rulebook.period(spec.at_least), anchor, calendar)
    else:
        period = rulebook.period(spec.within if spec.within is not None else spec.not_before or "")
        found = after(period, anchor, calendar)
        if name in case.extended:
            last = datetime.combine(case.extended[name], time.max, TZ)
            found = Due(last, calendar.is_provisional(case.extended[name]))
        if not spec.runs_through_stay:
            for begun, ended in case.stays:
                if ended is not None and anchored_at <= begun <= found.instant:
                    found = shift(found, period.unit, begun, ended, calendar)
    return found, anchored_at


def duties(
    rulebook: Rulebook, case: Case, now: datetime, calendar: WorkingCalendar, expressions: Expressions | None = None
) -> tuple[Duty, ...]:
    """Every deadline of the case that has begun to run, with what became of it by `now`, earliest first.

    A duty that no reachable action can meet any more is waived, or stays late if it was by then. `expressions` are the rulebook's, when the
    caller has them compiled already.
    """
    return tuple(sorted(_duties(rulebook, case, now, calendar, expressions), key=lambda d: (d.due, d.deadline)))


def missed(
    rulebook: Rulebook, case: Case, now: datetime, calendar: WorkingCalendar, expressions: Expressions | None = None
) -> list[str]:
    """Names of the deadlines missed by `now`, whether met late or not met yet."""
    names = []
    for name, spec, (at, anchored_at) in _running(rulebook, case, now, calendar, expressions):
        if spec.within is not None and at.missed_at(_met_at(case, spec, anchored_at) or now):
            names.append(name)
    return names


def unmet(
    rulebook: Rulebook, case: Case, now: datetime, calendar: WorkingCalendar, expressions: Expressions | None = None
) -> list[str]:
    """Names of the deadlines that have begun to run and that nobody has met yet, in time or not."""
    return [
        name
        for name, spec, (_, anchored_at) in _running(rulebook, case, now, calendar, expressions)
        if spec.within is not None and _met_at(case, spec, anchored_at) is None
    ]


def _running(
    rulebook: Rulebook, case: Case, now: datetime, calendar: WorkingCalendar, expressions: Expressions | None
) -> Iterator[tuple[str, Deadline, tuple[Due, datetime]]]:
    """The deadlines that somebody must meet, have begun to run and apply to this case."""
    scope: Mapping[str, object] | None = None
    for name, spec in rulebook.deadlines.items():
        if not spec.met_by or (found := due(rulebook, case, name, calendar)) is None:
            continue
        if spec.when is not None:
            expressions = expressions or Expressions(rulebook)
            scope = scope or expressions.scope(variables(rulebook, case, now))
            if not expressions.evaluate(spec.when, scope):
                continue
        yield name, spec, found


def _duties(
    rulebook: Rulebook, case: Case, now: datetime, calendar: WorkingCalendar, expressions: Expressions | None
) -> Iterator[Duty]:
    reachable = rulebook.reachable.get(case.state, frozenset())
    if any(spec.alerts for spec in rulebook.deadlines.values()):
        expressions = expressions or Expressions(rulebook)
    for name, spec, (at, anchored_at) in _running(rulebook, case, now, calendar, expressions):
        if spec.owner is None:
            continue
        met_at = _met_at(case, spec, anchored_at)
        if spec.not_before is not None:  # the earliest instant of something: nobody is late for it
            status = DutyStatus.OPEN if met_at is None else DutyStatus.MET
        elif met_at is not None:
            status = DutyStatus.MET_LATE if at.missed_at(met_at) else DutyStatus.MET
        elif not reachable & set(spec.met_by):
            status = DutyStatus.LATE if at.missed_at(_given_up_at(rulebook, case, spec)) else DutyStatus.WAIVED
        elif case.stayed and not spec.runs_through_stay:
            status = DutyStatus.PAUSED
        elif at.missed_at(now):
            status = DutyStatus.LATE
        else:
            status = DutyStatus.OPEN
        alert = (
            coming(rulebook, case, name, at, anchored_at, now, calendar, expressions)
            if expressions and spec.alerts and status in (DutyStatus.OPEN, DutyStatus.LATE)
            else None
        )
        yield Duty(
            deadline=name, owner=spec.owner, due=at.instant, status=status, provisional=at.provisional,
            clause=spec.clause, met_by=spec.met_by, anchored_at=anchored_at, met_at=met_at,
            extended=name in case.extended, alert=alert,
        )  # fmt: skip


def _anchor(rulebook: Rulebook, case: Case, spec: Deadline) -> datetime | date | None:
    name = spec.after or spec.before or ""
    if name in rulebook.actions:
        instants = case.taken.get(name)
        if instants and spec.each:
            return instants[min(len(_meetings(case, spec)), len(instants) - 1)]
        return instants[-1] if instants else None
    value = case.facts.get(name)
    if not value:
        return None
    kind = rulebook.facts[name].type
    return date.fromisoformat(value) if kind == "date" else datetime.fromisoformat(value)


def _given_up_at(rulebook: Rulebook, case: Case, spec: Deadline) -> datetime:
    """When the case took the turn after which nothing could meet the duty any more."""
    return next(at for state, at in case.course if not rulebook.reachable[state] & set(spec.met_by))


def _meetings(case: Case, spec: Deadline) -> list[datetime]:
    """When the acts that meet a deadline were done, in order."""
    return sorted(at for action in spec.met_by for at in case.taken.get(action, ()))


def _met_at(case: Case, spec: Deadline, anchored_at: datetime) -> datetime | None:
    """When the duty was met: the first meeting act after its anchor (before it, for a backward limit)."""
    instants = _meetings(case, spec)
    if spec.each:
        asked = len(case.taken[spec.after or ""])
        return instants[asked - 1] if len(instants) >= asked else None
    if spec.after in spec.met_by:  # what begins the period anew can't meet it by itself
        return next((at for at in instants if at > anchored_at), None)
    if spec.at_least is None:
        # An anchor known only by its day may carry that day's midnight; acts of the same instant count.
        return next((at for at in instants if at >= anchored_at), None)
    return instants[-1] if instants else None


__all__ = ["due", "duties", "missed", "unmet"]
