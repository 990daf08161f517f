"""Figures about the cases of a body over a time: how many, how fast, how punctual, with what outcome, by whom.

Everything is asked of the database in a fixed number of queries and read off each procedure's shape.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from operator import attrgetter

import numpy as np
from django.db.models import Count, Q, QuerySet, TextField
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, TruncMonth

from mingduan.people.models import User
from mingduan.procedure import landmarks
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Choice, Deadline, Fact, Role, Rulebook

from . import catalogue
from .models import Assignment, Case, DutyRow, EventRow
from .queries import by_version, either, running

BUCKETS = (10, 20, 30, 45, 60, 90)


@dataclass(frozen=True, slots=True)
class Punctual:
    """How a deadline, or a role, was kept: in time, late, and not at all by now."""

    name: str
    spec: Deadline | Role
    book: Rulebook
    met: int
    met_late: int
    late: int

    @property
    def all(self) -> int:
        """How many fell due."""
        return self.met + self.met_late + self.late

    @property
    def rate(self) -> float:
        """The share in time, in percent."""
        return 100 * self.met / self.all if self.all else 100.0


@dataclass(frozen=True, slots=True)
class Share:
    """How often a choice was made: an outcome, a ground."""

    name: str
    choice: Choice
    book: Rulebook
    count: int


@dataclass(frozen=True, slots=True)
class Lengths:
    """From opening to decision, in working days, of the cases of a procedure decided in the time."""

    book: Rulebook
    count: int
    median: float
    ninth: int
    longest: int


@dataclass(frozen=True, slots=True)
class Month:
    """How many cases were opened and how many decided in a month."""

    first: date
    opened: int
    decided: int


@dataclass(frozen=True, slots=True)
class Load:
    """What a person carries: cases they are appointed to and not yet decided, and what they did in the time."""

    user: User
    appointed: int
    acts: int


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it."""

    opened: int
    decided: int
    pending: int
    late: int
    stayed: int
    again: int
    months: tuple[Month, ...]
    deadlines: tuple[Punctual, ...]
    roles: tuple[Punctual, ...]
    lengths: tuple[Lengths, ...]
    spread: tuple[tuple[int, int | None, int], ...]
    outcomes: tuple[Share, ...]
    grounds: tuple[Share, ...]
    load: tuple[Load, ...]

    @property
    def rate(self) -> float | None:
        """The share of duties done in time, in percent; None when none fell due."""
        due = sum(p.all for p in self.deadlines)
        return 100 * sum(p.met for p in self.deadlines) / due if due else None


def counted(cases: QuerySet[Case], rulebook: str = "") -> QuerySet[Case]:
    """The cases that figures are of: those of the procedure asked for, or all that were handled here. What was only entered
    (a certificate of before) would count as decided within a day.
    """
    if rulebook:
        return cases.filter(rulebook=rulebook)
    return cases.filter(either(Q(state__in=s, digest__in=d) for s, d in by_version(landmarks.handled)))


