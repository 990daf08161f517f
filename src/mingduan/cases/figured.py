"""Figures over many cases by class, level, area, channel, company and time: counted by the database in one query.

Which facts, deadlines and acts they are made of is in each rulebook (`figures`). A case is punctual when none of the deadlines
named there was missed; it counts once one of them has fallen due or been met.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import Case as Choose
from django.db.models import (
    CharField,
    Count,
    DateTimeField,
    DurationField,
    ExpressionWrapper,
    F,
    IntegerField,
    Max,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast, Coalesce, TruncMonth, TruncWeek

from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.uses import Figured

from . import catalogue
from .models import Case, DutyRow, EventRow, Party

PARTS = ("class", "level", "area", "channel", "company")
NARROWS = (*PARTS, "came_since", "came_until", "punctual", "content")


@dataclass(frozen=True, slots=True)
class Sums:
    """How many cases; how many fell due and how many of them were kept; how many ended, after how long in all; how many
    customers said how it went, and how many were content.
    """

    cases: int = 0
    due: int = 0
    kept: int = 0
    ended: int = 0
    took: timedelta = timedelta()
    answered: int = 0
    content: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.cases + other.cases, self.due + other.due, self.kept + other.kept, self.ended + other.ended,
            self.took + other.took, self.answered + other.answered, self.content + other.content,
        )  # fmt: skip

    @property
    def punctual(self) -> float | None:
        """The share kept, in percent."""
        return 100 * self.kept / self.due if self.due else None

    @property
    def hours(self) -> float | None:
        """The mean handling time, in hours."""
        return self.took.total_seconds() / 3600 / self.ended if self.ended else None

    @property
    def satisfied(self) -> float | None:
        """The share content among those who answered, in percent."""
        return 100 * self.content / self.answered if self.answered else None


@dataclass(frozen=True, slots=True)
class Cell:
    """The figures of one procedure, one span of time and one value of each part ("" where a case has none)."""

    rulebook: str
    begins: date
    parts: Mapping[str, str]
    sums: Sums


def figured() -> Mapping[str, Rulebook]:
    """The rulebooks in force that say of what figures are made, by id."""
    return {name: e.rulebook for name, e in catalogue.in_force().items() if e.rulebook.figures is not None}


def cells(cases: QuerySet[Case], since: date, until: date, at: datetime, *, monthly: bool = False) -> list[Cell]:
    """The figures of these cases that came up from `since` to `until`, by week (from Monday) or month, as known at `at`."""
    books = figured()
    trunc = TruncMonth if monthly else TruncWeek
    named = {f"in_{p}": _part(books, p) for p in PARTS}
    rows = (
        narrowed(cases, {"came_since": since.isoformat(), "came_until": until.isoformat()}, at)
        .order_by()
        .alias(came=_came(books), ended_at=_ended(books), how=_kept(books, at))
        .annotate(begins=trunc("came", tzinfo=TZ), **named)
        .values("rulebook", "begins", *named)
        .annotate(
            n=Count("pk"), due=Count("pk", filter=Q(how__gte=1)), kept=Count("pk", filter=Q(how=1)), ended=Count("ended_at"),
            took=Sum(ExpressionWrapper(F("ended_at") - F("came"), output_field=DurationField())),
            answered=Count("pk", filter=_answered(books)), happy=Count("pk", filter=_content(books)),
        )
    )  # fmt: skip
    return [
        Cell(
            r["rulebook"], r["begins"].astimezone(TZ).date(), {p: r[f"in_{p}"] or "" for p in PARTS},
            Sums(r["n"], r["due"], r["kept"], r["ended"], r["took"] or timedelta(), r["answered"], r["happy"]),
        )
        for r in rows
    ]  # fmt: skip


def narrowed(cases: QuerySet[Case], wanted: Mapping[str, str], at: datetime) -> QuerySet[Case]:
    """Of these cases those of which figures are made and which are as `wanted` says: a value for any of NARROWS, `punctual`
    and `content` being yes or no. What can't be read asks nothing.
    """
    books = figured()
    cases = cases.filter(rulebook__in=list(books))
    for part in PARTS:
        if value := wanted.get(part):
            cases = cases.alias(**{f"is_{part}": _part(books, part)}).filter(**{f"is_{part}": value})
    since, until = (_day(wanted.get(n, "")) for n in ("came_since", "came_until"))
    if since or until:
        cases = cases.filter(_came_between(books, since, until))
    if (punctual := wanted.get("punctual")) in ("yes", "no"):
        cases = cases.alias(how=_kept(books, at)).filter(how=1 if punctual == "yes" else 2)
    if (content := wanted.get("content")) in ("yes", "no"):
        cases = cases.filter(_content(books) if content == "yes" else _answered(books) & ~_content(books))
    return cases


def placed(body: str, since: date, until: date) -> list[tuple[str, str, datetime]]:
    """Position, address and instant of every case of a body that came up in those days and has a position."""
    books = {n: b for n, b in figured().items() if n.startswith(f"{body}/") and b.figures and b.figures.position}
    found = Case.objects.filter(_came_between(books, since, until)).order_by("pk")
    position = _text_of(books, lambda f: f.position)
    address = _text_of(books, lambda f: f.address)
    rows = found.alias(came=_came(books)).annotate(where=position, called=address, when=F("came"))
    return [(w, c or "", at) for w, c, at in rows.values_list("where", "called", "when") if w]


def _text(name: str) -> Cast:
    return Cast(KeyTextTransform(name, "facts"), TextField())


def _by(
    books: Mapping[str, Rulebook], of: Callable[[Rulebook], Any], make: Callable[[Any], Any], output: Any, default: Any = None
) -> Choose:  # fmt: skip
    """What `make` makes of what each rulebook says; rulebooks that say the same are one branch."""
    said: dict[Any, list[str]] = {}
    for name, book in books.items():
        if got := of(book):
            said.setdefault(got, []).append(name)
    whens = [When(rulebook__in=ids, then=make(got)) for got, ids in said.items()]
    return Choose(*whens, default=default, output_field=output)


def _figures(book: Rulebook) -> Figured:
    assert book.figures is not None  # noqa: S101  `figured` has seen to it
    return book.figures


def _text_of(books: Mapping[str, Rulebook], of: Callable[[Figured], str | None]) -> Choose:
    return _by(books, lambda b: of(_figures(b)), _text, TextField())


def _part(books: Mapping[str, Rulebook], part: str) -> Combinable:
    """The value by which cases are told apart."""
    if part != "company":
        return Coalesce(_text_of(books, lambda f: f.by.get(part)), Value(""), output_field=TextField())  # type: ignore[call-overload]  # a part is one of the names
    roles = {n: b for n, b in books.items() if _figures(b).company in b.roles}
    texts = {n: b for n, b in books.items() if n not in roles}
    engaged = _by(roles, lambda b: _figures(b).company, lambda r: Subquery(
        Party.objects.filter(case=OuterRef("pk"), role=r, joined_from="").order_by("pk").values("name")[:1]), CharField())  # fmt: skip
    return Coalesce(engaged, _text_of(texts, lambda f: f.company), Value(""), output_field=TextField())


def _came(books: Mapping[str, Rulebook]) -> Choose:
    """When the matter came up."""
    return _by(books, lambda b: _figures(b).came, _instant, DateTimeField(), F("opened_at"))


def _instant(fact: str) -> Cast:
    return Cast(_text(fact), DateTimeField())


def _came_between(books: Mapping[str, Rulebook], since: date | None, until: date | None) -> Q:
    """Those that came up in these days, both included; by the case's own column where it can be."""
    span: dict[str, datetime] = {}
    if since:
        span["gte"] = _starts(since)
    if until:
        span["lt"] = _starts(until + timedelta(days=1))
    told: dict[str, list[str]] = {}
    for name, book in books.items():
        told.setdefault(_figures(book).came or "", []).append(name)
    wanted = Q(pk__in=())
    for fact, ids in told.items():
        if not fact:
            wanted |= Q(rulebook__in=ids, **{f"opened_at__{k}": v for k, v in span.items()})
        else:
            inside = Case.objects.filter(rulebook__in=ids).alias(came=_instant(fact)).filter(**{f"came__{k}": v for k, v in span.items()})  # fmt: skip
            wanted |= Q(pk__in=inside.values("pk"))
    return wanted


