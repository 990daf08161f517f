"""The one engine: what an act in a case leads to. Pure: no clock, no database, no body's rule in code.

`decide(rulebook, case, act)` gives an event or a refusal; `check` shows every rule it looked at;
`options` tells an actor which actions are open and why the others are not.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from typing import Any

import msgspec

from .calendar import WorkingCalendar
from .case import Act, Actor, Case, Duty, Entry, Event, Finding, Movement, Option, Reason, Refusal, fold
from .deadlines import due, duties, missed, unmet
from .expressions import ExpressionError, Expressions
from .inputs import mismatch, problems, unkeepable
from .interests import conflicts, described
from .limits import limit
from .period import TZ
from .quiet import told_at
from .rulebook import EFFECT_INPUTS, EFFECT_VALUES, Action, Apart, Fact, Guard, Input, OpensCase, Rulebook
from .text import Text
from .variables import variables

# What no legal basis lets an act pass. An interest among them (S01 8.3): no law asks for an interested panel, and
# whoever has one can't open the case at all.
_STRUCTURAL = frozenset({"action", "state", "stay", "once", "input", "time", "interest", "signature", "own"})
_NEW = Case()
_NOTHING: frozenset[str] = frozenset()
_BACKWARDS = Text(zh="时间早于本案最近一条记录", en="The time is before the case's latest entry")
_ACT_NAMES = frozenset({"entry", "people", "person", "organisation", "until"})
_EFFECTS = frozenset({*EFFECT_INPUTS})
CORRECTABLE = frozenset({"text", "long_text", "choice", "date", "instant", "bool", "integer", "money", "files"})


@dataclass(frozen=True, slots=True)
class Given:
    """What an entry gave that can be corrected, each as it stands now, and the facts it is made of."""

    of: Mapping[str, Fact]
    current: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What an act would work out, and the ledger lines it would post."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    money: tuple[Movement, ...] = ()


@dataclass(frozen=True, slots=True)
class _Ready:
    """One action made ready: its inputs, its guards with the names they mention, what every expression of it
    mentions, whether it has any, the deadlines that limit it, and who does it and in which states, in words.
    """

    spec: Action
    inputs: tuple[Input, ...]
    guards: tuple[tuple[Guard, frozenset[str]], ...]
    wanted: frozenset[str]
    computes: bool
    limits: tuple[str, ...]
    by: Text
    since: Text


class Engine:
    """One rulebook made ready to run: its expressions compiled, its calendar at hand."""

    def __init__(self, rulebook: Rulebook, calendar: WorkingCalendar | None = None) -> None:
        self.rulebook = rulebook
        self.calendar = calendar or WorkingCalendar.china()
        self.expressions = Expressions(rulebook)
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
        names_in, roles = self.expressions.names_in, [self.rulebook.roles[r] for r in spec.by]
        guards = tuple((g, names_in(g.that) | names_in(g.when or "")) for g in spec.when)
        others = [*spec.sets.values(), *spec.fills.values(), *(line.amount for line in spec.money)]
        others += spec.suggests.values()
        others += [e for change in spec.registers for e in (*change.values.values(), *filter(None, [change.when]))]
        wanted = frozenset().union(*(names for _, names in guards), *(names_in(e) for e in others))
        states = [self.rulebook.states[s] for s in spec.since]
        by = Text(zh=f"由{'、'.join(r.zh for r in roles)}办理", en=f"Done by {', '.join(r.en for r in roles)}")
        since = (
            Text(zh="用于立案", en="Opens a case")
            if spec.opens
            else Text(
                zh=f"可在下列阶段办理：{'、'.join(s.zh for s in states)}",
                en=f"Possible in: {', '.join(s.en for s in states)}",
            )
        )
        limits = self.rulebook.deadlines_limiting[name]
        inputs = tuple(self.rulebook.inputs(name))
        return _Ready(spec, inputs, guards, wanted, bool(guards or others), limits, by, since)

    def inputs(self, action: str) -> tuple[Input, ...]:
        """What the action asks for, in the order of its form."""
        return self._ready[action].inputs

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
        return self._event(case, after, scope, act, ready.spec, passed)

    def check(self, case: Case | None, act: Act) -> tuple[Finding, ...]:
        """Every rule this act is held against, one by one, in the order a reader would ask.

        A rule about something that is still missing, or that only the store can bring, neither holds nor has a reason.
        """
        ready = self._ready.get(act.action)
        if ready is None:
            return (_broken(_no_action(act.action)),)
        return tuple(self._judge(case or _NEW, act, ready, every=True)[0])

    def _judge(self, case: Case, act: Act, ready: _Ready, *, every: bool) -> tuple[list[Finding], Case, dict[str, Any]]:
        """What stands for and against the act (`every`: the rules that hold too), the case with what it brings,
        and what expressions see. Rules about what it brings are not asked while what it is stands against it.
        """
        spec, inputs = ready.spec, ready.inputs
        found = list(self._standing(case, act.actor, act.action, ready, every=every))
        if case.last_at is not None and act.at < case.last_at:
            found.append(_broken(Reason("time", None, _BACKWARDS)))
        if inputs or act.facts:
            found += [_broken(r) for r in problems(inputs, act.facts, spec.clause)]
            found += [_broken(r) for r in self._correction_faults(case, act, spec)]
            found += [_broken(r) for r in _completion_faults(case, act, spec)]
        found += [_broken(r) for r in unkeepable(act, spec.clause)]
        if spec.reasoned and not act.reason.strip():
            found.append(_broken(Reason("input", spec.clause, Text(zh=f"“{spec.zh}”须写明理由", en=f"“{spec.en}” needs a reason"),
                                        Text(zh="请填写理由", en="Give the reason"), "reason")))  # fmt: skip
        if spec.once_each and (spec.adds, act.actor.id) in case.entries_by:
            found.append(_broken(Reason("once", spec.clause, Text(
                zh=f"“{spec.zh}”每人只能办理一次", en=f"Each person may do “{spec.en}” once"))))  # fmt: skip
        if found:
            overriding = bool(act.legal_basis.strip()) and self._may_override(act.actor)
            against = {f.rule for f in found if not (f.holds or (overriding and f.rule in ("role", "apart")))}
            if against and not (every and against == {"input"}):
                return found, case, {}
        unknown = _unknown(act, spec, found) if every else _NOTHING
        if unknown:
            act = msgspec.structs.replace(act, facts={n: v for n, v in act.facts.items() if n not in unknown})
        after = case.having(_brought(act))
        scope = self._scope(after, act, ready) if ready.computes else {}
        rules = [
            _pending(guard) if unknown & names else self._guard(guard, scope)
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
            reasons = [f.reason for f in self._standing(case, actor, name, ready) if f.reason]
            if not reasons:
                act = Act(name, actor, at)
                brought = {i.name for i in ready.inputs} | {*spec.reads, *spec.draws} | _ACT_NAMES
                scope = self._scope(case, act, ready)
                judged = [g for g, names in ready.guards if not names & brought and self._applies(g, scope, _NOTHING)]
                findings = [self._guard(g, scope) for g in judged]
                findings += list(self._limits(case, act, ready, skip=brought))
                reasons = [f.reason for f in findings if f.reason]
                if spec.once_each and (spec.adds, actor.id) in case.entries_by:
                    reasons.append(
                        Reason(
                            "once",
                            spec.clause,
                            Text(zh=f"您已办理过“{spec.zh}”", en=f"You have already done “{spec.en}”"),
                        )
                    )
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

    def _standing(
        self, case: Case, actor: Actor, name: str, ready: _Ready, *, every: bool = False
    ) -> Iterator[Finding]:
        """Whether this actor may take this action in this state at all, whatever it brings."""
        spec, by, since = ready.spec, ready.by, ready.since
        holds = not actor.roles.isdisjoint(spec.by)
        if not holds:
            yield _broken(Reason("role", spec.clause, Text(
                zh=f"您在本案中无权办理“{spec.zh}”", en=f"You may not do “{spec.en}” in this case"), by))  # fmt: skip
        elif every:
            yield Finding("role", spec.clause, by, True)
        if spec.own_only and actor.joined:
            yield _broken(Reason("own", spec.clause, Text(
                zh=f"您的案件并入本案，不能对本案“{spec.zh}”", en=f"Your case was joined to this one, in which you may not do “{spec.en}”"),
                Text(zh="如不再主张，请书面告知机构", en="If you no longer pursue yours, tell the body in writing")))  # fmt: skip
        holds = not case.state if spec.opens else case.state in spec.since
        if not holds:
            now = self.rulebook.states[case.state].text if case.state else Text(zh="尚未立案", en="not opened")
            yield _broken(Reason("state", spec.clause, Text(
                zh=f"案件现为“{now.zh}”，此时不能办理“{spec.zh}”", en=f"The case is “{now.en}”: “{spec.en}” can't be done now"), since))  # fmt: skip
        elif every:
            yield Finding("state", spec.clause, since, True)
        if case.stayed and not spec.while_stayed:
            yield _broken(Reason("stay", spec.clause, Text(zh="案件已中止", en="The case is stayed"),
                                 Text(zh="恢复办理后再继续", en="Resume the case first")))  # fmt: skip
        if spec.resumes and not case.stayed:
            yield _broken(Reason("stay", spec.clause, Text(zh="案件未中止", en="The case is not stayed")))
        if spec.once and name in case.taken:
            yield _broken(Reason("once", spec.clause, Text(zh=f"“{spec.zh}”只能办理一次", en=f"“{spec.en}” can be done only once")))  # fmt: skip
        if spec.apart and not actor.roles.isdisjoint(spec.by):
            yield from self._apart(case, actor, spec.apart, every=every)

    def _apart(self, case: Case, actor: Actor, apart: Apart, *, every: bool) -> Iterator[Finding]:
        """Whether the actor has done none of the actions that the source gives to somebody else."""
        actions = self.rulebook.actions
        done = [actions[a] for a in apart.others if actor.id in case.done_by.get(a, _NOTHING)]
        if done:
            yield _broken(Reason("apart", apart.clause, Text(
                zh=f"您在本案中办理过“{'、'.join(a.zh for a in done)}”，不能再办理这一步",
                en=f"You did “{', '.join(a.en for a in done)}” in this case and can't do this as well"),
                Text(zh="由另一人办理", en="Somebody else does it")))  # fmt: skip
        elif every:
            others = [actions[a] for a in apart.others]
            yield Finding("apart", apart.clause, Text(
                zh=f"与办理“{'、'.join(a.zh for a in others)}”的不是同一人",
                en=f"Not by whoever did “{', '.join(a.en for a in others)}”"), True)  # fmt: skip

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
            name: _stored(self.rulebook.facts[name].type, self.expressions.evaluate(source, scope))
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
        facts = {name: _stored(self.rulebook.facts[name].type, scope[name]) for name in spec.sets}
        return Foreseen(facts, self._movements(spec, scope))

    def filled(self, case: Case, act: Act) -> dict[str, Any]:
        """What the rulebook itself would write into the record that the act adds or completes."""
        ready = self._ready[act.action]
        scope = self._scope(case.having(act.facts), act, ready)
        return {name: self.expressions.evaluate(source, scope) for name, source in ready.spec.fills.items()}

    def _guard(self, guard: Guard, scope: Mapping[str, Any]) -> Finding:
        try:
            holds = self.expressions.evaluate(guard.that, scope) is True
        except ExpressionError:  # a record without the member the guard asks about does not satisfy it
            holds = False
        reason = (
            None if holds else Reason("guard", guard.clause, guard.otherwise, guard.remedy, None, guard.remedied_by)
        )
        return Finding("guard", guard.clause, guard.rule or guard.otherwise, holds, reason)

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

    def _correction_faults(self, case: Case, act: Act, spec: Action) -> Iterator[Reason]:
        """A correction names an entry that exists and gives facts of the right type."""
        if not spec.corrects or not isinstance(act.facts.get("corrects"), int):
            return
        seq = act.facts["corrects"]
        if not 1 <= seq <= case.length:
            yield Reason(
                "input", spec.clause, Text(zh=f"没有第{seq}条记录", en=f"There is no entry {seq}"), input="corrects"
            )
            return
        if not act.correction:
            yield Reason(
                "input",
                spec.clause,
                Text(zh="没有写明更正的内容", en="Nothing to correct is given"),
                input="correction",
            )
        if not act.reason.strip():
            yield Reason(
                "input",
                spec.clause,
                Text(zh="请写明更正的理由", en="Give the reason for the correction"),
                input="reason",
            )
        given = self.correctable(case, seq, act.actor)
        for name, value in act.correction.items():
            if name not in given.current:
                yield Reason("input", spec.clause, Text(
                    zh=f"第{seq}条记录没有可更正的“{name}”", en=f"Entry {seq} gave no “{name}” that can be corrected"),
                    _list_of([given.of[n].text for n in given.current], seq), name)  # fmt: skip
            elif (wanted := mismatch(given.of[name], value)) is not None:
                label = given.of[name].text
                yield Reason(
                    "input",
                    spec.clause,
                    Text(zh=f"“{label.zh}”填写有误", en=f"“{label.en}” is not right"),
                    wanted,
                    name,
                )

    def correctable(self, case: Case, seq: int, actor: Actor) -> Given:
        """What entry `seq` gave that `actor` may correct: a record's fields where it added one.

        Left out is what no person enters: people (the store records them with their interests), what the register
        tells, numbers drawn; and what is confidential, unless the actor is one of the body's own (S01 8.1).
        """
        facts = self.rulebook.facts
        inside = any(self.rulebook.roles[r].inside for r in actor.roles if r in self.rulebook.roles)
        of, held, names = facts, case.facts, case.given.get(seq, ())
        if (records := _records_of(case, seq)) is not None:
            of, held = facts[records].of, _record(case, records, seq)
            names = tuple(of) if inside or not facts[records].confidential else ()
        known = [n for n in names if n in of and n in held and n not in self._supplied]
        shown = [n for n in known if of[n].type in CORRECTABLE and (inside or not of[n].confidential)]
        return Given(of, {n: held[n] for n in shown})

    def _may_override(self, actor: Actor) -> bool:
        override = self.rulebook.override
        return override is not None and bool(actor.roles & set(override.by))

    def _override_role(self, actor: Actor) -> str:
        override = self.rulebook.override
        return next((r for r in override.by if r in actor.roles), "") if override else ""

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
        values["actor"] = {"id": act.actor.id, "role": _role(act.actor, ready.spec)}
        values["here"] = f"{act.number}#{case.length + 1}" if act.number else ""
        values["entry"] = _record_completed(case, act, ready.spec) | {
            i.name[6:]: act.facts.get(i.name, "") for i in ready.inputs if i.name.startswith("entry.")
        }
        for name in ("people", "person", "organisation"):
            if name in act.facts:
                values[name] = act.facts[name]
        scope = self.expressions.scope(values)
        if "until" in act.facts:
            scope["until"] = _midnight(act.facts["until"])
        return scope

    def _event(
        self, case: Case, after: Case, scope: dict[str, Any], act: Act, spec: Action, overrode: tuple[str, ...]
    ) -> Event:
        """The event of a lawful act, with every effect computed now so that folding computes nothing."""
        facts = _brought(act)
        for name, source in spec.sets.items():
            value = self.expressions.evaluate(source, scope)
            scope[name] = value
            facts[name] = _stored(self.rulebook.facts[name].type, value)
        corrects = act.facts["corrects"] if spec.corrects else None
        if corrects is not None:
            records = _records_of(case, corrects)
            facts |= {f"{records}[{corrects}]": dict(act.correction)} if records else dict(act.correction)
        opens = None
        if spec.opens_case is not None:
            # What is said for the new case belongs to it, and must not change what was said in this one.
            facts = {name: value for name, value in facts.items() if name not in spec.opens_case.carries}
            opens = self._opening(case, after, spec.opens_case)
        link = (spec.links, act.facts["case"]) if spec.links else None
        if spec.opens and act.origin is not None:
            link = (f"{act.origin.relation}_of", act.origin.case)
            facts |= {**act.origin.remembers, "round": act.origin.round}
        return Event(
            seq=case.length + 1, action=act.action, role=_role(act.actor, spec) or self._override_role(act.actor), actor=act.actor.id,
            actor_name=act.actor.name, at=act.at.astimezone(UTC), facts=facts,
            state=spec.to if spec.to and spec.to != case.state else "",
            entry=self._entry(act, spec, scope) if spec.adds or spec.completes else None,
            money=self._movements(spec, scope) if spec.money else (),
            appointed=(spec.appoints, tuple(act.facts["people"])) if spec.appoints else None,
            released=(spec.releases, act.facts["person"]["id"]) if spec.releases else None,
            engaged=(spec.engages, act.facts["organisation"]) if spec.engages else None, vacated=spec.vacates, alert=act.alert,
            extended=(spec.extends, date.fromisoformat(act.facts["until"])) if spec.extends else None,
            stay="begin" if spec.stays else "end" if spec.resumes else "", corrects=corrects,
            link=link, opens=opens, registers=self._changes(spec, scope) if spec.registers else (),
            reason=act.reason, legal_basis=act.legal_basis if overrode else "", overrode=overrode, reason_en=act.reason_en,
            signature=act.signature if spec.signed else None,
            said_at=act.said_at.astimezone(UTC) if act.said_at and act.said_at < act.at else None,
        )  # fmt: skip

    def _entry(self, act: Act, spec: Action, scope: Mapping[str, Any]) -> Entry:
        """The record the act adds, or the rest of the one it completes."""
        brought = {name[6:]: value for name, value in act.facts.items() if name.startswith("entry.")}
        filled = {name: self.expressions.evaluate(source, scope) for name, source in spec.fills.items()}
        return Entry(
            spec.adds or spec.completes or "", brought | filled, act.facts["entry"] if spec.completes else None
        )

    def _movements(self, spec: Action, scope: Mapping[str, Any]) -> tuple[Movement, ...]:
        """The ledger lines the act posts; an amount of nothing posts none."""
        amounts = [(line, self.expressions.evaluate(line.amount, scope)) for line in spec.money]
        return tuple(Movement(line.debit, line.credit, amount) for line, amount in amounts if amount > 0)

    def _opening(self, case: Case, after: Case, target: OpensCase) -> dict[str, Any]:
        """What the store needs to open the case that comes of this one."""
        opens = {
            "rulebook": target.rulebook or self.rulebook.id, "relation": target.relation, "action": target.action,
            "facts": {name: after.facts[name] for name in target.carries if name in after.facts},
            "remembers": {fact: _remembered(case, fact, role) for fact, role in target.remembers.items()},
        }  # fmt: skip
        return opens if target.parties is None else {**opens, "parties": dict(target.parties)}

    def _changes(self, spec: Action, scope: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
        """What the act changes in the register, each change whole: its effect and every value it writes."""
        made = []
        for change in spec.registers:
            if change.when is not None and not self.expressions.evaluate(change.when, scope):
                continue
            needed, optional = EFFECT_VALUES[change.effect]
            values: dict[str, Any] = {"effect": change.effect}
            values |= {k: v for k, v in (("for", change.holder), ("audited_by", change.audited_by)) if v}
            for name, source in change.values.items():
                kind = needed.get(name) or optional[name]
                values[name] = _stored(kind, self.expressions.evaluate(source, scope))
            made.append(values)
        return tuple(made)


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
    return Finding("guard", guard.clause, guard.rule or guard.otherwise, False)


def _brought(act: Act) -> dict[str, Any]:
    """The facts an act gives the case: what its actor says, and what the store supplies."""
    if not act.facts and not act.supplied:
        return {}
    return {**_plain(act.facts), **_plain(act.supplied)}


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """The act's inputs that become facts of the case (its effects' inputs and record fields do not)."""
    return {
        name: value
        for name, value in facts.items()
        if not name.startswith("entry.") and name not in _EFFECTS and value not in (None, "", [])
    }  # fmt: skip


def _record(case: Case, records: str | None, seq: Any) -> dict[str, Any]:
    """The record that entry `seq` added to the list `records`; empty when there is none."""
    return next((r for r in case.facts.get(records or "", ()) if r["seq"] == seq), {})


def _record_completed(case: Case, act: Act, spec: Action) -> dict[str, Any]:
    return _record(case, spec.completes, act.facts.get("entry")) if spec.completes else {}


def _completion_faults(case: Case, act: Act, spec: Action) -> Iterator[Reason]:
    """What completes a record names one that is there and not completed yet."""
    if spec.completes is None or "entry" not in act.facts:
        return
    seq, record = act.facts["entry"], _record_completed(case, act, spec)
    if not record:
        yield Reason(
            "input",
            spec.clause,
            Text(zh=f"第{seq}条记录不能作此答复", en=f"Entry {seq} can't be answered so"),
            input="entry",
        )
    elif "completed_by" in record:
        yield Reason("input", spec.clause, Text(zh=f"第{seq}条记录已有答复", en=f"Entry {seq} has been answered"), input="entry")  # fmt: skip


def _remembered(case: Case, fact: str, role: str) -> list[Mapping[str, str]]:
    """Who has had the role in this case, or in the rounds before by the fact that remembers them."""
    people = {p["id"]: p["name"] for p in (*case.facts.get(fact, ()), *case.assigned.get(role, ()))}
    return [{"id": key, "name": name} for key, name in people.items()]


def _list_of(labels: Iterable[Text], seq: int) -> Text:
    """What of an entry can be corrected, in words."""
    names = list(labels)
    if not names:
        return Text(zh=f"第{seq}条记录没有可以更正的内容", en=f"Entry {seq} holds nothing that can be corrected")
    return Text(zh=f"可更正：{'、'.join(n.zh for n in names)}", en=f"It can correct: {', '.join(n.en for n in names)}")


def _records_of(case: Case, seq: int) -> str | None:
    """The list that entry `seq` added a record to, if it did."""
    for name, value in case.facts.items():
        if isinstance(value, list) and any(isinstance(r, dict) and r.get("seq") == seq for r in value):
            return name
    return None


def _role(actor: Actor, spec: Action) -> str:
    """The role in which the actor acts: the first the action names that the actor holds."""
    return next((role for role in spec.by if role in actor.roles), "")


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), TZ)


def _stored(kind: str, value: Any) -> Any:
    """A computed value as events keep it: JSON-like, dates as local days."""
    if kind == "date":
        return value.astimezone(TZ).date().isoformat()
    if kind == "instant":
        return value.isoformat()
    return value


def _no_action(action: str) -> Reason:
    return Reason("action", None, Text(zh=f"本程序没有“{action}”这一步骤", en=f"No action “{action}”"))


def _broken(reason: Reason) -> Finding:
    return Finding(reason.rule, reason.clause, reason.text, False, reason)