def figures(cases: QuerySet[Case], since: date, until: date, at: datetime) -> Figures:
    """The figures of these cases from `since` to `until`, both local days included, as known at `at`."""
    begins, ends = _starts(since), _starts(until + timedelta(days=1))
    opened = cases.filter(opened_at__gte=begins, opened_at__lt=ends)
    decided = _decisions(cases, begins, ends)
    duties = _duties(cases, begins, ends, at)
    return Figures(
        opened=opened.count(), decided=len(decided),
        pending=cases.filter(_waiting()).count(),
        late=cases.filter(pk__in=running().filter(due__lt=at).values("case")).count(),
        stayed=cases.filter(stayed=True).count(),
        again=opened.filter(facts__round__gt=1).count(),
        months=_months(opened, decided, since, until),
        deadlines=_punctual(duties, by_role=False), roles=_punctual(duties, by_role=True),
        lengths=_lengths(decided), spread=_spread(decided),
        outcomes=_shares(cases.filter(pk__in=[d.case for d in decided]), attrgetter("outcome")),
        grounds=_shares(opened, landmarks.grounds_fact), load=_load(cases, begins, ends),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Decision:
    case: int
    digest: str
    opened: date
    decided: date

    @property
    def days(self) -> int:
        return WorkingCalendar.china().count(self.opened, self.decided)


def _decisions(cases: QuerySet[Case], begins: datetime, ends: datetime) -> list[_Decision]:
    """The decisions of the time; of a case decided more than once, the first."""
    rows = (
        EventRow.objects.filter(
            either(Q(case__digest__in=d, action__in=sorted(names)) for names, d in by_version(landmarks.deciding)),
            case__in=cases,
        )
        .order_by("case", "seq")
        .values_list("case", "case__digest", "case__opened_at", "at")
    )
    first: dict[int, _Decision] = {}
    for case, digest, opened, written in rows:
        decided = datetime.fromisoformat(str(written))
        if case not in first:
            first[case] = _Decision(case, digest, _day(opened), _day(decided))
    return [d for d in first.values() if begins <= _starts(d.decided) < ends]


def _duties(
    cases: QuerySet[Case], begins: datetime, ends: datetime, at: datetime
) -> list[tuple[str, str, str, str, int]]:
    """Version, deadline, owner, how it was kept, how often: of the duties that fell due in the time."""
    doors = either(Q(deadline__in=names, case__digest__in=d) for names, d in by_version(landmarks.openers))
    due = DutyRow.objects.filter(case__in=cases, due__gte=begins, due__lt=ends).exclude(doors)
    kept = due.filter(status__in=("met", "met_late"))
    owed = due.filter(status__in=("open", "late"), due__lt=at)
    found = [
        (*key, "late", n) for *key, n in owed.values_list("case__digest", "deadline", "owner").annotate(Count("id"))
    ]
    found += list(kept.values_list("case__digest", "deadline", "owner", "status").annotate(Count("id")))
    return [(digest, deadline, owner, status, n) for digest, deadline, owner, status, n in found]


def _punctual(duties: Iterable[tuple[str, str, str, str, int]], *, by_role: bool) -> tuple[Punctual, ...]:
    """By deadline or by role, the least punctual first."""
    sums: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    books: dict[str, Rulebook] = {}
    for digest, deadline, owner, status, n in duties:
        book = catalogue.kept(digest).rulebook
        books[book.id] = book
        sums[book.id, owner if by_role else deadline][status] += n
    made = []
    for (rulebook, name), counts in sums.items():
        book = books[rulebook]
        spec: Deadline | Role = book.roles[name] if by_role else book.deadlines[name]
        made.append(Punctual(name, spec, book, counts["met"], counts["met_late"], counts["late"]))
    return tuple(sorted(made, key=lambda p: (p.rate, -p.all, p.book.id, p.name)))


def _lengths(decided: Iterable[_Decision]) -> tuple[Lengths, ...]:
    days: dict[str, list[int]] = defaultdict(list)
    books: dict[str, Rulebook] = {}
    for d in decided:
        book = catalogue.kept(d.digest).rulebook
        books[book.id] = book
        days[book.id].append(d.days)
    return tuple(
        Lengths(books[name], len(found), float(np.median(found)), int(np.percentile(found, 90, method="inverted_cdf")), max(found))
        for name, found in sorted(days.items())
    )  # fmt: skip


def _spread(decided: Iterable[_Decision]) -> tuple[tuple[int, int | None, int], ...]:
    """How many decisions took so many working days: from, to (None: and more), count."""
    days = [d.days for d in decided]
    limits = [0, *BUCKETS]
    made: list[tuple[int, int | None, int]] = [
        (low + 1 if low else 0, high, sum((low < n or not low) and n <= high for n in days))
        for low, high in pairwise(limits)
    ]
    return (*made, (limits[-1] + 1, None, sum(n > limits[-1] for n in days)))


def _months(opened: QuerySet[Case], decided: Iterable[_Decision], since: date, until: date) -> tuple[Month, ...]:
    counted = (
        opened.annotate(month=TruncMonth("opened_at", tzinfo=TZ)).order_by().values_list("month").annotate(Count("id"))
    )
    came = {_day(month): n for month, n in counted if month is not None}
    went = Counter(d.decided.replace(day=1) for d in decided)
    months, first = [], since.replace(day=1)
    while first <= until:
        months.append(Month(first, came.get(first, 0), went[first]))
        first = (first + timedelta(days=31)).replace(day=1)
    return tuple(months)


def _shares(cases: QuerySet[Case], fact_of: Callable[[Rulebook], str | None]) -> tuple[Share, ...]:
    """How often each choice of the landmark's fact was made, by procedure, in the order the rulebook lists them."""
    books: Mapping[str, Rulebook] = {b.digest: b for b in catalogue.in_use()}
    counts: Counter[tuple[str, str]] = Counter()
    for name in {n for b in books.values() if (n := fact_of(b))}:
        chosen = Cast(KeyTextTransform(name, "facts"), TextField())
        for digest, value, count in cases.order_by().values_list("digest", chosen).annotate(Count("id")):
            if value and fact_of(books[digest]) == name:
                counts[digest, value] += count
    merged: Counter[tuple[str, str]] = Counter()
    by_id = {book.id: book for book in books.values()}
    for (digest, value), count in counts.items():
        merged[books[digest].id, value] += count
    made = []
    for (rulebook, value), count in merged.items():
        fact: Fact = by_id[rulebook].facts[fact_of(by_id[rulebook]) or ""]
        if value in fact.choices:
            share = Share(value, fact.choices[value], by_id[rulebook], count)
            made.append((rulebook, list(fact.choices).index(value), share))
    return tuple(share for *_, share in sorted(made, key=lambda m: m[:2]))


def _load(cases: QuerySet[Case], begins: datetime, ends: datetime) -> tuple[Load, ...]:
    """Who carries what, the busiest first."""
    open_ = cases.filter(_waiting())
    appointed = dict(
        Assignment.objects.filter(case__in=open_).order_by().values_list("user").annotate(Count("case", distinct=True))
    )
    done = (
        EventRow.objects.filter(case__in=cases)
        .filter(at__gte=_written(begins), at__lt=_written(ends))
        .order_by()
        .values_list("actor")
        .annotate(Count("id"))
    )
    acts = {int(actor): n for actor, n in done if actor and actor.isdigit()}
    bodies = {rulebook.split("/")[0] for rulebook in cases.order_by().values_list("rulebook", flat=True).distinct()}
    people = User.objects.filter(Q(pk__in=appointed) | Q(offices__body__in=bodies)).distinct()
    made = [Load(user, appointed.get(user.pk, 0), acts.get(user.pk, 0)) for user in people]
    return tuple(sorted(made, key=lambda x: (-x.appointed, -x.acts, str(x.user))))


def _waiting() -> Q:
    """Cases from which a decision can still come."""
    pairs = [*by_version(landmarks.waits_for_acceptance), *by_version(landmarks.waits_for_decision)]
    return either(Q(state__in=states, digest__in=digests) for states, digests in pairs)


def _day(at: datetime) -> date:
    return at.astimezone(TZ).date()


def _starts(day: date) -> datetime:
    return datetime.combine(day, time(), TZ)


def _written(at: datetime) -> str:
    """An instant as events write it, to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
