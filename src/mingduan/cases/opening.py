"""Opening cases, one or many: each decided by the rulebook in force as if it were opened alone, all written together.

    openings = Openings("cace/transfer", actor, at)
    openings.prepare(wanted)
    outcomes = [openings.open(one) for one in wanted]
    openings.write()

Inside one transaction, which whoever opens many begins, and undoes when it fails: then each can be opened alone.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from mingduan.config.tracing import traced
from mingduan.people.models import Organisation, User
from mingduan.procedure import case as pure
from mingduan.procedure.case import Act, Actor, Origin, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.masking import mask
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook

from . import catalogue, chain, enclosed, panels, registrar, storing
from .access import Opener, hash_secret
from .counters import Counters
from .models import Case
from .sides import Side
from .storing import Done, Written


@dataclass(frozen=True, slots=True)
class Opening:
    """A case to be opened. `key`: idempotency; the same key gives the same case back. `secret`: what opens the case without
    an account; made here unless given. `noted`: facts that the way it came in says (its channel), whoever files.

    Parties that the register names, or that are engaged by the act, are added to `sides`; without a `title` the case is
    called by who is against whom.
    """

    action: str
    facts: Mapping[str, Any]
    sides: Sequence[Side] = ()
    title: str = ""
    key: str = ""
    origin: Origin | None = None
    secret: str = ""
    noted: Mapping[str, Any] = field(default_factory=dict)

    @property
    def told(self) -> Mapping[str, Any]:
        """All that is told of it."""
        return {**self.facts, **self.noted}


@traced("open case", "rulebook", "action")
def open_case(
    *, rulebook: str, action: str, actor: Actor, at: datetime, facts: Mapping[str, Any], sides: Sequence[Side],
    title: str, key: str = "", origin: Origin | None = None, secret: str = "", noted: Mapping[str, Any] | None = None,
) -> Done | Refusal:  # fmt: skip
    """Open one case under the rulebook in force; see `Opening`. Raises KeyError for a rulebook that does not exist."""
    wanted = Opening(action, facts, sides, title, key, origin, secret, noted or {})
    try:
        with transaction.atomic():
            openings = Openings(rulebook, actor, at)
            openings.prepare([wanted])
            outcome = openings.open(wanted)
            if isinstance(outcome, Refusal):
                transaction.set_rollback(True)
            else:
                openings.write()
            return outcome
    except IntegrityError:  # the same request twice at once: whoever came second is given what the first one opened
        if done := storing.seen([key]):
            return done[key]
        raise


class Openings:
    """Cases of one procedure opened by one actor in one transaction.

    What is decided is held back until `write`; until then it counts for whatever is decided after it: numbers, keys, and
    what the register says. Where it can't be told what something would say with regard to it, it is written first.
    """

    def __init__(self, rulebook: str, actor: Actor, at: datetime, first: Callable[[], None] = lambda: None) -> None:
        """`first` is called before anything is written: it writes what the cases rest on. Raises KeyError for a rulebook
        that does not exist.
        """
        self.engine = catalogue.in_force()[rulebook]
        self.rulebook, self.actor, self.at, self._first = rulebook, actor, at, first
        self._number = f"{rulebook.split('/')[0].upper()}-{self.engine.rulebook.number}-{at.astimezone(TZ).year}"
        self._opener = Opener(actor, self.engine.rulebook, at)
        self._counters = Counters()
        self._done: dict[str, Done] = {}
        self._asked: set[str] = set()
        self._held: list[Written] = []
        self._register = self._sitting(())

    def prepare(self, wanted: Sequence[Opening]) -> None:
        """Lock and look up at once what these will need. Whatever was not prepared is looked up when it comes."""
        self._look_up([o.key for o in wanted])
        names = {n for o in wanted for n in registrar.numbers(self.engine, o.action, o.told, self.at)}
        self._counters.take({self._number, *names})

    def consult(self, wanted: Sequence[Opening]) -> None:
        """Ask the register at once what these will ask it, as far as their parties are known."""
        self._register = self._sitting(
            a for o in wanted for a in registrar.asks(self.engine, o.action, o.told, o.sides)
        )

    def open(self, wanted: Opening) -> Done | Refusal:
        """Decide one."""
        self._look_up([wanted.key])
        if done := self._done.get(wanted.key):
            return done
        self._settle(wanted)
        engine, facts = self.engine, panels.engaging(self.engine, wanted.action, wanted.told)
        sides = [
            *wanted.sides,
            *(Side(r, o.name, o) for r, o in registrar.parties(engine, facts, wanted.sides)),
            *_named(engine, facts, wanted.sides),
            *_agents(engine, wanted.action, self.actor, facts),
        ]
        standing = self._counters.standing()
        supplied = registrar.supplied(engine, wanted.action, facts, {}, sides, self.at, self._counters, self._register)
        act = Act(
            wanted.action, self.actor, self.at, dict(facts), origin=wanted.origin, supplied=supplied, noted=frozenset(wanted.noted)
        )  # fmt: skip
        outcome = engine.decide(None, act)
        spec = engine.rulebook.actions.get(wanted.action)
        if not isinstance(outcome, Refusal) and spec and (reason := self._opener.barred(spec, sides)):
            outcome = Refusal(wanted.action, (reason,))
        if not isinstance(outcome, Refusal) and wanted.origin is None:  # what another case hands on is that case's
            outcome = enclosed.kept(engine, outcome, facts, {}, {})
        if isinstance(outcome, Refusal):
            self._counters.back(standing)
            return outcome
        secret = wanted.secret or secrets.token_urlsafe(16)
        case = Case(
            number=f"{self._number}-{self._counters.draw(self._number):04}", rulebook=self.rulebook, digest=engine.rulebook.digest,
            title=wanted.title or _called(engine.rulebook, sides, facts),
            secret=hash_secret(secret), opened_at=self.at, length=0, head=chain.START,
        )  # fmt: skip
        self._held.append(storing.write(engine, case, pure.Case(), outcome, sides, wanted.key))
        if outcome.registers:
            self._expect(outcome, sides)
        done = Done(case, outcome.seq, secret)
        if wanted.key:
            self._done[wanted.key] = done
        return done

    @traced("write opened cases")
    def write(self) -> None:
        """Write what is held back."""
        self._counters.write()
        if not self._held:
            return
        self._first()
        catalogue.keep(self.engine)
        storing.store(self._held)
        self._held = []
        self._register = self._sitting(())

    def _look_up(self, keys: Iterable[str]) -> None:
        """What came of the same requests before; each key is looked up once."""
        unknown = {k for k in keys if k} - self._asked
        self._done |= storing.seen(unknown)
        self._asked |= unknown

    def _settle(self, wanted: Opening) -> None:
        """Write what is held back if it can't be told what this one would be told with regard to it."""
        if self._held:
            asked = {a.question for a in registrar.asks(self.engine, wanted.action, wanted.told, ())}
            asked |= {told.ask for _, told in registrar.unnamed(self.engine, wanted.sides)}
            if not asked <= self._foreseen():
                self.write()

    def _expect(self, event: pure.Event, sides: Sequence[Side]) -> None:
        """Let the register regard what was just decided."""
        if self._register is not None and {change["effect"] for change in event.registers} <= self._foreseen():
            self._register.expect(event, {s.role: s.organisation for s in reversed(sides) if s.organisation})
        else:
            self.write()

    def _foreseen(self) -> frozenset[str]:
        return self._register.foresees if self._register is not None else frozenset()

    def _sitting(self, asked: Iterable[registrar.Ask]) -> registrar.Sitting | None:
        keeper = registrar.appointed()
        return keeper.sitting(asked) if keeper is not None else None


