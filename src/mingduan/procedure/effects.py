"""What a lawful act does, worked out once and for all: its event, from which a case is folded without evaluating anything."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any

from .case import Act, Actor, Case, Entry, Event, Movement
from .entries import records_of
from .expressions import Expressions
from .period import TZ
from .registering import EFFECT_VALUES
from .rulebook import EFFECT_INPUTS, Action, OpensCase, Rulebook

_EFFECTS = frozenset({*EFFECT_INPUTS})


@dataclass(slots=True)
class _Doing:
    """An act being done: its action, the case before and after what it brings, what expressions see, the facts it gives."""

    act: Act
    spec: Action
    case: Case
    after: Case
    scope: dict[str, Any]
    facts: dict[str, Any]


_Effect = Callable[[_Doing], dict[str, Any]]


class Effects:
    """The effects of one rulebook's actions: which an action has is read off it once, and the others cost nothing."""

    def __init__(self, rulebook: Rulebook, expressions: Expressions) -> None:
        self.rulebook, self.expressions = rulebook, expressions
        self._of = {name: tuple(self._effects(spec)) for name, spec in rulebook.actions.items()}

    def event(
        self, case: Case, after: Case, scope: dict[str, Any], act: Act, spec: Action, overrode: tuple[str, ...]
    ) -> Event:
        """The event of a lawful act, with every effect computed now so that folding computes nothing."""
        doing = _Doing(act, spec, case, after, scope, brought(act, case))
        members: dict[str, Any] = {}
        for effect in self._of[act.action]:
            members |= effect(doing)
        actor, said_at = act.actor, act.said_at
        return Event(
            seq=case.length + 1, action=act.action, role=role_of(actor, spec) or self._override_role(actor), actor=actor.id,
            actor_name=actor.name, at=act.at.astimezone(UTC), facts=doing.facts, alert=act.alert,
            reason=act.reason, reason_en=act.reason_en, legal_basis=act.legal_basis if overrode else "", overrode=overrode,
            said_at=said_at.astimezone(UTC) if said_at and said_at < act.at else None, **members,
        )  # fmt: skip

    def _effects(self, spec: Action) -> Iterator[_Effect]:
        """What the action does, each as the members it gives the event; first what works facts out, for the others use them."""
        if spec.sets:
            yield self._set
        if spec.corrects:
            yield _correct
        if (target := spec.opens_case) is not None:
            yield lambda doing: self._open(doing, target)
        if links := spec.links:
            yield lambda doing: {"link": (links, doing.act.facts["case"])}
        if spec.opens:
            yield _come_of
        if to := spec.to:
            yield lambda doing: {"state": to if to != doing.case.state else ""}
        if spec.adds or spec.completes:
            yield lambda doing: {"entry": self._entry(doing.act, spec, doing.scope)}
        if spec.money:
            yield lambda doing: {"money": self.movements(spec, doing.scope)}
        if appoints := spec.appoints:
            yield lambda doing: {"appointed": (appoints, tuple(doing.act.facts["people"]))}
        if releases := spec.releases:
            yield lambda doing: {"released": (releases, doing.act.facts["person"]["id"])}
        if engages := spec.engages:
            yield lambda doing: {"engaged": (engages, doing.act.facts["organisation"])}
        if spec.vacates:
            yield lambda _: {"vacated": spec.vacates}
        if extends := spec.extends:
            yield lambda doing: {"extended": (extends, date.fromisoformat(doing.act.facts["until"]))}
        if spec.stays or spec.resumes:
            yield lambda _: {"stay": "begin" if spec.stays else "end"}
        if spec.registers:
            yield lambda doing: {"registers": self._changes(spec, doing.scope)}
        if spec.signed:
            yield lambda doing: {"signature": doing.act.signature}

    def _set(self, doing: _Doing) -> dict[str, Any]:
        """Facts worked out, each seen by those after it."""
        for name, source in doing.spec.sets.items():
            value = doing.scope[name] = self.expressions.evaluate(source, doing.scope)
            doing.facts[name] = stored(self.rulebook.facts[name].type, value)
        return {}

    def _open(self, doing: _Doing, target: OpensCase) -> dict[str, Any]:
        """Another case opened. What is said for it belongs to it, and must not change what was said in this one."""
        doing.facts = {name: value for name, value in doing.facts.items() if name not in target.carries}
        return {"opens": self._opening(doing.case, doing.after, target)}

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
        if (taken := target.takes_over) is not None:
            opens["takes_over"] = {"state": taken.state, "records": list(taken.records)}
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


def _correct(doing: _Doing) -> dict[str, Any]:
    """An earlier entry put right: the facts it gave, or the record it added."""
    seq = doing.act.facts["corrects"]
    records = records_of(doing.case, seq)
    doing.facts |= {f"{records}[{seq}]": dict(doing.act.correction)} if records else dict(doing.act.correction)
    return {"corrects": seq}


def _come_of(doing: _Doing) -> dict[str, Any]:
    """The case that this one comes of, where it comes of one, with what is remembered of it."""
    origin = doing.act.origin
    if origin is None:
        return {}
    doing.facts |= {**origin.remembers, "round": origin.round}
    return {"link": (f"{origin.relation}_of", origin.case)}


def brought(act: Act, case: Case) -> dict[str, Any]:
    """The facts an act gives the case: what its actor says, and what the store supplies."""
    if not act.facts and not act.supplied:
        return {}
    return {**_plain(act.facts, case.facts), **_plain(act.supplied, {})}


def _plain(facts: Mapping[str, Any], held: Mapping[str, Any]) -> dict[str, Any]:
    """The act's inputs that become facts of the case (its effects' inputs and record fields do not); an empty list in
    the place of papers that the case `held` takes them out.
    """
    return {
        name: value
        for name, value in facts.items()
        if not name.startswith("entry.") and name not in _EFFECTS
        and (value not in (None, "", []) or (value == [] and held.get(name)))
    }  # fmt: skip


def _remembered(case: Case, fact: str, role: str) -> list[Mapping[str, str]]:
    """Who has had the role in this case, or in the rounds before by the fact that remembers them."""
    people = {p["id"]: p["name"] for p in (*case.facts.get(fact, ()), *case.assigned.get(role, ()))}
    return [{"id": key, "name": name} for key, name in people.items()]


def role_of(actor: Actor, spec: Action) -> str:
    """The role in which the actor acts: the first the action names that the actor holds."""
    for role in spec.by:
        if role in actor.roles:
            return role
    return ""


def stored(kind: str, value: Any) -> Any:
    """A computed value as events keep it: JSON-like, dates as local days."""
    if kind == "date":
        return value.astimezone(TZ).date().isoformat()
    if kind == "instant":
        return value.isoformat()
    return value
