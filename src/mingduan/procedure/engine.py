"""The one engine: what an act in a case leads to. Pure: no clock, no database, no body's rule in code.

`decide(rulebook, case, act)` gives an event or a refusal; `check` shows every rule it looked at;
`options` tells an actor which actions are open and why the others are not.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import chain
from typing import Any

import msgspec

from . import entries
from .calendar import WorkingCalendar
from .case import Act, Actor, Case, Duty, Event, Finding, Movement, Option, Reason, Refusal, fold
from .deadlines import due, duties, missed, unmet
from .effects import Effects, brought, role_of, stored
from .entries import Given
from .expressions import ExpressionError, Expressions
from .inputs import asked_of, foreign, problems, unkeepable
from .interests import conflicts, described
from .limits import limit
from .period import TZ
from .quiet import told_at
from .rulebook import Action, Guard, Input, Rulebook
from .standing import Standing
from .text import Text
from .variables import variables
from .wording import said

# What no legal basis lets an act pass. An interest among them (S01 8.3): no law asks for an interested panel, and
# whoever has one can't open the case at all.
_STRUCTURAL = frozenset({"action", "state", "stay", "once", "input", "time", "interest", "signature", "own"})
_NEW = Case()
_NOTHING: frozenset[str] = frozenset()
_BACKWARDS = Text(zh="时间早于本案最近一条记录", en="The time is before the case's latest entry")
_ACT_NAMES = frozenset({"entry", "people", "person", "organisation", "until"})


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an act would work out, and the ledger lines it would post."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    money: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ready:
    """One action made ready: who may take it when, its inputs, its guards with the names they mention, what every
    expression of it mentions, whether it has any, the deadlines that limit it, and whether it asks some roles only for something.
    """

    spec: Action
    standing: Standing
    inputs: tuple[Input, ...]
    guards: tuple[tuple[Guard, frozenset[str]], ...]
    wanted: frozenset[str]
    computes: bool
    limits: tuple[str, ...]
    asks_some: bool


class Engine:
    """One rulebook made ready to run: its expressions compiled, its calendar at hand."""

    def __init__(self, rulebook: Rulebook, calendar: WorkingCalendar | None = None) -> None:
        self.rulebook = rulebook
        self.calendar = calendar or WorkingCalendar.china()
        self.expressions = Expressions(rulebook)
        self.effects = Effects(rulebook, self.expressions)
        self._supplied = frozenset(n for spec in rulebook.actions.values() for n in (*spec.reads, *spec.draws))
        self._ready = {name: self._made_ready(name, spec) for name, spec in rulebook.actions.items()}

    def on(self, calendar: WorkingCalendar) -> Engine:
        """The same rulebook on another calendar; all that is compiled is shared."""
        if calendar is self.calendar:
            return self
        other = copy.copy(self)
        other.calendar = calendar
        return other

    def _made_ready(self, name: str, spec: Action) -> _Ready:
        names_in = self.expressions.names_in
        guards = tuple((g, names_in(g.that) | names_in(g.when or "")) for g in spec.when)
        others = [*spec.sets.values(), *spec.fills.values(), *(line.amount for line in spec.money)]
        others += spec.suggests.values()
        others += [e for change in spec.registers for e in (*change.values.values(), *filter(None, [change.when]))]
        wanted = frozenset().union(*(names for _, names in guards), *(names_in(e) for e in others))
        limits = self.rulebook.deadlines_limiting[name]
        inputs = tuple(self.rulebook.inputs(name))
        some = any(i.fact.asked_of for i in inputs)
        standing = Standing(self.rulebook, name, spec)
        return _Ready(spec, standing, inputs, guards, wanted, bool(guards or others), limits, some)

    def inputs(self, action: str, roles: Set[str] | None = None) -> tuple[Input, ...]:
        """What the action asks for, in the order of its form; with `roles`, what it asks of somebody who has them."""
        ready = self._ready[action]
        return ready.inputs if roles is None else _asked_of(ready, roles)

    def decide(self, case: Case | None, act: Act) -> Event | Refusal:
        """The event that `act` makes of the case, or the refusal with every reason.

        An act with a `legal_basis` may pass guards, limits and whose act it is when its actor holds a role
        that the rulebook lets override (S01 8.6); from which state, on what input, and that nobody with an interest
        is appointed (8.3), stays as it is.
        """
        case = case or _NEW
        ready = self._ready.get(act.action)
        if ready is None:
            return Refusal(act.action, (_no_action(act.action),))
        found, after, scope = self._judge(case, act, ready, every=False)
        reasons = tuple(f.reason for f in found if f.reason is not None) if found else ()
        passed: tuple[str, ...] = ()
        if reasons and act.legal_basis.strip() and self._may_override(act.actor):
            passed = tuple(f"{r.rule}:{r.clause}" for r in reasons if r.rule not in _STRUCTURAL)
            reasons = tuple(r for r in reasons if r.rule in _STRUCTURAL)
        if reasons:
            return Refusal(act.action, reasons)
        return self.effects.event(case, after, scope, act, ready.spec, passed)

    def check(self, case: Case | None, act: Act) -> tuple[Finding, ...]:
        """Every rule this act is held against, one by one, in the order a reader would ask.

        A rule about something that is still missing, or that only the store can bring, neither holds nor has a reason.
        """
        ready = self._ready.get(act.action)
        if ready is None:
            return (Finding.against(_no_action(act.action)),)
        return tuple(self._judge(case or _NEW, act, ready, every=True)[0])

    def _judge(self, case: Case, act: Act, ready: _Ready, *, every: bool) -> tuple[list[Finding], Case, dict[str, Any]]:
        """What stands for and against the act (`every`: the rules that hold too), the case with what it brings,
        and what expressions see. Rules about what it brings are not asked while what it is stands against it.
        """
        spec, inputs = ready.spec, ready.inputs
        found = ready.standing.findings(case, act.actor, every=every)
        if case.last_at is not None and act.at < case.last_at:
            found.append(Finding.against(Reason("time", None, _BACKWARDS)))
        if inputs or act.facts:
            found += [Finding.against(r) for r in self._input_faults(act, ready)]
            found += [
                Finding.against(r) for r in entries.correction_faults(self.rulebook, self._supplied, case, act, spec)
            ]
            found += [Finding.against(r) for r in entries.completion_faults(case, act, spec)]
        if act.reason or act.legal_basis:
            found += [Finding.against(r) for r in unkeepable(act, spec.clause)]
        if spec.reasoned and not act.reason.strip():
            found.append(Finding.against(Reason("input", spec.clause, Text(zh=f"“{spec.zh}”须写明理由", en=f"“{spec.en}” needs a reason"),
                                        Text(zh="请填写理由", en="Give the reason"), "reason")))  # fmt: skip
        if found:
            overriding = bool(act.legal_basis.strip()) and self._may_override(act.actor)
            against = {f.rule for f in found if not (f.holds or (overriding and f.rule in ("role", "apart")))}
            if against and not (every and against == {"input"}):
                return found, case, {}
        unknown = _unknown(act, spec, found) if every else _NOTHING
        if unknown:
            act = msgspec.structs.replace(act, facts={n: v for n, v in act.facts.items() if n not in unknown})
        after = case.having(brought(act, case))
        scope = self._scope(after, act, ready) if ready.computes else {}
        rules = [
            _pending(guard) if unknown & names else self._guard(guard, after, scope)
            for guard, names in ready.guards
            if self._applies(guard, scope, unknown)
        ]
        if ready.limits:
            rules += self._limits(after, act, ready, unknown)
        if spec.appoints:
            rules += self._interests(act, spec)
        if spec.signed:
            rules.append(_signed(act, spec, asked=every))
        found += rules if every else [f for f in rules if not f.holds]
        return found, after, scope

    def _input_faults(self, act: Act, ready: _Ready) -> Iterator[Reason]:
        """What is wrong with what the act brings. What another case hands on was given there, by whom it was asked of."""
        if not ready.asks_some or act.origin is not None:
            return problems(ready.inputs, act.facts, ready.spec.clause)
        asked = _asked_of(ready, act.actor.roles, act.noted)
        others = {i.name for i in ready.inputs} - {i.name for i in asked}
        own = {n: v for n, v in act.facts.items() if n not in others}
        theirs = foreign(ready.inputs, asked, act.facts, self.rulebook.roles, ready.spec.clause)
        return chain(theirs, problems(asked, own, ready.spec.clause))

    def options(self, case: Case | None, actor: Actor, at: datetime) -> tuple[Option, ...]:
        """For each action one of the actor's roles could ever do: open now, or closed and why.

        Rules that depend on what the act will bring are not judged before it brings it.
        """
        case = case or Case()
        out = []
        for name, ready in self._ready.items():
            spec = ready.spec
            if actor.roles.isdisjoint(spec.by):
                continue
            reasons = [f.reason for f in ready.standing.findings(case, actor) if f.reason]
            if not reasons:
                act = Act(name, actor, at)
                brought = {i.name for i in ready.inputs} | {*spec.reads, *spec.draws} | _ACT_NAMES
                scope = self._scope(case, act, ready)
                judged = [g for g, names in ready.guards if not names & brought and self._applies(g, scope, _NOTHING)]
                findings = [self._guard(g, case, scope) for g in judged]
                findings += list(self._limits(case, act, ready, skip=brought))
                reasons = [f.reason for f in findings if f.reason]
            out.append(Option(name, not reasons, tuple(reasons)))
        return tuple(out)

    def duties(self, case: Case, now: datetime) -> tuple[Duty, ...]:
        """Every deadline of the case that has begun to run, earliest first."""
        return duties(self.rulebook, case, now, self.calendar, self.expressions)

    def told_at(self, case: Case, role: str, at: datetime) -> datetime:
        """The first instant from `at` on at which the rulebook lets this role be told something."""
        return told_at(self.rulebook, case, role, at, self.calendar, self.expressions)

    def fold(self, events: Iterable[Event]) -> Case:
        """The case its events give."""
        return fold(events)

    def _applies(self, guard: Guard, scope: Mapping[str, Any], unknown: Set[str]) -> bool:
        """Whether there is anything for the guard to ask in this case; while that can't be told yet, there is."""
        if guard.when is None or unknown & self.expressions.names_in(guard.when):
            return True
        return self.expressions.evaluate(guard.when, scope) is True

    def suggested(self, case: Case, action: str, actor: Actor, at: datetime) -> dict[str, Any]:
        """What the form of an action has in its fields at first, where the rulebook says so and there is something."""
        ready = self._ready[action]
        scope = self._scope(case, Act(action, actor, at), ready) if ready.spec.suggests else {}
        found = {
            name: stored(self.rulebook.facts[name].type, self.expressions.evaluate(source, scope))
            for name, source in ready.spec.suggests.items()
        }
        return {name: value for name, value in found.items() if value}

    def foreseen(self, case: Case, act: Act) -> Foreseen:
        """What the act would work out and post, as far as it is filled in; nothing while something that is worked out
        from is missing, or a rule stands against it.
        """
        ready = self._ready[act.action]
        spec, names_in = ready.spec, self.expressions.names_in
        if not spec.money:
            return Foreseen()
        found, _, scope = self._judge(case, act, ready, every=True)
        mentioned = frozenset().union(*map(names_in, (*spec.sets.values(), *(line.amount for line in spec.money))))
        if not scope or any(f.reason and f.rule != "input" for f in found) or mentioned & _unknown(act, spec, found):
            return Foreseen()
        for name, source in spec.sets.items():
            scope[name] = self.expressions.evaluate(source, scope)
        facts = {name: stored(self.rulebook.facts[name].type, scope[name]) for name in spec.sets}
        return Foreseen(facts, self.effects.movements(spec, scope))

    def filled(self, case: Case, act: Act) -> dict[str, Any]:
        """What the rulebook itself would write into the record that the act adds or completes."""
        ready = self._ready[act.action]
        scope = self._scope(case.having(act.facts), act, ready)
        return {name: self.expressions.evaluate(source, scope) for name, source in ready.spec.fills.items()}

    def _guard(self, guard: Guard, case: Case, scope: Mapping[str, Any]) -> Finding:
        try:
            holds = self.expressions.evaluate(guard.that, scope) is True
        except ExpressionError:  # a record without the member the guard asks about does not satisfy it
            holds = False
        if holds:
            return Finding("guard", guard.clause, guard.rule or guard.otherwise, True, None, guard.inferred)
        text = said(self.rulebook, self.calendar, guard.otherwise, case)
        remedy = said(self.rulebook, self.calendar, guard.remedy, case) if guard.remedy else None
        reason = Reason("guard", guard.clause, text, remedy, None, guard.remedied_by, guard.that)
        return Finding("guard", guard.clause, guard.rule or text, False, reason, guard.inferred)

    def _limits(
        self, case: Case, act: Act, ready: _Ready, skip: frozenset[str] | set[str] = frozenset()
    ) -> Iterator[Finding]:
        """Deadlines that bar the act: past a last lawful instant, or before an earliest one."""
        for deadline in ready.limits:
            spec = self.rulebook.deadlines[deadline]
            if (spec.after or spec.before) in skip:
                continue
            found = due(self.rulebook, case, deadline, self.calendar)
            if found is None:
                continue
            last = found[0]
            said = limit(self.rulebook, case, deadline, last, act.at, self.calendar, {i.name for i in ready.inputs})
            holds = last.missed_at(act.at) if spec.not_before is not None else not last.missed_at(act.at)
            reason = None if holds else Reason("deadline", spec.clause, said.broken, said.remedy, said.input)
            yield Finding("deadline", spec.clause, said.rule, holds, reason)

    def _interests(self, act: Act, spec: Action) -> Iterator[Finding]:
        """Nobody with an interest in a party within the role's look-back may be appointed to it."""
        if spec.appoints is None:
            return
        role = self.rulebook.roles[spec.appoints]
        if role.no_interest_within is None:
            return
        for person in act.facts.get("people", ()):
            found = conflicts(person.get("interests", ()), role.no_interest_within, act.at, self.calendar)
            why = "；".join(described(i) for i in found)
            text = Text(zh=f"{person['name']}与当事人无利害关系", en=f"{person['name']} has no interest in a party")
            yield Finding("interest", role.clause, text, not found, None if not found else Reason(
                "interest", role.clause, Text(zh=f"{person['name']}与当事人有利害关系：{why}", en=f"{person['name']} has an interest: {why}"),
                Text(zh="另选他人", en="Choose somebody else"), "people"))  # fmt: skip

    def correctable(self, case: Case, seq: int, actor: Actor) -> Given:
        """What entry `seq` gave that `actor` may correct."""
        return entries.correctable(self.rulebook, self._supplied, case, seq, actor)

    def _may_override(self, actor: Actor) -> bool:
        override = self.rulebook.override
        return override is not None and bool(actor.roles & set(override.by))

    def _scope(self, case: Case, act: Act, ready: _Ready) -> dict[str, Any]:
        """What this act's expressions see: the case with the act's facts in it, and the act itself."""
        values = variables(self.rulebook, case, act.at)
        if "late" in ready.wanted:
            values["late"] = missed(self.rulebook, case, act.at, self.calendar, self.expressions)
        if "unmet" in ready.wanted:
            values["unmet"] = unmet(self.rulebook, case, act.at, self.calendar, self.expressions)
        for name in ready.wanted:
            if name.startswith("due.") and (found := due(self.rulebook, case, name[4:], self.calendar)):
                values[name] = found[0].instant
        values["actor"] = {"id": act.actor.id, "role": role_of(act.actor, ready.spec)}
        values["here"] = f"{act.number}#{case.length + 1}" if act.number else ""
        values["entry"] = entries.completed(case, act, ready.spec) | {
            i.name[6:]: act.facts.get(i.name, "") for i in ready.inputs if i.name.startswith("entry.")
        }
        for name in ("people", "person", "organisation"):
            if name in act.facts:
                values[name] = act.facts[name]
        scope = self.expressions.scope(values)
        if "until" in act.facts:
            scope["until"] = _midnight(act.facts["until"])
        return scope


