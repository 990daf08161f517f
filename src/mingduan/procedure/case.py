"""The values a case is made of: acts asked for, events that happened, the case they fold into, its duties.

All of it is immutable and JSON-friendly. `fold` is the one definition of what an event means.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, date, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from .text import Text

_EMPTY: Mapping[str, Any] = MappingProxyType({})


def _empty() -> Any:
    return field(default_factory=lambda: _EMPTY)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an opaque id, the name shown, and the roles held in this case at this moment."""

    id: str
    name: str
    roles: frozenset[str]


@dataclass(frozen=True, slots=True)
class Act:
    """What somebody wants to do. `facts` holds JSON-like inputs by name; `legal_basis` asks for an override.

    `correction` goes with an action that corrects: fact name → the value that should have been entered.
    `origin` goes with an action that opens a case out of another: relation, that case's number, which round.
    `supplied` holds what the store brings, not the actor: what the register tells and numbers drawn. `number` is the case's.
    """

    action: str
    actor: Actor
    at: datetime
    facts: Mapping[str, Any] = _empty()
    reason: str = ""
    legal_basis: str = ""
    correction: Mapping[str, Any] = _empty()
    origin: tuple[str, str, int] | None = None
    supplied: Mapping[str, Any] = _empty()
    number: str = ""

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("an act's instant must carry its time zone")