def _ended(books: Mapping[str, Rulebook]) -> Choose:
    """When handling ended: the first of what the rulebook names."""

    def first(names: tuple[str, ...]) -> Combinable:
        book = next(b for b in books.values() if _figures(b).ends == names)
        instants = [_instant(n) for n in names if n in book.facts]
        acts = [n for n in names if n not in book.facts]
        if acts:
            done = EventRow.objects.filter(case=OuterRef("pk"), action__in=acts).order_by("seq").values("at")[:1]
            instants.append(Cast(Subquery(done), DateTimeField()))
        return Coalesce(*instants) if len(instants) > 1 else instants[0]

    return _by(books, lambda b: _figures(b).ends, first, DateTimeField())


def _kept(books: Mapping[str, Rulebook], at: datetime) -> Combinable:
    """How a case kept the deadlines that count: 2 missed one, 1 kept all that fell due, 0 none has fallen due yet.

    The duties are found by case and deadline alone: asked for their standing as well, SQLite walks all late ones each time.
    """
    how = Choose(
        When(Q(status__in=("late", "met_late")) | Q(status="open", due__lt=at), then=Value(2)),
        When(status="met", then=Value(1)), default=Value(0), output_field=IntegerField(),
    )  # fmt: skip

    def worst(names: tuple[str, ...]) -> Subquery:
        duties = DutyRow.objects.filter(case=OuterRef("pk"), deadline__in=names).order_by()
        return Subquery(duties.values("case").annotate(worst=Max(how)).values("worst"))

    return _by(books, lambda b: _figures(b).due, worst, IntegerField())


def _answered(books: Mapping[str, Rulebook]) -> Q:
    return _said(books, lambda b, f: tuple(b.facts[f.satisfaction].choices) if f.satisfaction else ())


def _content(books: Mapping[str, Rulebook]) -> Q:
    return _said(books, lambda b, f: f.content)


def _said(books: Mapping[str, Rulebook], among: Callable[[Rulebook, Figured], tuple[str, ...]]) -> Q:
    """Cases whose customer made one of these choices."""
    told: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for name, book in books.items():
        figures = _figures(book)
        if figures.satisfaction:
            told.setdefault((figures.satisfaction, among(book, figures)), []).append(name)
    found = Q(pk__in=())
    for (fact, values), ids in told.items():
        found |= Q(rulebook__in=ids, **{f"facts__{fact}__in": values})
    return found


def _starts(day: date) -> datetime:
    return datetime.combine(day, time(), TZ)


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written)
    except ValueError:
        return None
