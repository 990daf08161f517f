"""What of a case's personal data a reader sees as it is, and what is masked (PIPL 6, 28, 51): the one place that decides.

A rulebook marks the facts that are about a natural person, the roles whose party is one, and to whom they are shown, for
what and while which states last. Everybody else reads the same case with those values masked, wherever they stand: in a
fact, in a name, or in the words of a record or notice that repeats them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, ClassVar

import msgspec

from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import Actor, Event
from mingduan.procedure.case import Case as State
from mingduan.procedure.masking import mask, scrubbed
from mingduan.procedure.rulebook import Fact, Rulebook

from . import catalogue
from .access import Access
from .models import Case, Notice, Party


@dataclass(frozen=True, slots=True)
class Veil:
    """One reader's view of one case's personal data. `shown`: the personal facts they see as they are; None: all.
    `covers`: each value they don't, with what stands for it. `closed`: the files they may not open, by hash. `liftable`: they
    may have the rest shown, with a reason. `scrubs`: nothing by which a person is reached is shown, so numbers in words are masked.
    """

    book: Rulebook
    shown: frozenset[str] | None
    covers: tuple[tuple[str, str], ...] = ()
    own: bool = False
    closed: frozenset[str] = frozenset()
    scrubs: bool = False
    liftable: bool = False
    do_not_call_in_templates: ClassVar[bool] = True  # a template asks it, and calls nothing

    @property
    def clear(self) -> bool:
        """Whether nothing is masked."""
        return self.shown is None

    @property
    def log(self) -> str:
        """What of it was shown, for the log of readings; empty for a person's own data, and where nothing is."""
        names = personal_facts(self.book)
        if self.own or not names:
            return ""
        seen = [names[n].zh for n in names if self.shown is None or n in self.shown]
        return f"个人信息：{'、'.join(seen)}" if seen else ""

    def __call__(self, value: Any) -> Any:
        """Anything JSON-like with every masked value in it covered."""
        if self.clear:
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {name: self(inner) for name, inner in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self(inner) for inner in value)
        return value

    def text(self, written: str) -> str:
        """Words in which masked values are covered; numbers of telephones and identity cards and mail addresses too."""
        if self.clear:
            return written
        for value, instead in self.covers:
            written = written.replace(value, instead)
        return scrubbed(written) if self.scrubs else written

    def facts(self, facts: Mapping[str, Any]) -> dict[str, Any]:
        """A case's facts as this reader has them."""
        return {name: self(value) for name, value in facts.items()}

    def state(self, state: State) -> State:
        """A folded case as this reader has it, for showing only: rules are held against the case itself."""
        return state if self.clear else msgspec.structs.replace(state, facts=self.facts(state.facts))

    def events(self, events: Sequence[Event]) -> list[Event]:
        """A case's events as this reader has them, for showing only."""
        return list(events) if self.clear else [Event.from_json(self(e.to_json())) for e in events]

    def party(self, party: Party) -> str:
        """What a party is called."""
        return self.text(party.name)


def veil(case: Case, got: Access, events: Sequence[Event] = (), lifted: bool = False) -> Veil:
    """What is masked for this reader of the case now. `events`: where older values are shown too. `lifted`: they said why
    they need to see it. Asks the database for nothing but the case's parties.
    """
    book = catalogue.kept(case.digest).rulebook
    names = personal_facts(book)
    roles = got.actor.roles
    if any(book.roles[r].personal for r in roles if r in book.roles):
        return Veil(book, None, own=True)
    if not names:
        return Veil(book, None)
    shown, liftable = set[str](), False
    for rule in book.shows_personal:
        if roles & set(rule.to) and (not rule.during or case.state in rule.during):
            if not rule.reasoned or lifted:
                shown |= set(rule.facts) or set(names)
            liftable = liftable or rule.reasoned
    if shown >= set(names):
        return Veil(book, None, liftable=liftable)
    told = [*(e.facts for e in events), *({e.entry.records: [e.entry.values]} for e in events if e.entry), case.facts]
    closed = {sha256 for facts in told for _, sha256 in _files(facts, book, shown)}
    return Veil(
        book,
        frozenset(shown),
        _covers(case, book, told, shown),
        closed=frozenset(closed),
        scrubs=not any(names[n].personal == "phone" for n in shown),
        liftable=liftable,
    )


