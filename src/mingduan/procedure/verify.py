"""Is a rulebook sound? What would go wrong in use, found before anyone relies on it.

Every state can reach an end; every action can be taken by somebody; every deadline has an owner and an action
that meets it; deadlines fit into each other on the real calendar; every clause is carried or said not to be.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from math import prod
from typing import Any

from .calendar import WorkingCalendar
from .expressions import ExpressionError, Expressions
from .landmarks import meetings
from .loading import clauses_quoted
from .period import after, before
from .rulebook import Action, Rulebook
from .text import Text
from .values import SourceClause


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing unsound; `where` names the state, action, deadline or clause."""

    where: str
    text: Text
    clause: str | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """A clause of the source and the rules that carry it; `excused` says why none does."""

    clause: str
    summary: SourceClause
    carried_by: tuple[str, ...]

    @property
    def covered(self) -> bool:
        """Whether the clause is carried, or marked as not executable with the reason."""
        return bool(self.carried_by) or self.summary.not_executable is not None


def verify(book: Rulebook, calendar: WorkingCalendar | None = None) -> tuple[Problem, ...]:
    """Every problem found; an empty tuple for a sound rulebook."""
    days = calendar or WorkingCalendar.china()
    return (
        *_flow(book), *_guards(book), *_duties(book), *_uninvited(book), *_contradictions(book, days), *_uncovered(book),
    )  # fmt: skip


def coverage(book: Rulebook) -> tuple[Coverage, ...]:
    """For each clause of the source, what carries it, in the source's order."""
    carriers: dict[str, list[str]] = {}
    for path, clause in clauses_quoted(book):
        name = "/".join(str(p) for p in path[:2])
        if name not in carriers.setdefault(clause, []):
            carriers[clause].append(name)
    return tuple(Coverage(c, s, tuple(carriers.get(c, ()))) for c, s in book.source.quotable.items())


def _flow(book: Rulebook) -> Iterator[Problem]:
    moves = {s: {a.to or s for a in book.actions.values() if s in a.since} for s in book.states}
    reached = {a.to for a in book.actions.values() if a.opens and a.to}
    todo = list(reached)
    while todo:
        for state in moves[todo.pop()] - reached:
            reached.add(state)
            todo.append(state)
    for state in book.states:
        if state not in reached:
            yield Problem(f"states/{state}", Text(zh="没有步骤能到达这个状态", en="no action leads to this state"))
    ends = {name for name, s in book.states.items() if s.end}
    leads = set(ends)
    while more := {s for s in book.states if s not in leads and moves[s] & leads}:
        leads |= more
    for state in book.states:
        if state not in leads:
            yield Problem(
                f"states/{state}", Text(zh="从这个状态无法走到终结", en="no end can be reached from this state")
            )
    for name, action in book.actions.items():
        if not action.opens and not set(action.since) & reached:
            yield Problem(
                f"actions/{name}", Text(zh="这个步骤永远办不了", en="this action can never be taken"), action.clause
            )


_NAMED = re.compile(r"'([^']*)' in (taken|late|unmet|given|links)\b")
MAX_COMBINATIONS = 512


def _guards(book: Rulebook) -> Iterator[Problem]:
    """Guards that can't hold: naming what there is not, or false whatever the case, the choices and the yes-or-noes."""
    expressions = Expressions(book)
    relations = {a.links for a in book.actions.values() if a.links}
    relations |= {a.opens_case.relation for a in book.actions.values() if a.opens_case}
    names: Mapping[str, Container[str]] = {
        "taken": book.actions, "late": book.deadlines, "unmet": book.deadlines, "given": book.facts,
        "links": relations | {f"{r}_of" for r in relations},
    }  # fmt: skip
    for name, action in book.actions.items():
        for guard in action.when:
            for word, known in _NAMED.findall(f"{guard.that} {guard.when or ''}"):
                if word not in names[known]:
                    text = Text(
                        zh=f"条件所说的“{word}”不在 {known} 之中，永远不会出现", en=f"“{word}” is never in {known}"
                    )
                    yield Problem(f"actions/{name}", text, guard.clause)
            if not _can_hold(book, action, guard.that, expressions):
                text = Text(
                    zh=f"条件永远不成立，这个步骤永远办不了：{guard.that}",
                    en=f"the condition can never hold, nor the action be taken: {guard.that}",
                )
                yield Problem(f"actions/{name}", text, guard.clause)


