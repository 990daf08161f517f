"""What a form can say before it is sent: the lawful range of its dates, what the dates on it imply, the rules it meets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from mingduan.procedure import case as pure
from mingduan.procedure.case import Act, Finding, Reason
from mingduan.procedure.deadlines import due
from mingduan.procedure.engine import Engine
from mingduan.procedure.inputs import asked
from mingduan.procedure.limits import earliest
from mingduan.procedure.period import TZ, Due
from mingduan.procedure.rulebook import Deadline, Input
from mingduan.procedure.text import Text

_COMPARED = re.compile(r"([a-z_.]+) (<=|<|>=|>) (now|due\.[a-z_]+)")
_ORDER = ("broken", "pending", "holds")


@dataclass(slots=True)
class Range:
    """The first and last lawful day (or minute) of a date on a form, and the clauses that say so."""

    low: datetime | None = None
    high: datetime | None = None
    clauses: tuple[str, ...] = ()

    def narrow(self, clause: str | None, *, low: datetime | None = None, high: datetime | None = None) -> None:
        """Hold it to one more bound."""
        if low is not None:
            self.low = max(low, self.low or low)
        if high is not None:
            self.high = min(high, self.high or high)
        if clause and clause not in self.clauses:
            self.clauses = (*self.clauses, clause)


@dataclass(frozen=True, slots=True)
class Implied:
    """A deadline that a date on the form sets running. `binds`: it is about the act itself, which may be too late."""

    deadline: Deadline
    due: Due
    binds: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Check:
    """One rule the act is held to, as it stands with what is on the form. `looked_at`: its words say what is wrong."""

    standing: Literal["holds", "broken", "pending"]
    text: Text
    clause: str | None = None
    remedy: Text | None = None
    looked_at: bool = False
    reason: Reason | None = None
    inferred: bool = False


def ranges(engine: Engine, case: pure.Case, action: str, now: datetime) -> Mapping[str, Range]:
    """The lawful range of each date the action asks for, as far as it can be told beforehand."""
    book, found = engine.rulebook, dict[str, Range]()
    dates = {i.name: i.fact.type for i in engine.inputs(action) if i.fact.type in ("date", "instant")}
    for guard in book.actions[action].when:
        if "||" in guard.that or "?" in guard.that or guard.when:  # it holds only sometimes
            continue
        for name, sign, other in _COMPARED.findall(guard.that):
            at = now if other == "now" else _due_at(engine, case, other[4:])
            if name not in dates or at is None:
                continue
            bound = found.setdefault(name, Range())
            if sign[0] == "<":
                bound.narrow(guard.clause, high=at)
            else:
                whole_day = dates[name] == "date" and sign == ">"
                bound.narrow(guard.clause, low=at + timedelta(days=1) if whole_day else at)
    for name in book.deadlines_limiting[action]:
        spec = book.deadlines[name]
        if spec.at_least is None or spec.before not in dates:
            continue
        if first := earliest(book.period(spec.at_least), now, engine.calendar):
            low = datetime.combine(first, datetime.min.time(), TZ)
            found.setdefault(spec.before or "", Range()).narrow(spec.clause, low=low)
    return found


def implied(engine: Engine, case: pure.Case, action: str, facts: Mapping[str, Any], now: datetime) -> list[Implied]:
    """Every deadline counted from, or back from, a date on the form."""
    book, found = engine.rulebook, []
    inputs = {i.name: i for i in engine.inputs(action)}
    given = {n: v for n, v in facts.items() if n in inputs and _is_date(inputs[n], v)}
    would_be = case.having(given)
    for name, spec in book.deadlines.items():
        if (spec.after or spec.before) not in given:
            continue
        counted = due(book, would_be, name, engine.calendar)
        if counted is not None:
            binds = action in spec.met_by or action in spec.limits
            found.append(Implied(spec, counted[0], binds, binds and counted[0].missed_at(now)))
    return sorted(found, key=lambda i: (not i.binds, i.due.instant))


def checklist(engine: Engine, case: pure.Case | None, act: Act) -> list[Check]:
    """Every rule the act is held to; those that wait for something still missing are pending. That it is this
    person's to do, and in time in the procedure, goes without saying where it holds.
    """
    findings = engine.check(case, act)
    negative = {g.otherwise for g in engine.rulebook.actions[act.action].when if g.rule is None}
    worth = [f for f in findings if f.rule != "input" and not (f.holds and f.rule in ("role", "state"))]
    rows = [_row(f, f.rule == "guard" and f.text in negative) for f in worth]
    missing = [f.reason for f in findings if f.rule == "input" and f.reason is not None]
    inputs = {i.name: i.fact for i in engine.inputs(act.action)}
    blank = {n for n in inputs if act.facts.get(n) in (None, "", [])}
    rows += [Check("pending", asked(inputs[r.input]) if r.input in blank else r.text, r.clause) for r in missing]
    return sorted(rows, key=lambda r: _ORDER.index(r.standing))


def _row(finding: Finding, looked_at: bool) -> Check:
    if finding.reason is not None:
        return Check(
            "broken",
            finding.reason.text,
            finding.clause,
            finding.reason.remedy,
            reason=finding.reason,
            inferred=finding.inferred,
        )
    return Check(
        "holds" if finding.holds else "pending",
        finding.text,
        finding.clause,
        looked_at=looked_at,
        inferred=finding.inferred,
    )


def _due_at(engine: Engine, case: pure.Case, name: str) -> datetime | None:
    found = due(engine.rulebook, case, name, engine.calendar)
    return found[0].instant.astimezone(TZ) if found else None


def _is_date(item: Input, value: Any) -> bool:
    try:
        datetime.fromisoformat(str(value))
    except ValueError:
        return False
    return item.fact.type in ("date", "instant")
