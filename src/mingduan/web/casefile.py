"""One case as its page tells it: what comes next, what may be done, and what each entry changed, in words."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from mingduan.cases.queries import may_see
from mingduan.procedure import landmarks
from mingduan.procedure.case import Case, Duty, DutyStatus, Event, Option, Reason
from mingduan.procedure.deadlines import due
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Account, Action, Deadline, Fact, Role, Rulebook, State
from mingduan.procedure.text import Text

_RUNNING = frozenset({DutyStatus.OPEN, DutyStatus.LATE})


@dataclass(frozen=True, slots=True)
class Awaited:
    """A duty that is running: whose it is, the actions by which the reader can meet it, those that take the case on
    first, and the ones that would take it on but are not open to them yet.
    """

    duty: Duty
    deadline: Deadline
    owner: Role
    mine: bool
    actions: Sequence[Choice]
    blocked: Sequence[Choice]

    @property
    def late(self) -> bool:
        """Whether its time is over."""
        return self.duty.status is DutyStatus.LATE


@dataclass(frozen=True, slots=True)
class Choice:
    """An action the reader may or may not take now, and the running duty it meets. `leaves`: it ends the case
    undecided (a refusal), which is never what is proposed first. `proposed`: it is what the case is waiting for.
    """

    name: str
    action: Action
    option: Option
    meets: Duty | None = None
    leaves: bool = False
    until: datetime | None = None
    proposed: bool = False


@dataclass(frozen=True, slots=True)
class Choices:
    """The actions open to the reader by weight, and those that are not."""

    moving: Sequence[Choice]
    recording: Sequence[Choice]
    other: Sequence[Choice]
    closed: Sequence[Choice]

    @property
    def open(self) -> Sequence[Choice]:
        """All that is open."""
        return (*self.moving, *self.recording, *self.other)


@dataclass(frozen=True, slots=True)
class Told:
    """A fact as an entry gave it; `before`: what it was, where the entry corrects it."""

    fact: Fact
    value: Any
    before: Any = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of the timeline with all it changed."""

    event: Event
    action: Action
    role: Role | None
    facts: Sequence[Told]
    state: State | None
    money: Sequence[tuple[Account, Account, int]]
    joined: tuple[Role, Sequence[str]] | None
    left: tuple[Role, str] | None
    extended: tuple[Deadline, date] | None
    link: str
    corrected_by: Sequence[int]

    @property
    def changed(self) -> bool:
        """Whether there is anything to unfold."""
        return bool(self.facts or self.money or self.joined or self.left or self.extended or self.link)


def owed(book: Rulebook, duties: Sequence[Duty], state: str) -> list[Duty]:
    """The duties somebody still owes in this state: not what was missed and nothing can meet any more."""
    spent = landmarks.spent(book, state)
    running = (d for d in duties if d.status in _RUNNING and d.deadline not in spent)
    return [d for d in running if book.deadlines[d.deadline].not_before is None]


def awaited(book: Rulebook, duties: Sequence[Duty], choices: Choices, roles: frozenset[str]) -> list[Awaited]:
    """The duties owed, the reader's own first, then the most urgent."""
    opened = {c.name: c for c in choices.open}
    shut = {c.name: c for c in choices.closed}
    found = []
    for duty in duties:
        actions = sorted((opened[name] for name in duty.met_by if name in opened), key=lambda c: c.leaves)
        blocked = [shut[n] for n in duty.met_by if n in shut and not shut[n].leaves]
        owner, mine = book.roles[duty.owner], duty.owner in roles
        found.append(Awaited(duty, book.deadlines[duty.deadline], owner, mine, actions, blocked if mine else ()))
    return sorted(found, key=lambda a: (not a.mine, a.duty.due))


def ends(engine: Engine, state: Case) -> dict[str, datetime]:
    """The last instant at which an action may be taken, for those whose time runs out."""
    book, found = engine.rulebook, dict[str, datetime]()
    for name, limiting in book.deadlines_limiting.items():
        counted = (due(book, state, d, engine.calendar) for d in limiting if book.deadlines[d].within is not None)
        if last := [c[0].instant for c in counted if c is not None]:
            found[name] = min(last)
    return found


def choices(
    book: Rulebook, options: Sequence[Option], duties: Sequence[Duty], state: str, until: Mapping[str, datetime]
) -> Choices:
    """What the reader may do now: what meets a running duty or moves the case, what adds to it, the rest."""
    running: dict[str, Duty] = {}
    for duty in sorted(duties, key=lambda d: d.due, reverse=True):
        if duty.status in _RUNNING and book.deadlines[duty.deadline].not_before is None:
            running |= dict.fromkeys(duty.met_by, duty)
    all_ = [
        Choice(
            o.action,
            book.actions[o.action],
            o,
            running.get(o.action),
            _leaves(book, o.action, state),
            until.get(o.action),
        )
        for o in options
    ]
    opened = [c for c in all_ if c.option.open]
    moving = _proposing(book, all_, state)
    moved = {c.name for c in moving}
    recording = [c for c in opened if c.name not in moved and not _aside(c.action, state)]
    other = [c for c in opened if c.name not in moved and c not in recording]
    closed = [c for c in all_ if not c.option.open]
    return Choices(moving, recording, other, closed)


