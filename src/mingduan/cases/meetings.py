"""When people come together: the meetings one may see, whose diaries they fill, and times that would do for a new one.

A meeting is whatever instant a deadline counts back from. Whether a time is lawful is never worked out here: each
candidate is put to the engine as the very act that would fix it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from mingduan.people.models import Absence, User
from mingduan.procedure import case as pure
from mingduan.procedure import landmarks
from mingduan.procedure import meeting as pure_meeting
from mingduan.procedure.case import Act, Actor, Reason, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Fact, Input, Rulebook

from . import catalogue
from .access import visible
from .models import Case, EventRow

STARTS = (time(9), time(10), time(14), time(15))  # within 9:00–17:00, the midday break left free
HORIZON = 120  # working days looked ahead


@dataclass(frozen=True, slots=True)
class Meeting:
    """One meeting: of which case, when, where, who is called; `off` when the case has gone another way since."""

    case: Case
    book: Rulebook
    fact: Fact
    starts_at: datetime
    ends_at: datetime
    place: str
    people: tuple[str, ...]
    off: bool

    @property
    def day(self) -> date:
        """The local day."""
        return self.starts_at.astimezone(TZ).date()


@dataclass(frozen=True, slots=True)
class Slot:
    """A time that would do: how much notice it leaves, and how many working days remain to the last lawful day."""

    starts_at: datetime
    notice: int
    spare: int

    @property
    def written(self) -> str:
        """As the form takes it."""
        return self.starts_at.astimezone(TZ).isoformat()


@dataclass(frozen=True, slots=True)
class Proposal:
    """Times that would do for a meeting; `before` and `after` say why not sooner and why not later."""

    name: str
    fact: Fact
    slots: tuple[Slot, ...]
    last: date | None
    before: tuple[Reason, ...]
    after: tuple[Reason, ...]
    busy: int

    @property
    def anchor(self) -> str:
        """The field's element on the form."""
        return "f-" + self.name.replace(".", "-")


def meetings(user: User, first: date, last: date, at: datetime, person: User | None = None) -> list[Meeting]:
    """The meetings from `first` to `last` that this reader may see, earliest first; only `person`'s when given."""
    cases = visible(user, at)
    if person is not None:
        cases = cases.filter(_called(person))
    found = [
        _meeting(case, name, at)
        for name in _names()
        for case in _between(cases, name, first, last).prefetch_related("parties", "assignments__user")
    ]
    return sorted((m for m in found if first <= m.day <= last), key=lambda m: (m.starts_at, m.case.number))


def absences(people: Iterable[User], first: date, last: date) -> list[Absence]:
    """Who of `people` is away between the two days."""
    return list(
        Absence.objects.filter(Q(until=None) | Q(until__gte=first), Q(since=None) | Q(since__lte=last), user__in=people, retracted_at=None)
        .select_related("user").order_by("since", "user__name")
    )  # fmt: skip


def propose(
    case: Case, state: pure.Case, engine: Engine, action: str, actor: Actor, at: datetime, n: int = 3
) -> Proposal | None:
    """The first `n` days, and the earliest time on each, at which the meeting that `action` fixes would be lawful and
    nobody of the parties, the panel or the actor is away or called elsewhere. None when it fixes no meeting.
    """
    book = engine.rulebook
    name = next((f for f in landmarks.meetings(book) if f in book.actions[action].asks), None)
    if name is None:
        return None
    today = at.astimezone(TZ).date()
    others = {i.name: _some(i, state.facts, today) for i in engine.inputs(action) if i.required and i.name != name}
    lawful: list[date] = []
    before: tuple[Reason, ...] = ()
    after: tuple[Reason, ...] = ()
    for ahead in range(1, HORIZON):
        day = engine.calendar.add(today, ahead)
        verdict = engine.decide(state, Act(action, actor, at, {**others, name: _at(day, STARTS[-1]).isoformat()}))
        if not isinstance(verdict, Refusal):
            lawful.append(day)
        elif lawful:
            after = verdict.reasons
            break
        else:
            before = before or verdict.reasons
            after = verdict.reasons
    diary = _Diary(case, actor, lawful)
    length = pure_meeting.length(book, {**state.facts, **engine.suggested(state, action, actor, at)}, name)
    slots: list[Slot] = []
    busy = 0
    for day in lawful:
        free = next((start for t in STARTS if diary.free(start := _at(day, t), length)), None)
        if free is None:
            busy += 1
        elif len(slots) < n:
            spare = engine.calendar.count(day, lawful[-1])
            slots.append(Slot(free, engine.calendar.count(today, day), spare))
    return Proposal(name, book.facts[name], tuple(slots), lawful[-1] if lawful else None, before, after, busy)