def _can_hold(book: Rulebook, action: Action, source: str, expressions: Expressions) -> bool:
    """Whether a guard holds for some state and some value of what it mentions, where those are few enough to try."""
    values: dict[str, list[Any]] = {}
    for name in expressions.names_in(source):
        if name == "state":
            values[name] = list(action.since) or [""]
        elif name in book.facts and book.facts[name].type == "bool":
            values[name] = [False, True]
        elif name in book.facts and book.facts[name].type == "choice":
            values[name] = ["", *book.facts[name].choices]
        elif not name.startswith("parameter."):
            return True  # it depends on what can't be tried out
    if prod(map(len, values.values())) > MAX_COMBINATIONS:
        return True
    base = expressions.scope({})

    def holds(chosen: tuple[Any, ...]) -> bool:
        try:
            return expressions.evaluate(source, base | dict(zip(values, chosen, strict=True))) is True
        except ExpressionError:  # as in the engine: what can't be evaluated does not hold
            return False

    return any(map(holds, product(*values.values())))


def _duties(book: Rulebook) -> Iterator[Problem]:
    for name, spec in book.deadlines.items():
        if not spec.met_by and not spec.limits:
            yield Problem(
                f"deadlines/{name}",
                Text(zh="期限既无人履行也不限制任何步骤", en="nothing meets it and it limits nothing"),
                spec.clause,
            )
        if spec.met_by and spec.owner is None:
            yield Problem(f"deadlines/{name}", Text(zh="期限没有责任人", en="nobody owns this deadline"), spec.clause)
        able = {role for action in spec.met_by for role in book.actions[action].by}
        if spec.owner and spec.met_by and spec.owner not in able and not spec.recorded:
            yield Problem(
                f"deadlines/{name}",
                Text(
                    zh=f"责任人不能办理{'、'.join(spec.met_by)}；由他人登记的，写 recorded: true",
                    en=f"its owner may do none of {', '.join(spec.met_by)}; where others record it, say recorded: true",
                ),
                spec.clause,
            )
        if spec.met_by and (begun := book.actions.get(spec.after or "")) is not None:
            states = {begun.to} if begun.to else set(begun.since)
            if not any(book.reachable[s] & set(spec.met_by) for s in states) and not {spec.after} & set(spec.met_by):
                yield Problem(
                    f"deadlines/{name}",
                    Text(
                        zh=f"“{begun.zh}”之后，再没有状态可以办理{'、'.join(spec.met_by)}",
                        en=f"after “{begun.en}” no state is left in which {', '.join(spec.met_by)} can be done",
                    ),
                    spec.clause,
                )


def _uninvited(book: Rulebook) -> Iterator[Problem]:
    """Whoever is told of a meeting is told when it will not be, and when it will be after all."""
    for fact in meetings(book):
        fixing = {n: a for n, a in book.actions.items() if fact in a.asks}
        called = {role for a in fixing.values() for role in a.tells}
        fixed = {s for s, reaches in book.reachable.items() if reaches & set(fixing)}
        pending = {s for s in fixed if any(s == a.to or (a.to is None and s in a.since) for a in fixing.values())}
        for name, action in book.actions.items():
            if not pending & set(action.since) or any(fact in g.that for g in action.when):
                continue  # no meeting is ahead then, or the act waits for it
            turned = action.stays or action.resumes or (action.to is not None and action.to not in fixed)
            for role in sorted(called - set(action.tells)) if turned else ():
                yield Problem(
                    f"actions/{name}",
                    Text(
                        zh=f"通知过会议的“{book.roles[role].zh}”不知道会议因此取消或恢复；写进 tells",
                        en=f"“{book.roles[role].en}” was called to a meeting and is not told that it is off, or on again: add it to tells",
                    ),
                    action.clause,
                )  # fmt: skip


