"""Field work as the cases tell it: what waits to be done where, by when, with what skill, and whose it is.

Nothing here knows a procedure by name: a rulebook says in `field_work` which of its facts are the place, the skill and
the time agreed, and who goes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from mingduan.cases import catalogue
from mingduan.cases.access import visible
from mingduan.cases.models import Assignment, Case, DutyRow
from mingduan.cases.queries import still_owed
from mingduan.people.models import User
from mingduan.procedure.case import Act, Actor
from mingduan.procedure.case import Case as State
from mingduan.procedure.engine import Engine
from mingduan.procedure.rulebook import Action, Choice, Deadline, Fact, Rulebook
from mingduan.procedure.uses import FieldWork

from .dispatch import Engineer, Job, Point, Visit, propose

ANY = ""  # the skill of a job that names none: everybody has it
_POSITION = re.compile(r"(-?\d{1,2}(?:\.\d+)?)\s*,\s*(-?\d{1,3}(?:\.\d+)?)")


def point(written: Any) -> Point | None:
    """The place that a position names, as cases write it ('22.5787,113.0815'); None if it names none on earth."""
    found = _POSITION.fullmatch(str(written or "").strip())
    if found is None:
        return None
    latitude, longitude = float(found[1]), float(found[2])
    return Point(latitude, longitude) if abs(latitude) <= 90 and abs(longitude) <= 180 else None


@dataclass(frozen=True, slots=True)
class Task:
    """Work to be done somewhere, the duty that presses most among those looked for, and until when it must be handed back."""

    case: Case
    book: Rulebook
    work: FieldWork
    duty: DutyRow | None
    until: datetime | None = None

    @property
    def address(self) -> str:
        """Where, in words."""
        return str(self.case.facts.get(self.work.address, ""))

    @property
    def place(self) -> Point | None:
        """Where on the map; None for an address without a position."""
        return point(self.case.facts.get(self.work.position or ""))

    @property
    def area(self) -> str:
        """The area it lies in, as the case has it."""
        return str(self.case.facts.get(self.work.area or "", ""))

    @property
    def skill(self) -> str:
        """The skill it takes, by its name in the rulebook."""
        return str(self.case.facts.get(self.work.skill or "", ANY))

    @property
    def skill_words(self) -> Choice | None:
        """The skill it takes, in words."""
        return self.book.facts[self.work.skill].choices.get(self.skill) if self.work.skill else None

    @property
    def agreed(self) -> datetime | None:
        """The time agreed with whom is visited."""
        said = self.case.facts.get(self.work.agreed or "")
        return datetime.fromisoformat(said) if said else None

    @property
    def first(self) -> bool:
        """Whether it goes before all others."""
        return bool(self.case.facts.get(self.work.first or ""))

    @property
    def due(self) -> datetime | None:
        """The last instant of what presses."""
        return self.duty.due if self.duty else None

    @property
    def deadline(self) -> Deadline | None:
        """What presses."""
        return self.book.deadlines[self.duty.deadline] if self.duty else None

    @property
    def shown(self) -> list[tuple[Fact, Any]]:
        """What whoever goes needs to have at hand."""
        facts = self.case.facts
        return [(self.book.facts[n], facts[n]) for n in self.work.shows if facts.get(n) not in (None, "", [])]

    def job(self, at: datetime) -> Job | None:
        """It as dispatch reckons with it; None where it has no position. Where no time runs yet it has a day."""
        if self.place is None:
            return None
        due, ready = self.until or at + timedelta(days=1), self.agreed or at
        now = self.first and ready <= at  # nobody waits for an hour agreed for later while others need them
        return Job(self.case.number, self.place, self.skill, self.area, self.work.minutes, due, ready, now)


@dataclass(frozen=True, slots=True)
class Round:
    """Somebody's jobs in the order to take them: those with a place by the way and the time, then the others by area."""

    visits: tuple[tuple[Task, Visit], ...]
    elsewhere: tuple[Task, ...]
    start: Point | None

    @property
    def tasks(self) -> tuple[Task, ...]:
        """All of them, in order."""
        return (*(task for task, _ in self.visits), *self.elsewhere)


def actions_of(book: Rulebook) -> dict[str, Action]:
    """What whoever goes can do in a case of this procedure, in the rulebook's order."""
    work = book.field_work
    return {n: a for n, a in book.actions.items() if work and work.by in a.by and not a.opens}