class _Diary:
    """When the people of a case are called elsewhere or away, on the days asked about."""

    def __init__(self, case: Case, actor: Actor, days: list[date]) -> None:
        self.taken: list[pure_meeting.Meeting] = []
        self.away: list[Absence] = []
        if not days:
            return
        parties = list(case.parties.all())
        users = {p.user_id for p in parties if p.user_id} | set(case.assignments.values_list("user_id", flat=True))
        users |= {int(actor.id)} if actor.id.isdigit() else set()
        organisations = {p.organisation_id for p in parties if p.organisation_id}
        first, last = days[0], days[-1]
        for name in _names():
            rest = _between(Case.objects.exclude(pk=case.pk), name, first, last).prefetch_related(
                "parties", "assignments"
            )
            for other in rest:
                called = {p.user_id for p in other.parties.all()} | {a.user_id for a in other.assignments.all()}
                same = called & users or {p.organisation_id for p in other.parties.all()} & organisations
                taken = _held(other, name)
                if (same or str(actor.id) == _set_by(other, name)) and not taken.off:
                    self.taken.append(taken)
        self.away = absences(User.objects.filter(pk__in=users), first, last)

    def free(self, start: datetime, length: timedelta) -> bool:
        """Whether a meeting so long could begin then."""
        day, end = start.astimezone(TZ).date(), start + length
        return not any(m.starts_at < end and start < m.ends_at for m in self.taken) and not any(
            a.on(day) for a in self.away
        )


def _names() -> list[str]:
    return sorted({name for book in catalogue.in_use() for name in landmarks.meetings(book)})


def _between(cases: QuerySet[Case], name: str, first: date, last: date) -> QuerySet[Case]:
    """Cases with this instant between the days, give or take one: it is kept as written, in any time zone."""
    return cases.alias(when=Cast(KeyTextTransform(name, "facts"), TextField())).filter(
        when__gte=(first - timedelta(days=1)).isoformat(), when__lt=(last + timedelta(days=2)).isoformat()
    )


def _meeting(case: Case, name: str, at: datetime) -> Meeting:
    book, held = catalogue.kept(case.digest).rulebook, _held(case, name)
    called = [p.name for p in case.parties.all()] + [str(a.user) for a in case.assignments.all()]
    return Meeting(
        case, book, book.facts[name], held.starts_at, held.ends_at, held.place, tuple(dict.fromkeys(called)),
        off=held.off and held.starts_at > at,
    )  # fmt: skip


def _held(case: Case, name: str) -> pure_meeting.Meeting:
    """The meeting as the stored case has it."""
    book = catalogue.kept(case.digest).rulebook
    return pure_meeting.told(book, case.facts, name, off=pure_meeting.off(book, case.state, case.stayed, name))


def _set_by(case: Case, name: str) -> str:
    """Who fixed the meeting."""
    book = catalogue.kept(case.digest).rulebook
    fixing = [n for n, a in book.actions.items() if name in a.asks]
    row = EventRow.objects.filter(case=case, action__in=fixing).order_by("-seq").first()
    return str(row.actor) if row else ""


def _called(person: User) -> Q:
    sides = Q(parties__user=person)
    if person.organisation_id is not None and not person.expert:
        sides |= Q(parties__organisation=person.organisation_id)
    return Q(pk__in=Case.objects.filter(sides | Q(assignments__user=person)).values("pk"))


def _some(item: Input, known: Mapping[str, Any], today: date) -> Any:
    """Something of the right type for an input that has no say in when a meeting may be."""
    if item.name in known:
        return known[item.name]
    kind = item.fact.type
    if kind == "choice":
        return next(iter(item.fact.choices))
    return {"bool": False, "integer": 0, "money": 0, "date": today.isoformat(), "files": [], "people": []}.get(
        kind, "—"
    )


def _at(day: date, start: time) -> datetime:
    return datetime.combine(day, start, TZ)