def _asked_of(ready: _Ready, roles: Set[str], noted: Set[str] = _NOTHING) -> tuple[Input, ...]:
    """What is asked of somebody with these roles; of whoever has none of the action's, and overrides, everything."""
    return ready.inputs if roles.isdisjoint(ready.spec.by) else asked_of(ready.inputs, roles, noted)


def _signed(act: Act, spec: Action, *, asked: bool) -> Finding:
    """Whether whoever acts has signed; while it is only asked what would stand against the act, that is pending."""
    text = Text(zh="须由办理人以本人的两步验证签署", en="Whoever does it signs with their own second factor")
    if act.signature is not None and act.signature.by == act.actor.id and act.signature.at <= act.at:
        return Finding("signature", spec.clause, text, True)
    remedy = Text(zh="填写本人的动态码或恢复码", en="Give the code of your authenticator, or a recovery code")
    reason = None if asked else Reason("signature", spec.clause, text, remedy, "signature")
    return Finding("signature", spec.clause, text, False, reason)


def _unknown(act: Act, spec: Action, found: Iterable[Finding]) -> frozenset[str]:
    """What can't be looked at yet: inputs that are missing or wrong, and what the store has not supplied."""
    wrong = {f.reason.input for f in found if f.reason is not None and f.rule == "input" and f.reason.input}
    records = {"entry"} if any(n.startswith("entry.") for n in wrong) else set()
    return frozenset(wrong | records | ({*spec.reads, *spec.draws} - {*act.supplied}))


def _pending(guard: Guard) -> Finding:
    """A rule that can't be judged yet."""
    return Finding("guard", guard.clause, guard.rule or guard.otherwise, False, None, guard.inferred)


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), TZ)


def _no_action(action: str) -> Reason:
    return Reason("action", None, Text(zh=f"本程序没有“{action}”这一步骤", en=f"No action “{action}”"))
