"""Which of the things a form may ask for this case needs, by what has been answered so far: the rules themselves say it.

A rule asks for something when it is about that and, besides, only about choices and yes-or-no answers of the same form,
and fails without it under some of those answers: “under whole subcontracting, or there is an equipment list”.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

from .engine import Engine
from .expressions import ExpressionError
from .rulebook import Fact, Guard

_IN_GIVEN = re.compile(r"'([a-z_.]+)' in given")
_MOST = 4  # answers that one rule weighs; a rule about more is left to the check at the end


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that asks for `about`, by the answers to `by`."""

    guard: Guard
    about: str
    by: tuple[str, ...]


def rules(engine: Engine, action: str, known: Collection[str] = ()) -> tuple[Rule, ...]:
    """The rules of the action that ask for something it need not be given; answers that the case `known` before count."""
    inputs = {i.name: i for i in engine.inputs(action)}
    answering = {n: f for n, f in engine.rulebook.facts.items() if n in known} | {n: i.fact for n, i in inputs.items()}
    found = []
    for guard in engine.rulebook.actions[action].when:
        names = names_of(engine, guard)
        by = tuple(sorted(n for n in names if n in answering and answering[n].type in ("choice", "bool")))
        about = [n for n in names if n not in by]
        if len(about) == 1 and about[0] in inputs and not inputs[about[0]].required and len(by) <= _MOST:
            rule = Rule(guard, about[0], by)
            if any(not holds(engine, rule, answers) for answers in _answers(answering, by)):
                found.append(rule)
    return tuple(found)


def needed(engine: Engine, action: str, facts: Mapping[str, Any]) -> Mapping[str, Rule | None]:
    """Of what the rules ask for: name → the rule that asks for it now, None when none does.

    What no rule ever asks for is not in it: it may always be given.
    """
    found: dict[str, Rule | None] = {}
    for rule in rules(engine, action):
        answers = {n: facts[n] for n in rule.by if n in facts}
        asks = len(answers) < len(rule.by) or not holds(engine, rule, answers)
        found[rule.about] = found.get(rule.about) or (rule if asks else None)
    return found


def names_of(engine: Engine, guard: Guard) -> frozenset[str]:
    """What a rule is about, also where it only asks whether something was given."""
    said = f"{guard.that} {guard.when or ''}"
    return engine.expressions.names_in(said) - {"given"} | frozenset(_IN_GIVEN.findall(said))


def holds(engine: Engine, rule: Rule, answers: Mapping[str, Any]) -> bool:
    """Whether the rule holds with these answers and without what it is about."""
    scope = engine.expressions.scope({**answers, "given": sorted(answers)})
    try:
        if rule.guard.when and engine.expressions.evaluate(rule.guard.when, scope) is not True:
            return True
        return engine.expressions.evaluate(rule.guard.that, scope) is True
    except ExpressionError:  # an answer it needs is not there yet
        return False


def _answers(facts: Mapping[str, Fact], by: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    kinds = [(True, False) if facts[n].type == "bool" else tuple(facts[n].choices) for n in by]
    return (dict(zip(by, chosen, strict=True)) for chosen in product(*kinds))