def _called(book: Rulebook, sides: Sequence[Side], facts: Mapping[str, Any]) -> str:
    """What a case is called: its first party and the procedure, and the other side where there is one against it; without
    parties the procedure and what it is about.
    """
    if not sides:
        about = next((str(facts[n]) for n in book.titled if facts.get(n)), "")
        return " ".join(f"{book.title.zh}：{about}".split())[:80] if about else book.title.zh
    against = {n for n, r in book.roles.items() if r.side == "opponent" and not (r.told or r.handles)}
    other = next((s.name for s in sides[1:] if s.role in against), "")
    first, role = sides[0], book.roles.get(sides[0].role)
    # Every list shows the title: a natural person's name stands in none (PIPL 6).
    name = mask("name", first.name) if role and role.personal and first.organisation is None else first.name
    return (f"{name}与{other}{book.title.zh}案" if other else f"{name}{book.title.zh}")[:200]


def _named(engine: Engine, facts: Mapping[str, Any], sides: Sequence[Side]) -> list[Side]:
    """The parties on whose behalf somebody else opens the case, called as they are named there."""
    taken, roles = {s.role for s in sides}, engine.rulebook.roles
    said = [(r, str(facts.get(spec.named, "")).strip()) for r, spec in roles.items() if spec.named and r not in taken]
    return [Side(role, name[:200]) for role, name in said if name]


def _agents(engine: Engine, action: str, actor: Actor, facts: Mapping[str, Any]) -> list[Side]:
    """The organisation that a case is opened for, where the act engages one, or that the actor acts for by its mandate."""
    book, found = engine.rulebook, list[Side]()
    spec = book.actions.get(action)
    engaged = facts.get("organisation")
    if spec is not None and spec.engages and isinstance(engaged, Mapping):
        organisation = Organisation.objects.get(pk=int(engaged["id"]))
        found.append(Side(spec.engages, organisation.name, organisation))
    acting = {book.roles[r].within for r in actor.roles & book.mandated} - {None, *(s.role for s in found)}
    user = (
        User.objects.select_related("organisation").filter(pk=actor.id).first()
        if acting and actor.id.isdigit()
        else None
    )
    if user is not None and user.organisation is not None:
        found += [Side(role, user.organisation.name, user.organisation) for role in sorted(filter(None, acting))]
    return found
