"""Sending somebody out: the steps of dispatch that are somebody's to take, the work that waits in each, and for every job
whom to send, with the reasons, and what sending anybody else would mean.

A step engages a company (the dispatcher's) or appoints one of its people (its lead's). Nothing here writes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta

from django.db.models import QuerySet

from mingduan.cases import catalogue
from mingduan.cases.models import Assignment, Case
from mingduan.cases.panels import engageable
from mingduan.people.models import FieldWorker, Organisation, User
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Action, Choice, Rulebook
from mingduan.procedure.text import Text
from mingduan.procedure.uses import FieldWork

from .dispatch import Engineer, Point, Visit, propose, travel_minutes
from .fieldwork import ANY, Task, actions_of, in_use, tasks

AHEAD = 7  # days looked ahead for somebody's next shift


@dataclass(frozen=True, slots=True)
class Step:
    """One step of dispatch. `again`: to put somebody in the place of who was sent before."""

    book: Rulebook
    name: str
    again: bool = False

    @property
    def action(self) -> Action:
        """The action."""
        return self.book.actions[self.name]

    @property
    def work(self) -> FieldWork:
        """What goes out in these cases."""
        assert self.book.field_work is not None  # noqa: S101  only such rulebooks have steps
        return self.book.field_work

    @property
    def engine(self) -> Engine:
        """The engine of the procedure in force."""
        return catalogue.in_force()[self.book.id]

    @property
    def key(self) -> str:
        """How an address names it."""
        return f"{self.book.id}/{self.name}" + ("/again" if self.again else "")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be sent: when and where they are free, None where they are not (and `why`), and how many jobs they hold."""

    user: User
    worker: FieldWorker | None
    engineer: Engineer | None
    held: int
    why: Text | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """Somebody for a job: what is so about them there, and what would be wrong with sending them."""

    person: Person
    about: tuple[Text, ...]
    against: tuple[Text, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """A job with whom to send. `reasons`: why them, or why nobody."""

    task: Task
    proposed: Person | None
    visit: Visit | None
    reasons: tuple[Text, ...]
    offers: Sequence[Offer]


def steps(user: User) -> list[Step]:
    """The steps of dispatch this person may take, by office of the body or by mandate of their company."""
    offices, mandates = user.posts, user.mandated
    found = []
    for book in in_use():
        body, work = book.id.split("/")[0], book.field_work
        company = book.roles[work.by].within if work else None
        for name, action in book.actions.items():
            roles = {(body, r) for r in action.by}
            held = {(b, r) for b, r in mandates if r in book.mandated} | offices
            if action.opens or not roles & held:
                continue
            if action.engages is not None and action.engages == company:
                found.append(Step(book, name))
            elif work is not None and action.appoints == work.by:
                found += [Step(book, name), Step(book, name, again=True)]
    return found


def cases(step: Step, seen: QuerySet[Case]) -> QuerySet[Case]:
    """Of the cases somebody may see, those in which the step can be taken now."""
    found = seen.filter(rulebook=step.book.id, state__in=step.action.since, ended=False, stayed=False)
    if step.action.appoints is None:
        return found
    sent = Assignment.objects.filter(role=step.work.by).values("case")
    return found.filter(pk__in=sent) if step.again else found.exclude(pk__in=sent)


def waiting(step: Step, seen: QuerySet[Case]) -> list[Task]:
    """The jobs of a step, those that press most first: overdue ones lead."""
    listed = list(cases(step, seen))
    meets = {step.name} | (set(actions_of(step.book)) if step.again or step.action.engages is None else set())
    return tasks(listed, {c.digest: frozenset(meets) for c in listed})


def crew(step: Step, user: User, at: datetime) -> list[Person]:
    """Who can be sent: of one's own company where one appoints, of every company where one engages."""
    body, work = step.book.id.split("/")[0], step.work
    if step.action.engages:
        whose = User.objects.filter(organisation__in=companies(step))
    else:
        whose = User.objects.filter(organisation=user.organisation_id)
    users = list(
        whose.filter(mandates__body=body, mandates__role=work.by, is_active=True)
        .select_related("field_worker", "organisation").prefetch_related("absences").order_by("name", "pk").distinct()
    )  # fmt: skip
    held = _held(users, work.by)
    return [_person(u, held[u.pk], work.minutes, at) for u in users]


def companies(step: Step) -> list[Organisation]:
    """The companies that can be engaged, for a step that engages one."""
    return list(engageable(step.engine, step.action.engages)) if step.action.engages else []


def skills(books: Iterable[Rulebook]) -> dict[str, Choice]:
    """Every skill that work of these procedures can take."""
    found: dict[str, Choice] = {}
    for book in books:
        if book.field_work and book.field_work.skill:
            found |= book.facts[book.field_work.skill].choices
    return found


def shift(worker: FieldWorker, at: datetime) -> tuple[datetime, datetime] | None:
    """The rest of somebody's shift, or their next one: never on a day on which they are away."""
    today, away = at.astimezone(TZ).date(), list(worker.user.absences.all())
    for ahead in range(-1, AHEAD):
        day = today + timedelta(days=ahead)
        written = worker.shifts[day.weekday()] if len(worker.shifts) == 7 else ""
        if not written or any(a.on(day) for a in away):
            continue
        since, until = (datetime.combine(day, time.fromisoformat(part), TZ) for part in written.split("-"))
        if until <= since:
            until += timedelta(days=1)
        if until > at:
            return max(since, at), until
    return None


def rows(found: Sequence[Task], people: Sequence[Person], at: datetime, skill: str = ANY) -> list[Row]:
    """Each job with whom to send. `skill`: what is asked of jobs that name none yet."""
    by_key = {p.engineer.key: p for p in people if p.engineer is not None}
    jobs = {}
    for task in found:
        job = task.job(at)
        if job is not None:
            jobs[job.key] = job if job.skill else replace(job, skill=skill)
    proposal = propose(list(jobs.values()), [p.engineer for p in by_key.values() if p.engineer is not None])
    visits = {v.job.key: v for v in proposal.visits}
    nobody = {u.job.key: u.text for u in proposal.unplaced}
    known = skills(t.book for t in found)
    made = []
    for task in found:
        number, offers = task.case.number, [_offer(task, p, skill) for p in people]
        if (visit := visits.get(number)) is not None:
            reasons = tuple(_worded(r, known) for r in _told(task, visit))
            made.append(Row(task, by_key[visit.engineer.key], visit, reasons, offers))
        elif task.place is None:
            made.append(_by_area(task, offers))
        else:
            made.append(Row(task, None, None, (_worded(nobody[number], known),), offers))
    return made


def _told(task: Task, visit: Visit) -> Iterator[Text]:
    """The reasons for a visit that say something here: none about a skill nobody asked for, or a time that does not run yet."""
    skill, time_left, *others = visit.reasons
    if visit.job.skill:
        yield skill
    if task.until is not None:
        yield time_left
    yield from others


def _by_area(task: Task, offers: Sequence[Offer]) -> Row:
    """Whom to send to an address without a position: of those against whom nothing speaks, who knows the area and holds least."""
    told = Text(
        zh="没有经纬度，不计路程；按片区和在手工作推荐", en="no position, so no travel: by area and work in hand"
    )
    fit = [o for o in offers if not o.against]
    if not fit:
        return Row(
            task, None, None, (Text(zh="没有经纬度，也没有合适的人", en="no position, and nobody fits"),), offers
        )
    best = min(fit, key=lambda o: (task.area not in (o.person.worker.areas if o.person.worker else ()), o.person.held, o.person.user.pk))  # fmt: skip
    return Row(task, best.person, None, (told, *best.about), offers)


def _offer(task: Task, person: Person, skill: str) -> Offer:
    worker, wanted = person.worker, task.skill or skill
    about, against = [Text(zh=f"在手{person.held}件", en=f"{person.held} in hand")], [person.why] if person.why else []
    if worker is None:
        return Offer(person, tuple(about), tuple(against))
    if worker.latitude is not None and worker.longitude is not None and task.place is not None:
        far = round(travel_minutes(Point(worker.latitude, worker.longitude), task.place))
        about.insert(0, Text(zh=f"自驻点约{far}分钟", en=f"about {far} min from base"))
    if task.area:
        inside = task.area in worker.areas
        about.append(Text(zh="负责该片区", en="in this area") if inside else Text(zh="跨片区", en="from another area"))
    if wanted and wanted not in worker.skills:
        against.append(Text(zh="没有所需技能", en="lacks the skill"))
    return Offer(person, tuple(about), tuple(against))


def _person(user: User, held: int, minutes: int, at: datetime) -> Person:
    worker: FieldWorker | None = getattr(user, "field_worker", None)
    if worker is None:
        return Person(user, None, None, held, Text(zh="没有登记技能和班次", en="no skills or shifts kept"))
    if worker.latitude is None or worker.longitude is None:
        return Person(user, worker, None, held, Text(zh="没有驻点位置", en="no base on the map"))
    if (hours := shift(worker, at)) is None:
        return Person(user, worker, None, held, Text(zh="近七日没有班次", en="no shift within a week"))
    since, until = hours
    free = since + timedelta(minutes=held * minutes)
    if free >= until:
        return Person(user, worker, None, held, Text(zh="本班次已排满", en="the shift is full"))
    base, knows = Point(worker.latitude, worker.longitude), frozenset([*worker.skills, ANY])
    return Person(
        user, worker, Engineer(str(user.pk), base, knows, frozenset(worker.areas), free, until, held * minutes), held
    )


def _held(users: Sequence[User], role: str) -> Mapping[int, int]:
    """How many jobs each still has to hand back."""
    counted: Counter[int] = Counter()
    given = Assignment.objects.filter(user__in=users, role=role, case__ended=False).values_list("user", "case__state", "case__digest")  # fmt: skip
    for user, state, digest in given:
        counted[user] += any(state in a.since and a.to for a in actions_of(catalogue.kept(digest).rulebook).values())
    return counted


def _worded(reason: Text, known: Mapping[str, Choice]) -> Text:
    """A reason of dispatch with the skill in words: dispatch knows only its name."""
    for name, choice in known.items():
        reason = Text(
            zh=reason.zh.replace(f"“{name}”", f"“{choice.zh}”"), en=reason.en.replace(f"“{name}”", f"“{choice.en}”")
        )
    return reason