def tasks(cases: Iterable[Case], meeting: Mapping[str, frozenset[str]]) -> list[Task]:
    """The cases as work, those that go first before those that press most. `meeting`: by rulebook version, the actions whose deadlines count."""
    listed = list(cases)
    pressing, until = dict[int, DutyRow](), dict[int, datetime]()
    rows = still_owed().filter(case__in=[c.pk for c in listed]).order_by("-due").select_related("case")
    for row in rows:
        book = catalogue.kept(row.case.digest).rulebook
        spec = book.deadlines[row.deadline]
        if book.field_work is not None and book.field_work.done in spec.met_by:
            until[row.case_id] = row.due
        if spec.not_before is None and meeting.get(row.case.digest, frozenset()) & set(spec.met_by):
            pressing[row.case_id] = row
    found = []
    for case in listed:
        book = catalogue.kept(case.digest).rulebook
        if book.field_work is not None:
            found.append(Task(case, book, book.field_work, pressing.get(case.pk), until.get(case.pk)))
    return sorted(found, key=lambda t: (not t.first, t.due is None, t.due or t.case.opened_at, t.case.number))


def goes(user: User) -> bool:
    """Whether this person is somebody who is sent out: by a mandate of their organisation."""
    return any((b.id.split("/")[0], b.field_work.by) in user.mandated for b in in_use() if b.field_work)


def in_use() -> list[Rulebook]:
    """The rulebooks in force that have field work."""
    return [e.rulebook for e in catalogue.in_force().values() if e.rulebook.field_work is not None]


def is_theirs(user: User, case: Case) -> bool:
    """Whether this person is the one sent out in this case."""
    work = catalogue.kept(case.digest).rulebook.field_work
    return work is not None and Assignment.objects.filter(case=case, role=work.by, user=user).exists()


def mine(user: User, at: datetime) -> list[Task]:
    """What this person was sent to do and has not handed back: the cases that an act of theirs still moves on."""
    found, meeting = [], dict[str, frozenset[str]]()
    for case in visible(user, at).filter(ended=False, assignments__user=user).distinct():
        if not is_theirs(user, case):
            continue
        actions = actions_of(catalogue.kept(case.digest).rulebook)
        meeting[case.digest] = frozenset(actions)
        if any(case.state in a.since and a.to for a in actions.values()):
            found.append(case)
    return tasks(found, meeting)


def in_order(mine: Iterable[Task], start: Point | None, at: datetime) -> Round:
    """The jobs of one person in the order that dispatch would give them to somebody with nothing else to do."""
    by_number = {t.case.number: t for t in mine}
    jobs = [j for t in by_number.values() if (j := t.job(at)) is not None]
    elsewhere = tuple(sorted((t for t in by_number.values() if t.place is None), key=lambda t: t.area))
    if not jobs:
        return Round((), elsewhere, start)
    begins = start or jobs[0].place
    skills, areas = frozenset(j.skill for j in jobs), frozenset(j.area for j in jobs)
    me = Engineer("", begins, skills, areas, at, at + timedelta(days=30))
    visits = propose(jobs, [me]).visits
    return Round(tuple((by_number[v.job.key], v) for v in visits), elsewhere, start)


@dataclass(frozen=True, slots=True)
class Bound:
    """The limit of one measure, and on which side of it a reading is good."""

    limit: int
    least: bool


def bounds(engine: Engine, case: State, name: str, actor: Actor, at: datetime) -> dict[str, Bound]:
    """The limit of each measure that an action's record can be of, where the rulebook works out from a choice and a whole
    number the limit (a whole number) and whether it is kept (yes or no); found by asking it on both sides.
    """
    spec = engine.rulebook.actions[name]
    of = engine.rulebook.facts[spec.adds].of if spec.adds else {}
    filled = {of[n].type: n for n in spec.fills if n in of}
    entered = [n for n, f in of.items() if n not in spec.fills and not f.optional]
    measures = [n for n in entered if of[n].type == "choice"]
    values = [n for n in entered if of[n].type == "integer"]
    if set(filled) != {"integer", "bool"} or len(measures) != 1 or len(values) != 1:
        return {}

    def reading(measure: str, value: int) -> Mapping[str, Any]:
        facts = {f"entry.{measures[0]}": measure, f"entry.{values[0]}": value}
        return engine.filled(case, Act(name, actor, at, facts))

    found = {}
    for measure in of[measures[0]].choices:
        limit = int(reading(measure, 0)[filled["integer"]])
        found[measure] = Bound(limit, bool(reading(measure, limit + 1)[filled["bool"]]))
    return found


__all__ = [
    "Bound", "Round", "Task", "actions_of", "bounds", "goes", "in_order", "in_use", "is_theirs", "mine", "point", "tasks",
]  # fmt: skip
