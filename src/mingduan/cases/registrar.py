"""The keeper of the register, as cases know it: asked before an act is decided, told by the event that follows.

`registry` appoints itself when it starts; cases know no certificate. Everything here runs inside the act's transaction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from mingduan.people.models import Organisation
from mingduan.procedure.case import Event
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ
from mingduan.procedure.registering import Asked, Reaches

from .models import Case, Counter

if TYPE_CHECKING:
    from .act import Side
    from .faults import Fault


class Registrar(Protocol):
    """Who keeps the register."""

    def answer(self, question: str, about: str, filer: Organisation | None, at: datetime) -> Any:
        """What the register says at `at` to a rulebook's question, None for nothing. What it rests on stays locked."""

    def party(self, question: str, about: str) -> Organisation | None:
        """Whom the register makes a party."""

    def enter(self, case: Case, event: Event) -> None:
        """Write the changes the event makes."""

    def verify(self) -> Iterator[Fault]:
        """Where the register is not what the events of all cases give."""


_APPOINTED: list[Registrar] = []


def appoint(registrar: Registrar) -> None:
    """Make `registrar` the keeper of the register."""
    _APPOINTED[:] = [registrar]


def appointed() -> Registrar | None:
    """The keeper of the register, if there is one."""
    return _APPOINTED[0] if _APPOINTED else None


def supplied(
    engine: Engine,
    action: str,
    facts: Mapping[str, Any],
    before: Mapping[str, Any],
    sides: Sequence[Side],
    at: datetime,
) -> dict[str, Any]:
    """What the store brings to an act: numbers drawn, then what the register tells now that their counters are locked."""
    book = engine.rulebook
    spec = book.actions.get(action)
    if spec is None:
        return {}
    body = book.id.split("/")[0]
    got: dict[str, Any] = {}
    for fact, counter in spec.draws.items():
        got[fact] = draw(f"{body}:{counter.format(year=at.astimezone(TZ).year)}")
    for reached in spec.reaches:
        reach(reached, body, facts.get(reached.of))
    return got | told(engine, action, facts, before, sides, at)


def told(
    engine: Engine,
    action: str,
    facts: Mapping[str, Any],
    before: Mapping[str, Any],
    sides: Sequence[Side],
    at: datetime,
) -> dict[str, Any]:
    """What the register tells to an act, nothing drawn: a form asks it too, to say beforehand what would stand against it."""
    book, registrar = engine.rulebook, appointed()
    if registrar is None:
        return {}
    filer = next((s.organisation for s in sides if s.organisation and book.roles[s.role].side == "filer"), None)
    got: dict[str, Any] = {}
    for fact in book.actions[action].reads:
        asked = book.facts[fact].told
        if asked is not None:
            about = facts.get(asked.of, before.get(asked.of, got.get(asked.of, ""))) if asked.of else ""
            about = about if isinstance(about, str) else ""
            got[fact] = (
                running(book.id, asked, about)
                if asked.ask == "running"
                else registrar.answer(asked.ask, about, filer, at)
            )
    return got


def running(procedure: str, asked: Asked, about: str) -> str:
    """The number of the case of this procedure about that which stands in one of the states asked for; empty for none."""
    found = Case.objects.filter(rulebook=procedure, state__in=asked.states, **{f"facts__{asked.of}": about})
    return found.order_by("id").values_list("number", flat=True).first() or "" if about else ""


def parties(engine: Engine, facts: Mapping[str, Any], sides: Sequence[Side]) -> Iterator[tuple[str, Organisation]]:
    """The parties the register names for a case that opens, where nobody has been named yet."""
    registrar, taken = appointed(), {s.role for s in sides}
    for role, spec in engine.rulebook.roles.items():
        if registrar is None or spec.told is None or role in taken:
            continue
        about = facts.get(spec.told.of, "")
        found = registrar.party(spec.told.ask, about if isinstance(about, str) else "")
        if found is not None:
            yield role, found


def reach(reached: Reaches, body: str, told: Any) -> None:
    """Let the counter go on after a number given out elsewhere, if `told` has one: it is never drawn again."""
    found = re.fullmatch(reached.pattern, told, re.ASCII) if isinstance(told, str) else None
    if found is None or int(found["number"]) >= 2**31:
        return
    name = f"{body}:{reached.counter.format(**found.groupdict())}"
    Counter.objects.get_or_create(name=name)
    counter = Counter.objects.select_for_update().get(name=name)
    if counter.last < int(found["number"]):
        counter.last = int(found["number"])
        counter.save()


def draw(name: str) -> int:
    """The next number under `name`: no gap once the transaction stands, and never twice."""
    Counter.objects.get_or_create(name=name)
    counter = Counter.objects.select_for_update().get(name=name)
    counter.last += 1
    counter.save()
    return counter.last