def _proposing(book: Rulebook, options: Sequence[Choice], state: str) -> list[Choice]:
    """What takes the case on, what it waits for first. Of the reader's actions that meet a duty that is the one which the
    rulebook names before the others, once it is open (accepting, not asking to put right); where no duty runs, the next step.
    """
    moving = [c for c in options if c.option.open and (c.meets or _advances(book, c.name, state))]
    staying = {c.name: c for c in options if not c.leaves}
    duties = [c.meets for c in moving if c.meets]
    waited_for = {next((n for n in d.met_by if n in staying), "") for d in duties} or set(staying)
    place = {n: i for d in duties for i, n in enumerate(d.met_by)}
    proposing = [replace(c, proposed=c.name in waited_for) for c in moving]
    return sorted(proposing, key=lambda c: (not c.proposed, c.leaves, place.get(c.name, len(place))))


def overridable(book: Rulebook, roles: frozenset[str], state: str, choices: Choices) -> list[tuple[str, Action]]:
    """The actions of this state that are not open to the reader but that their role may do when the law demands it."""
    if book.override is None or not roles & set(book.override.by):
        return []
    opened = {c.name for c in choices.open}
    return [(n, a) for n, a in book.actions.items() if state in a.since and n not in opened]


def timeline(book: Rulebook, events: Sequence[Event], inside: bool) -> list[Entry]:
    """The case's entries, newest first; what the reader may not see is left out."""
    known: dict[str, Any] = {}
    people, corrected = dict[str, str](), dict[int, list[int]]()
    made = []
    for event in events:
        if event.corrects is not None:
            corrected.setdefault(event.corrects, []).append(event.seq)
        if event.appointed:
            people |= {p["id"]: p["name"] for p in event.appointed[1]}
        told = list(_told(book, event, known))
        known |= event.facts
        if event.entry is not None:
            known |= {f"{event.entry.records}[{event.seq}]": dict(event.entry.values)}
            if not may_see(book, event.entry.records, inside):
                continue
        made.append(Entry(
            event, book.actions[event.action], book.roles.get(event.role),
            [t for name, t in told if may_see(book, name, inside)],
            book.states[event.state] if event.state else None,
            [(book.accounts[m.debit], book.accounts[m.credit], m.amount) for m in event.money],
            (book.roles[event.appointed[0]], [p["name"] for p in event.appointed[1]]) if event.appointed else None,
            (book.roles[event.released[0]], people.get(event.released[1], event.released[1])) if event.released else None,
            (book.deadlines[event.extended[0]], event.extended[1]) if event.extended else None,
            event.link[1] if event.link else "", corrected.setdefault(event.seq, []),
        ))  # fmt: skip
    return made[::-1]


def relation(book: Rulebook, name: str) -> Text:
    """How a linked case stands to this one, by the name its link has in this case's rulebook."""
    if name.endswith("_of"):
        return Text(zh="承自", en="Follows from")
    if name.endswith("_from"):
        return Text(zh="并入本案", en="Joined to this case")
    if any(a.opens_case and a.opens_case.relation == name for a in book.actions.values()):
        return Text(zh="后续案件", en="Followed by")
    return Text(zh="并入", en="Joined to")


def _advances(book: Rulebook, name: str, state: str) -> bool:
    """Whether an action takes the case further on its course, and not out of it before it is decided."""
    to, ends = book.actions[name].to, landmarks.deciding(book)
    if not to or to == state:
        return False
    return name in ends or bool(book.reachable[to] & ends) or not book.reachable[state] & ends


def _leaves(book: Rulebook, name: str, state: str) -> bool:
    """Whether an action ends the case before it is decided."""
    to = book.actions[name].to
    return bool(to) and to != state and not _advances(book, name, state)


def mending(book: Rulebook, reason: Reason, action: str, opened: Collection[str]) -> list[tuple[str, Action]]:
    """The actions open to the reader that would do away with what stands against `action`."""
    names = reason.remedied_by
    if reason.rule == "state":
        names = tuple(n for n in opened if book.actions[n].to in book.actions[action].since)
    return [(n, book.actions[n]) for n in names if n in opened and n != action]


def _aside(action: Action, state: str) -> bool:
    """Whether an action stands beside the case's own course, or leaves it."""
    leaves = bool(action.to) and action.to != state
    beside = action.corrects or action.stays or action.resumes or action.links or action.opens_case or action.extends
    return leaves or bool(beside)


def _told(book: Rulebook, event: Event, known: Mapping[str, Any]) -> Iterator[tuple[str, Told]]:
    """Each fact an entry gave, by the name under which it is kept, in the order of the rulebook: a database may hand
    the members of JSON back in an order of its own.
    """
    correcting = event.corrects is not None
    places = {name: place for place, name in enumerate(book.facts)}
    for name, value in sorted(event.facts.items(), key=lambda f: places.get(f[0].partition("[")[0], 0)):
        records, bracket, _ = name.partition("[")
        if bracket:
            before = known.get(name, {})
            for field, given in value.items():
                yield records, Told(book.facts[records].of[field], given, before.get(field))
        elif name in book.facts:
            yield name, Told(book.facts[name], value, known.get(name) if correcting else None)
    if event.entry is not None:
        of = book.facts[event.entry.records].of
        for field in of:
            if field in event.entry.values:
                yield event.entry.records, Told(of[field], event.entry.values[field])