def _contradictions(book: Rulebook, calendar: WorkingCalendar) -> Iterator[Problem]:
    """A forward limit on an event against backward limits on what must precede it, day by day over three years.

    For a date fact that one action sets and that the met-by action of a forward deadline waits for, the event
    can be no later than the forward deadline; what must come before it needs its own time before that.
    """
    start = date(calendar.known_years.stop - 3, 1, 1)
    for forward_name, forward in book.deadlines.items():
        if forward.within is None or forward.after not in book.actions:
            continue
        for fact in _waits_for(book, forward.met_by, forward_name):
            for backward_name, backward in book.deadlines.items():
                if backward.before != fact or backward.at_least is None:
                    continue
                for offset in range(365 * 3):
                    day = start + timedelta(days=offset)
                    event = after(book.period(forward.within), day, calendar).day
                    last = before(book.period(backward.at_least), event, calendar).day
                    if last < day:
                        yield Problem(
                            f"deadlines/{forward_name}~{backward_name}",
                            Text(
                                zh=f"互相矛盾：{day}起算，“{forward.zh}”最迟{event}，而“{backward.zh}”须在{last}以前，那时程序尚未开始",
                                en=f"contradiction: from {day}, “{forward.en}” is {event} at the latest, but “{backward.en}” had to be by {last}, before it began",
                            ),
                            backward.clause,
                        )  # fmt: skip
                        break


def _waits_for(book: Rulebook, actions: tuple[str, ...], deadline: str) -> set[str]:
    """The instant facts that tie a deadline's event to a date: its actions' guards compare `now` with them."""
    instants = {n for n, f in book.facts.items() if f.type in ("instant", "date")}
    guards = [g.that for a in actions for g in book.actions[a].when]
    guards += [g.that for a in book.actions.values() for g in a.when if f"due.{deadline}" in g.that]
    return {name for name in instants if any(name in g for g in guards)}


@dataclass(frozen=True, slots=True)
class Window:
    """The room that chained deadlines leave: the last day of one, and the day and anchor it is counted from."""

    start: date
    deadline: str
    last: date
    since: date
    anchor: str


def windows(book: Rulebook, start: date, calendar: WorkingCalendar) -> tuple[Window, ...]:
    """“What if it began on `start`”: the last day of every deadline that follows from that alone.

    Forward deadlines chain through the actions that meet them, each done on its last day; backward limits
    count from the latest day their date may have.
    """
    at: dict[str, date] = dict.fromkeys(book.opening, start)
    found: dict[str, Window] = {}
    changed = True
    while changed:
        changed = False
        for name, spec in book.deadlines.items():
            if name in found or spec.within is None or spec.after not in at:
                continue
            last = after(book.period(spec.within), at[spec.after], calendar).day
            found[name] = Window(start, name, last, at[spec.after], spec.after)
            changed = True
            for action in spec.met_by:
                at.setdefault(action, last)
    for forward_name, forward in book.deadlines.items():
        if forward_name in found and forward.within is not None:
            for fact in _waits_for(book, forward.met_by, forward_name):
                for name, spec in book.deadlines.items():
                    if spec.before == fact and spec.at_least is not None:
                        moment = found[forward_name].last
                        last = before(book.period(spec.at_least), moment, calendar).day
                        found[name] = Window(start, name, last, moment, fact)
    return tuple(sorted(found.values(), key=lambda w: w.last))


def _uncovered(book: Rulebook) -> Iterator[Problem]:
    for item in coverage(book):
        if not item.covered:
            yield Problem(f"source/{item.clause}", Text(
                zh="没有规则承担这一条，也未注明为何不可执行", en="no rule carries this clause, and nothing says why not"), item.clause)  # fmt: skip
