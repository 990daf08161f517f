"""The values a case is made of: acts asked for, events that happened, the case they fold into, its duties.

All of it is immutable and JSON-friendly. `fold` is the one definition of what an event means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec

from .text import Text

# What every record of a list has besides its own fields.
RECORD_MEMBERS = frozenset({"seq", "by", "by_name", "role", "at", "completed_by", "corrected_by"})
Aware = Annotated[datetime, msgspec.Meta(tz=True)]
Person = Mapping[str, Any]


class Actor(msgspec.Struct, frozen=True, gc=False):
    """Who acts: an opaque id, the name shown, and the roles held in this case at this moment. `joined`: a party only
    because their own case was joined to this one.
    """

    id: str
    name: str
    roles: frozenset[str]
    joined: bool = False


class Origin(msgspec.Struct, frozen=True, gc=False):
    """Where a case that comes of another comes from: its relation to that case, its round, and what is remembered."""

    relation: str
    case: str
    round: int = 1
    remembers: Mapping[str, Any] = {}


class Signature(msgspec.Struct, frozen=True, gc=False):
    """That whoever acts proved with their own second factor to be who they are: `by` whom, how and when; never the code."""

    by: str
    method: str
    at: Aware


class Act(msgspec.Struct, frozen=True, gc=False):
    """What somebody wants to do. `facts` holds JSON-like inputs by name; `legal_basis` asks for an override.

    `correction` goes with an action that corrects: fact name → the value that should have been entered.
    `origin` goes with an action that opens a case out of another.
    `supplied` holds what the store brings, not the actor: what the register tells and numbers drawn. `number` is the case's.
    `reason_en` goes with a reason that the system gives: it has it in both languages, a person writes one.
    `alert` goes with what the system does about a deadline: its name and which of its alerts.
    `said_at` goes with what was done before it could be sent: when it was done, as the actor's device has it.
    `noted`: which of the facts the body's own intake noted (by which channel it came), not whoever acts.
    """

    action: str
    actor: Actor
    at: datetime
    facts: Mapping[str, Any] = {}
    reason: str = ""
    legal_basis: str = ""
    correction: Mapping[str, Any] = {}
    origin: Origin | None = None
    supplied: Mapping[str, Any] = {}
    number: str = ""
    reason_en: str = ""
    signature: Signature | None = None
    alert: tuple[str, int] | None = None
    said_at: datetime | None = None
    noted: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.at.tzinfo is None:
            raise ValueError("an act's instant must carry its time zone")


class Entry(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """A record added to a list of the case (evidence, witness, vote), or the rest of the record that entry
    `completes` added (the decision on a challenge).
    """

    records: str
    values: Mapping[str, Any]
    completes: int | None = None


class Movement(msgspec.Struct, frozen=True, gc=False):
    """One ledger line in fen: `amount` > 0 debited to one account and credited to another."""

    debit: str
    credit: str
    amount: int


class Event(msgspec.Struct, frozen=True, gc=False, omit_defaults=True, forbid_unknown_fields=True):
    """Something that happened, with all it changed: folding needs no rulebook and evaluates nothing."""

    seq: int
    action: str
    role: str
    actor: str
    actor_name: str
    at: Aware
    facts: Mapping[str, Any] = {}
    state: str = ""
    entry: Entry | None = None
    money: tuple[Movement, ...] = ()
    appointed: tuple[str, tuple[Person, ...]] | None = None
    released: tuple[str, str] | None = None
    engaged: tuple[str, Person] | None = None
    vacated: tuple[str, ...] = ()
    extended: tuple[str, date] | None = None
    stay: str = ""
    corrects: int | None = None
    link: tuple[str, str] | None = None
    opens: Mapping[str, Any] | None = None
    registers: tuple[Mapping[str, Any], ...] = ()
    reason: str = ""
    legal_basis: str = ""
    overrode: tuple[str, ...] = ()
    reason_en: str = ""
    signature: Signature | None = None
    alert: tuple[str, int] | None = None
    said_at: Aware | None = None
    erased: tuple[Mapping[str, Any], ...] = ()

    @property
    def why(self) -> Text | None:
        """The reason that was given, in either language where the system gave it."""
        return Text(zh=self.reason, en=self.reason_en or self.reason) if self.reason.strip() else None

    def to_json(self) -> dict[str, Any]:
        """A JSON object without empty members; `from_json` gives the same event back."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        plain["at"] = self.at.astimezone(UTC).isoformat()
        return plain

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Event:
        """The event a JSON object tells. Raises ValueError when it is not one."""
        try:
            return msgspec.convert(data, cls)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error