def masked(book: Rulebook, roles: Iterable[str], state: str, name: str, value: str) -> str:
    """A fact of a case in a list, as these roles have it while the case is in a state: masked where they would have to say why."""
    fact, held = book.facts.get(name), set(roles)
    if fact is None or not fact.personal:
        return value
    rules = (
        r for r in book.shows_personal if held & set(r.to) and not r.reasoned and (not r.during or state in r.during)
    )
    return value if any(not r.facts or name in r.facts for r in rules) else mask(fact.personal, value)


def personal_facts(book: Rulebook) -> dict[str, Fact]:
    """The facts of a procedure that are personal data; a field of a list by both names, as 'contacts.phone'."""
    return {
        name: fact
        for whole, outer in book.facts.items()
        for name, fact in ((whole, outer), *((f"{whole}.{n}", f) for n, f in outer.of.items()))
        if fact.personal
    }


def person(case: Case, got: Access) -> Party | None:
    """The natural person of the case that a reader is; None for everybody else."""
    return next((p for p in persons(case) if p.role in got.actor.roles), None)


def persons(case: Case) -> list[Party]:
    """The natural persons that a case is about, its own before those another case brought."""
    roles = catalogue.kept(case.digest).rulebook.roles
    return [p for p in case.parties.all() if p.role in roles and roles[p.role].personal and p.organisation_id is None]


def shown_party(party: Party, book: Rulebook) -> str:
    """A party's name as lists have it: of a natural person under a rulebook that says so, masked for everybody."""
    role = book.roles.get(party.role)
    return mask("name", party.name) if role and role.personal and not party.organisation_id else party.name


def addressed(case: Case, role: str, events: Sequence[Event] = ()) -> Veil:
    """What is masked in a paper or message written to a role of the case."""
    return veil(case, Access(Actor("", "", frozenset([role])), False), events)


def may_open(notice: Notice, got: Access, lifted: bool = False) -> bool:
    """Whether a notice's document may be opened: one's own, which is written for one's eyes, or any where nothing is masked."""
    return notice.role in got.actor.roles or veil(notice.case, got, lifted=lifted).clear


def values(facts: Mapping[str, Any], book: Rulebook) -> Iterator[tuple[str, Fact, Any]]:
    """Every personal value among these facts and the records in them: its name, what it is, the value."""
    for name, fact in book.facts.items():
        value = facts.get(name)
        if fact.personal and value not in (None, "", []):
            yield name, fact, value
        if fact.type == "records" and isinstance(value, list):
            marked = [(n, f) for n, f in fact.of.items() if f.personal]
            yield from (
                (f"{name}.{n}", f, row[n]) for row in value for n, f in marked if row.get(n) not in (None, "", [])
            )


def _files(facts: Mapping[str, Any], book: Rulebook, shown: set[str]) -> Iterator[tuple[str, str]]:
    """Name and hash of each file that is not shown."""
    for name, fact, value in values(facts, book):
        if fact.type == "files" and name not in shown:
            yield from attachments(value)


def _covers(
    case: Case, book: Rulebook, told: Iterable[Mapping[str, Any]], shown: set[str]
) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for facts in told:
        found |= dict(_told(facts, book, shown))
        found |= {name: f"***{PurePath(name).suffix}" for name, _ in _files(facts, book, shown)}
    named = {role.named for role in book.roles.values() if role.personal and role.named}
    if not named <= shown or not named:
        people = (p for p in case.parties.all() if book.roles[p.role].personal and not p.organisation_id)
        found |= {p.name: mask("name", p.name) for p in people if len(p.name) > 1}
    return tuple(sorted(found.items(), key=lambda pair: -len(pair[0])))  # the longest first: one may hold another


def _told(facts: Mapping[str, Any], book: Rulebook, shown: set[str]) -> Iterator[tuple[str, str]]:
    for name, fact, value in values(facts, book):
        if name not in shown and fact.personal != "text" and isinstance(value, str) and len(value) > 1:
            yield value, mask(fact.personal or "", value)


__all__ = [
    "Veil",
    "addressed",
    "masked",
    "may_open",
    "person",
    "personal_facts",
    "persons",
    "shown_party",
    "values",
    "veil",
]
