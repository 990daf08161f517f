"""The keeper of the register, as cases know it: asked before an act is decided, told by the event that follows.

`registry` appoints itself when it starts; cases know no certificate. Everything here runs inside the act's transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

import msgspec
from django.db import transaction

from mingduan.people.models import Organisation
from mingduan.procedure.case import Act, Event
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ
from mingduan.procedure.registering import Asked, Reaches, RegisteredParty

from .models import Case

if TYPE_CHECKING:
    from .counters import Counters
    from .faults import Fault
    from .sides import Side


class Registrar(Protocol):
    """Who keeps the register."""

    def answer(self, question: str, about: str, filer: Organisation | None, at: datetime) -> Any:
        """What the register says at `at` to a rulebook's question, None for nothing. What it rests on stays locked."""

    def party(self, question: str, about: str) -> Organisation | None:
        """Whom the register makes a party."""

    def enter(self, told: Sequence[tuple[Case, Event]]) -> None:
        """Write the changes that stored events make, in their order."""

    def sitting(self, asked: Iterable[Ask]) -> Sitting:
        """The register as many acts of one transaction ask it: what they will ask is looked up at once."""

    def verify(self) -> Iterator[Fault]:
        """Where the register is not what the events of all cases give."""


@dataclass(frozen=True, slots=True)
class Ask:
    """A question that an act will put to the register, about this and for this filer."""

    question: str
    about: str
    filer: Organisation | None


class Sitting(Protocol):
    """The register during several acts whose events are decided one after the other and written together.

    `foresees`: the questions it answers with regard to what is decided and not written yet, and the effects it can so
    regard; before any other the events held back are written.
    """

    foresees: frozenset[str]

    def answer(self, question: str, about: str, filer: Organisation | None, at: datetime) -> Any:
        """See `Registrar.answer`."""

    def expect(self, event: Event, parties: Mapping[str, Organisation]) -> None:
        """Regard an event from now on as if it were written; `parties`: the organisations of its case by their roles."""


_APPOINTED: list[Registrar] = []


def appoint(registrar: Registrar) -> None:
    """Make `registrar` the keeper of the register."""
    _APPOINTED[:] = [registrar]


def appointed() -> Registrar | None:
    """The keeper of the register, if there is one."""
    return _APPOINTED[0] if _APPOINTED else None


def numbers(engine: Engine, action: str, facts: Mapping[str, Any], at: datetime) -> Iterator[str]:
    """The names of the counters that an act draws from or lets go on."""
    spec, body = engine.rulebook.actions.get(action), engine.rulebook.id.split("/")[0]
    if spec is not None:
        yield from (_counter(body, counter, at) for counter in spec.draws.values())
        yield from (found[0] for reached in spec.reaches if (found := _reached(reached, body, facts.get(reached.of))))


def supplied(
    engine: Engine, action: str, facts: Mapping[str, Any], before: Mapping[str, Any], sides: Sequence[Side], at: datetime,
    counters: Counters, register: Registrar | Sitting | None,
) -> dict[str, Any]:  # fmt: skip
    """What the store brings to an act: numbers drawn, then what the register tells now that their counters are locked."""
    spec, body = engine.rulebook.actions.get(action), engine.rulebook.id.split("/")[0]
    if spec is None:
        return {}
    counters.take(numbers(engine, action, facts, at))
    got: dict[str, Any] = {fact: counters.draw(_counter(body, counter, at)) for fact, counter in spec.draws.items()}
    for reached in spec.reaches:
        if (found := _reached(reached, body, facts.get(reached.of))) is not None:
            counters.reach(*found)
    return got | told(engine, action, facts, before, sides, at, register)