class Case(msgspec.Struct, frozen=True, gc=False):
    """A case as its events leave it. `taken` holds each action's instants, `done` every action with who did it, `course`
    each state and when it began, `given` the number of each event with the names of the facts it gave: what a correction
    of that event may put right. `alerted` holds each alert of a deadline ('accept#0') and when it was given. An organisation engaged is
    assigned like a person. `served` keeps everybody who was ever assigned, also once they have left.
    """

    state: str = ""
    facts: Mapping[str, Any] = {}
    taken: Mapping[str, tuple[datetime, ...]] = {}
    balances: Mapping[str, int] = {}
    assigned: Mapping[str, tuple[Person, ...]] = {}
    extended: Mapping[str, date] = {}
    stays: tuple[tuple[datetime, datetime | None], ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    opened_at: datetime | None = None
    last_at: datetime | None = None
    length: int = 0
    entries_by: frozenset[tuple[str, str]] = frozenset()
    course: tuple[tuple[str, datetime], ...] = ()
    given: tuple[tuple[int, tuple[str, ...]], ...] = ()
    done: tuple[tuple[str, str], ...] = ()
    alerted: Mapping[str, tuple[datetime, ...]] = {}
    served: Mapping[str, tuple[Person, ...]] = {}

    @property
    def stayed(self) -> bool:
        """Whether the case stands still now (S01 8.4: it is before a court)."""
        return bool(self.stays) and self.stays[-1][1] is None

    @property
    def round(self) -> int:
        """Which round of the matter this case is: 1, or more after a re-adjudication."""
        return int(self.facts.get("round", 1))

    def having(self, facts: Mapping[str, Any]) -> Case:
        """The case as it would be if `facts` were among its facts."""
        return msgspec.structs.replace(self, facts={**self.facts, **facts}) if facts else self


def fold(events: Iterable[Event], case: Case | None = None) -> Case:
    """The case that `events` give, continuing from `case` when one is given. O(number of events)."""
    case = case or Case()
    for event in events:
        case = _after(case, event)
    return case


def _after(case: Case, event: Event) -> Case:
    """The case once `event` has happened; what it leaves alone is shared with the case before."""
    action, at, entry, changes = event.action, event.at, event.entry, event.facts or event.entry
    people = event.appointed or event.released or event.engaged or event.vacated
    assigned = _people(case.assigned, event) if people else case.assigned
    return Case(
        event.state or case.state,
        _facts(case.facts, event) if changes or event.corrects is not None else case.facts,
        {**case.taken, action: (*case.taken.get(action, ()), at)},
        _posted(case.balances, event.money) if event.money else case.balances,
        assigned,
        {**case.extended, event.extended[0]: event.extended[1]} if event.extended else case.extended,
        _stays(case.stays, event) if event.stay else case.stays,
        (*case.links, event.link) if event.link else case.links,
        case.opened_at or at,
        at,
        case.length + 1,
        case.entries_by | {(entry.records, event.actor)} if entry else case.entries_by,
        (*case.course, (event.state, at)) if event.state else case.course,
        (*case.given, (event.seq, tuple(event.facts))) if event.facts and event.corrects is None else case.given,
        (*case.done, (action, event.actor)),
        _alerted(case.alerted, event.alert, at) if event.alert else case.alerted,
        _served(case.served, assigned) if people else case.served,
    )


def _facts(facts: Mapping[str, Any], event: Event) -> Mapping[str, Any]:
    """The facts with those the event gives, the record it adds or completes, the entry it corrects."""
    if event.facts:
        facts = {**facts, **event.facts}
    if event.corrects is not None:
        facts = _corrected(facts, event)
    if (entry := event.entry) is None:
        return facts
    records = facts.get(entry.records, ())
    if entry.completes is None:
        record = {**entry.values, "seq": event.seq, "by": event.actor, "by_name": event.actor_name,
                  "role": event.role, "at": event.at.isoformat()}  # fmt: skip
        return {**facts, entry.records: [*records, record]}
    done = {**entry.values, "completed_by": event.seq}
    return {**facts, entry.records: [{**r, **done} if r["seq"] == entry.completes else r for r in records]}


def _corrected(facts: Mapping[str, Any], event: Event) -> Mapping[str, Any]:
    """A correction of a record (of an event that added to a list) put in that record's place."""
    for name, value in facts.items():
        if isinstance(value, list) and any(isinstance(r, dict) and r.get("seq") == event.corrects for r in value):
            place = f"{name}[{event.corrects}]"
            changes = {**event.facts.get(place, {}), "corrected_by": event.seq}
            mended = [{**r, **changes} if r.get("seq") == event.corrects else r for r in value]
            return {n: v for n, v in {**facts, name: mended}.items() if n != place}
    return facts


def _posted(balances: Mapping[str, int], money: tuple[Movement, ...]) -> Mapping[str, int]:
    posted = dict(balances)
    for line in money:
        posted[line.debit] = posted.get(line.debit, 0) + line.amount
        posted[line.credit] = posted.get(line.credit, 0) - line.amount
    return posted


def _people(assigned: Mapping[str, tuple[Person, ...]], event: Event) -> Mapping[str, tuple[Person, ...]]:
    """Who is assigned after those released have left and those appointed and engaged have come."""
    people = {role: those for role, those in assigned.items() if role not in event.vacated}
    if event.engaged is not None:
        people[event.engaged[0]] = (event.engaged[1],)
    if event.released is not None:
        role, gone = event.released
        people[role] = tuple(p for p in people.get(role, ()) if p["id"] != gone)
    if event.appointed is not None:
        role, new = event.appointed
        ids = {p["id"] for p in new}
        people[role] = (*(p for p in people.get(role, ()) if p["id"] not in ids), *new)
    return people


def _served(
    served: Mapping[str, tuple[Person, ...]], assigned: Mapping[str, tuple[Person, ...]]
) -> Mapping[str, tuple[Person, ...]]:
    """Everybody who was ever assigned, each once, with those who are now."""
    now = {r: {p["id"]: p for p in (*served.get(r, ()), *people)} for r, people in assigned.items()}
    return {**served, **{role: tuple(people.values()) for role, people in now.items()}}


def _alerted(
    alerted: Mapping[str, tuple[datetime, ...]], alert: tuple[str, int], at: datetime
) -> Mapping[str, tuple[datetime, ...]]:
    name = f"{alert[0]}#{alert[1]}"
    return {**alerted, name: (*alerted.get(name, ()), at)}


def _stays(
    stays: tuple[tuple[datetime, datetime | None], ...], event: Event
) -> tuple[tuple[datetime, datetime | None], ...]:
    if event.stay == "begin":
        return (*stays, (event.at, None))
    return (*stays[:-1], (stays[-1][0], event.at))


class DutyStatus(StrEnum):
    """What became of a deadline. `late` is past and not met; `met_late` was met after it."""

    OPEN = "open"
    MET = "met"
    LATE = "late"
    MET_LATE = "met_late"
    WAIVED = "waived"
    PAUSED = "paused"


@dataclass(frozen=True, slots=True)
class Coming:
    """The next alert of a duty: which of its deadline's alerts, the system's action, and when it may be done."""

    number: int
    action: str
    at: datetime


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
    alert: Coming | None = None


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an act is refused: the clause, what is wrong, what would put it right, which input it is about, the actions
    that would mend it, and of a guard its condition.
    """

    rule: str
    clause: str | None
    text: Text
    remedy: Text | None = None
    input: str | None = None
    remedied_by: tuple[str, ...] = ()
    that: str | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An act that may not be done, with every reason at once. A value, not an exception."""

    action: str
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule looked at for one act: it holds, or `reason` says why not; neither, while it can't be judged yet."""

    rule: str
    clause: str | None
    text: Text
    holds: bool
    reason: Reason | None = None
    inferred: bool = False

    @classmethod
    def against(cls, reason: Reason) -> Finding:
        """A rule that does not hold."""
        return cls(reason.rule, reason.clause, reason.text, False, reason)


@dataclass(frozen=True, slots=True)
class Option:
    """An action as it stands for one actor now: open, or closed for `reasons`."""

    action: str
    open: bool
    reasons: tuple[Reason, ...] = field(default=())


__all__ = [
    "RECORD_MEMBERS",
    "Act", "Actor", "Case", "Coming", "Duty", "DutyStatus", "Entry", "Event", "Finding", "Movement", "Option", "Origin",
    "Reason", "Refusal", "Signature", "fold",
]  # fmt: skip