@dataclass(frozen=True, slots=True)
class Entry:
    """A record added to a list of the case (evidence, witness, vote)."""

    records: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Movement:
    """One ledger line in fen: `amount` > 0 debited to one account and credited to another."""

    debit: str
    credit: str
    amount: int


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened, with all it changed: folding needs no rulebook and evaluates nothing."""

    seq: int
    action: str
    role: str
    actor: str
    actor_name: str
    at: datetime
    facts: Mapping[str, Any] = _empty()
    state: str = ""
    entry: Entry | None = None
    money: tuple[Movement, ...] = ()
    appointed: tuple[str, tuple[Mapping[str, Any], ...]] | None = None
    released: tuple[str, str] | None = None
    extended: tuple[str, date] | None = None
    stay: str = ""
    corrects: int | None = None
    link: tuple[str, str] | None = None
    opens: Mapping[str, Any] | None = None
    registers: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    legal_basis: str = ""
    overrode: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """A JSON object without empty members; `from_json` gives the same event back."""
        plain = dataclasses.replace(self, facts=dict(self.facts))
        out = {k: v for k, v in asdict(plain).items() if v not in ((), "", None, {})}
        out["seq"], out["at"] = self.seq, self.at.astimezone(UTC).isoformat()
        if self.extended:
            out["extended"] = [self.extended[0], self.extended[1].isoformat()]
        return out

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Event:
        """The event a JSON object tells. Raises KeyError, TypeError or ValueError when it is not one."""
        known = {f.name for f in fields(cls)}
        if unknown := set(data) - known:
            raise ValueError(f"unknown members: {', '.join(sorted(unknown))}")
        got: dict[str, Any] = dict(data)
        got["at"] = datetime.fromisoformat(got["at"])
        if got["at"].tzinfo is None:
            raise ValueError("an event's instant must carry its time zone")
        if got.get("entry"):
            got["entry"] = Entry(**got["entry"])
        got["money"] = tuple(Movement(**m) for m in got.get("money", ()))
        if got.get("appointed"):
            role, people = got["appointed"]
            got["appointed"] = (role, tuple(people))
        if got.get("extended"):
            got["extended"] = (got["extended"][0], date.fromisoformat(got["extended"][1]))
        for name in ("released", "link"):
            if got.get(name):
                got[name] = tuple(got[name])
        for name in ("overrode", "registers"):
            got[name] = tuple(got.get(name, ()))
        return cls(**got)


@dataclass(frozen=True, slots=True)
class Case:
    """A case as its events leave it. `taken` holds each action's instants, `course` each state and when it began."""

    state: str = ""
    facts: Mapping[str, Any] = _empty()
    taken: Mapping[str, tuple[datetime, ...]] = _empty()
    balances: Mapping[str, int] = _empty()
    assigned: Mapping[str, tuple[Mapping[str, Any], ...]] = _empty()
    extended: Mapping[str, date] = _empty()
    stays: tuple[tuple[datetime, datetime | None], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    opened_at: datetime | None = None
    last_at: datetime | None = None
    length: int = 0
    entries_by: frozenset[tuple[str, str]] = frozenset()
    course: tuple[tuple[str, datetime], ...] = ()

    @property
    def stayed(self) -> bool:
        """Whether the case stands still now (S01 8.4: it is before a court)."""
        return bool(self.stays) and self.stays[-1][1] is None

    @property
    def round(self) -> int:
        """Which round of the matter this case is: 1, or more after a re-adjudication."""
        return int(self.facts.get("round", 1))


def fold(events: Iterable[Event], case: Case | None = None) -> Case:
    """The case that `events` give, continuing from `case` when one is given. O(number of events)."""
    start = case or Case()
    state, opened, last, length = start.state, start.opened_at, start.last_at, start.length
    facts, taken, balances = dict(start.facts), dict(start.taken), dict(start.balances)
    assigned, extended = dict(start.assigned), dict(start.extended)
    stays, links, entries_by = list(start.stays), list(start.links), set(start.entries_by)
    course = list(start.course)
    for event in events:
        length += 1
        last = event.at
        if opened is None:
            opened = event.at
        if event.facts:
            facts.update(event.facts)
        if event.state:
            state = event.state
            course.append((state, event.at))
        taken[event.action] = (*taken.get(event.action, ()), event.at)
        if event.entry is not None:
            record = {**event.entry.values, "seq": event.seq, "by": event.actor, "by_name": event.actor_name,
                      "role": event.role, "at": event.at.isoformat()}  # fmt: skip
            facts[event.entry.records] = [*facts.get(event.entry.records, ()), record]
            entries_by.add((event.entry.records, event.actor))
        if event.corrects is not None:
            _correct_records(facts, event)
        for line in event.money:
            balances[line.debit] = balances.get(line.debit, 0) + line.amount
            balances[line.credit] = balances.get(line.credit, 0) - line.amount
        if event.appointed is not None:
            role, people = event.appointed
            ids = {p["id"] for p in people}
            assigned[role] = (*(p for p in assigned.get(role, ()) if p["id"] not in ids), *people)
        if event.released is not None:
            role, person = event.released
            assigned[role] = tuple(p for p in assigned.get(role, ()) if p["id"] != person)
        if event.extended is not None:
            extended[event.extended[0]] = event.extended[1]
        if event.stay == "begin":
            stays.append((event.at, None))
        elif event.stay == "end":
            stays[-1] = (stays[-1][0], event.at)
        if event.link is not None:
            links.append(event.link)
    return Case(
        state, facts, taken, balances, assigned, extended, tuple(stays), tuple(links), opened, last, length,
        frozenset(entries_by), tuple(course),
    )  # fmt: skip


def _correct_records(facts: dict[str, Any], event: Event) -> None:
    """Put a correction of a record (an event that added to a list) in that record's place."""
    for name, value in facts.items():
        if isinstance(value, list) and any(isinstance(r, dict) and r.get("seq") == event.corrects for r in value):
            changes = event.facts.get(f"{name}[{event.corrects}]", {})
            facts[name] = [
                {**r, **changes, "corrected_by": event.seq} if r.get("seq") == event.corrects else r for r in value
            ]
            facts.pop(f"{name}[{event.corrects}]", None)
            return


class DutyStatus(StrEnum):
    """What became of a deadline. `late` is past and not met; `met_late` was met after it."""

    OPEN = "open"
    MET = "met"
    LATE = "late"
    MET_LATE = "met_late"
    WAIVED = "waived"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Duty:
    """A deadline someone owes: its last lawful instant (UTC, inclusive), who owes it, by which act."""

    deadline: str
    owner: str
    due: datetime
    status: DutyStatus
    provisional: bool
    clause: str | None
    met_by: tuple[str, ...]
    anchored_at: datetime
    met_at: datetime | None = None
    extended: bool = False


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an act is refused: the clause, what is wrong, what would put it right, and which input it is about."""

    rule: str
    clause: str | None
    text: Text
    remedy: Text | None = None
    input: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act that may not be done, with every reason at once. A value, not an exception."""

    action: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule looked at for one act: it holds, or `reason` says why not."""

    rule: str
    clause: str | None
    text: Text
    holds: bool
    reason: Reason | None = None


@dataclass(frozen=True, slots=True)
class Option:
    """An action as it stands for one actor now: open, or closed for `reasons`."""

    action: str
    open: bool
    reasons: tuple[Reason, ...] = field(default=())


__all__ = [
    "Act", "Actor", "Case", "Duty", "DutyStatus", "Entry", "Event", "Finding", "Movement", "Option", "Reason",
    "Refusal", "fold",
]  # fmt: skip