def told(
    engine: Engine, action: str, facts: Mapping[str, Any], before: Mapping[str, Any], sides: Sequence[Side], at: datetime,
    register: Registrar | Sitting | None,
) -> dict[str, Any]:  # fmt: skip
    """What the register tells to an act, nothing drawn: a form asks it too, to say beforehand what would stand against it."""
    if register is None:
        return {}
    got: dict[str, Any] = {}
    for fact, asked, about in _questions(engine, action, {**before, **facts}, got):
        got[fact] = (
            running(engine.rulebook.id, asked, about)
            if asked.ask == "running"
            else register.answer(asked.ask, about, filer(engine, sides), at)
        )
    return got


def asks(engine: Engine, action: str, facts: Mapping[str, Any], sides: Sequence[Side]) -> Iterator[Ask]:
    """What an act that opens a case will ask the register, as far as its facts tell."""
    if action in engine.rulebook.actions:
        for _, asked, about in _questions(engine, action, facts, {}):
            yield Ask(asked.ask, about, filer(engine, sides))


def unnamed(engine: Engine, sides: Sequence[Side]) -> Iterator[tuple[str, RegisteredParty]]:
    """The roles whose party the register names, where nobody has been named yet."""
    taken = {s.role for s in sides}
    for role, spec in engine.rulebook.roles.items():
        if spec.told is not None and role not in taken:
            yield role, spec.told


def parties(engine: Engine, facts: Mapping[str, Any], sides: Sequence[Side]) -> Iterator[tuple[str, Organisation]]:
    """The parties the register names for a case that opens, where nobody has been named yet."""
    if (register := appointed()) is None:
        return
    for role, told in unnamed(engine, sides):
        about = facts.get(told.of, "")
        found = register.party(told.ask, about if isinstance(about, str) else "")
        if found is not None:
            yield role, found


def filer(engine: Engine, sides: Sequence[Side]) -> Organisation | None:
    """The organisation that files."""
    roles = engine.rulebook.roles
    return next((s.organisation for s in sides if s.organisation and roles[s.role].side == "filer"), None)


def _questions(
    engine: Engine, action: str, known: Mapping[str, Any], got: Mapping[str, Any]
) -> Iterator[tuple[str, Asked, str]]:
    """The facts an action reads, with what is asked for each and about what: a fact of the case or of what was `got` before."""
    book = engine.rulebook
    for fact in book.actions[action].reads:
        asked = book.facts[fact].told
        if asked is not None:
            about = known.get(asked.of, got.get(asked.of, "")) if asked.of else ""
            yield fact, asked, about if isinstance(about, str) else ""


def foretold(engine: Engine, act: Act, before: Mapping[str, Any], sides: Sequence[Side]) -> Act:
    """The act with what the register would tell it, to say beforehand what would stand against it. What hangs on something still missing
    is left open.
    """
    book, known = engine.rulebook, {**before, **act.facts}
    if act.action not in book.actions:
        return act
    with transaction.atomic():  # what the register tells is read under lock
        got = told(engine, act.action, act.facts, before, sides, act.at, appointed())
    wanting = {n for n in got if (asked := book.facts[n].told) and asked.of and known.get(asked.of) in (None, "")}
    return msgspec.structs.replace(act, supplied={n: v for n, v in got.items() if n not in wanting})


def running(procedure: str, asked: Asked, about: str) -> str:
    """The number of the case of this procedure about that which stands in one of the states asked for; empty for none."""
    found = Case.objects.filter(rulebook=procedure, state__in=asked.states, **{f"facts__{asked.of}": about})
    return found.order_by("id").values_list("number", flat=True).first() or "" if about else ""


def _counter(body: str, counter: str, at: datetime) -> str:
    return f"{body}:{counter.format(year=at.astimezone(TZ).year)}"


def _reached(reached: Reaches, body: str, told: Any) -> tuple[str, int] | None:
    """The counter that goes on after a number given out elsewhere, and that number, if `told` has one."""
    found = re.fullmatch(reached.pattern, told, re.ASCII) if isinstance(told, str) else None
    if found is None or int(found["number"]) >= 2**31:
        return None
    return f"{body}:{reached.counter.format(**found.groupdict())}", int(found["number"])
