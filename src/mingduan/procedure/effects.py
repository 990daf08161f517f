"""What a lawful act does, worked out once and for all: its event, from which a case is folded without evaluating anything."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date
from typing import Any

from .case import Act, Actor, Case, Entry, Event, Movement
from .entries import records_of
from .expressions import Expressions
from .period import TZ
from .registering import EFFECT_VALUES
from .rulebook import EFFECT_INPUTS, Action, OpensCase, Rulebook

_EFFECTS = frozenset({*EFFECT_INPUTS})


class Effects:
    """The effects of one rulebook's actions."""

    def __init__(self, rulebook: Rulebook, expressions: Expressions) -> None:
        self.rulebook, self.expressions = rulebook, expressions

    def event(
        self, case: Case, after: Case, scope: dict[str, Any], act: Act, spec: Action, overrode: tuple[str, ...]
    ) -> Event:
        """The event of a lawful act, with every effect computed now so that folding computes nothing."""
        facts = brought(act)
        for name, source in spec.sets.items():
            value = self.expressions.evaluate(source, scope)
            scope[name] = value
            facts[name] = stored(self.rulebook.facts[name].type, value)
        corrects = act.facts["corrects"] if spec.corrects else None
        if corrects is not None:
            records = records_of(case, corrects)
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
            seq=case.length + 1, action=act.action, role=role_of(act.actor, spec) or self._override_role(act.actor), actor=act.actor.id,
            actor_name=act.actor.name, at=act.at.astimezone(UTC), facts=facts,
            state=spec.to if spec.to and spec.to != case.state else "",
            entry=self._entry(act, spec, scope) if spec.adds or spec.completes else None,
            money=self.movements(spec, scope) if spec.money else (),
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

    def movements(self, spec: Action, scope: Mapping[str, Any]) -> tuple[Movement, ...]:
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
                values[name] = stored(kind, self.expressions.evaluate(source, scope))
            made.append(values)
        return tuple(made)

    def _override_role(self, actor: Actor) -> str:
        override = self.rulebook.override
        return next((r for r in override.by if r in actor.roles), "") if override else ""


def brought(act: Act) -> dict[str, Any]:
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


def _remembered(case: Case, fact: str, role: str) -> list[Mapping[str, str]]:
    """Who has had the role in this case, or in the rounds before by the fact that remembers them."""
    people = {p["id"]: p["name"] for p in (*case.facts.get(fact, ()), *case.assigned.get(role, ()))}
    return [{"id": key, "name": name} for key, name in people.items()]


def role_of(actor: Actor, spec: Action) -> str:
    """The role in which the actor acts: the first the action names that the actor holds."""
    return next((role for role in spec.by if role in actor.roles), "")


def stored(kind: str, value: Any) -> Any:
    """A computed value as events keep it: JSON-like, dates as local days."""
    if kind == "date":
        return value.astimezone(TZ).date().isoformat()
    if kind == "instant":
        return value.isoformat()
    return value
