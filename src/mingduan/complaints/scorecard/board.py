"""A month as people look at it: everybody's place, and one contractor's card with every deduction and what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from mingduan.cases import catalogue
from mingduan.cases.models import Case
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import State
from mingduan.procedure.text import Text

from .card import Card, Item, MeanHandling, Section
from .cards import due, month_of
from .preview import preview
from .settle import ContractorScore, ItemScore, Line, Settled, of_means
from .settlement import cases, settled
from .store import Ticket, tickets


@dataclass(frozen=True, slots=True)
class Place:
    """One contractor in a month. Points are in hundredths; `rank` among the `of` in its benchmarking group; no `case`: a
    preview.
    """

    contractor: str
    name: str
    group: str
    score: int
    rank: int
    of: int
    case: Case | None = None
    published: bool = False

    @property
    def state(self) -> State | None:
        """How far the settlement has come."""
        return catalogue.kept(self.case.digest).rulebook.states[self.case.state] if self.case else None


@dataclass(frozen=True, slots=True)
class Board:
    """A month: judged as of when, settled or only as it stands now, and everybody's place by group and rank."""

    card: Card
    first: date
    judged_at: datetime
    preview: bool
    places: tuple[Place, ...]
    result: Settled | None = None

    @property
    def groups(self) -> dict[str, list[Place]]:
        """Benchmarking group → its places."""
        found: dict[str, list[Place]] = {}
        for place in self.places:
            found.setdefault(place.group, []).append(place)
        return found

    def place(self, contractor: str) -> Place | None:
        """Where a contractor stands."""
        return next((p for p in self.places if p.contractor == contractor), None)


@dataclass(frozen=True, slots=True)
class Basis:
    """What a ticket was judged by: its urgency and its instants, and nothing of the customer's."""

    urgency: Text | None
    instants: tuple[tuple[Text, datetime | None], ...]


@dataclass(frozen=True, slots=True)
class Deduction:
    """One deduction: its ticket or record, or the month whose mean it is for; once settled, its entry's number and the contest of it.
    `basis`: what its ticket was judged by, told to those who may not open the ticket itself.
    """

    source: str
    at: datetime
    points: int
    note: str
    seq: int | None = None
    contest: dict[str, Any] | None = None
    of_month: bool = False
    basis: Basis | None = None

    @property
    def number(self) -> str:
        """The case it rests on: a ticket may be one round of it; none where it is a whole month's."""
        return "" if self.of_month else self.source.split("#")[0]

    @property
    def fallen(self) -> bool:
        """Whether it costs nothing any more: a contest was upheld."""
        return bool(self.contest and self.contest.get("upheld"))


@dataclass(frozen=True, slots=True)
class Took:
    """A ticket that counts in a mean, and how long it took."""

    source: str
    at: datetime
    took: timedelta

    @property
    def number(self) -> str:
        """Its case."""
        return self.source.split("#")[0]

    @property
    def hours(self) -> Decimal:
        """In hours."""
        return round(Decimal(int(self.took.total_seconds())) / 3600, 2)


@dataclass(frozen=True, slots=True)
class ItemRow:
    """An item of somebody's card: how often, what it cost, the most it can cost, and the deductions."""

    name: str
    item: Item
    score: ItemScore
    most: int
    deductions: tuple[Deduction, ...]
    tickets: tuple[Took, ...] = ()

    @property
    def hours(self) -> Decimal | None:
        """The mean in hours of an item that judges a mean; None without a ticket to judge."""
        return self.score.hours


@dataclass(frozen=True, slots=True)
class Part:
    """A section of somebody's card, what it cost in all, and its items."""

    section: Section
    lost: int
    items: tuple[ItemRow, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """One contractor's card of a month."""

    board: Board
    place: Place
    parts: tuple[Part, ...]


def board(card: Card, first: date, now: datetime) -> Board:
    """The month beginning on `first`: as it was settled, or, until then, as it stands now."""
    day = due(card, first)
    if found := [c for c in cases(card, first) if "score" in c.facts]:
        return Board(card, first, datetime.fromisoformat(found[0].facts["judged_at"]), False, tuple(_settled(found)))
    judged, result, whom = preview(card, first, min(now, day))
    sizes = [s.group for s in result.scores]
    places = tuple(
        Place(s.contractor, whom[s.contractor].name, s.group, s.score, s.rank, sizes.count(s.group))
        for s in result.scores
    )
    return Board(card, first, judged, True, places, result)


def sheet(found: Board, place: Place) -> Sheet:
    """One contractor's card. Raises LookupError where what it was worked out from has been destroyed."""
    if place.case is not None:
        result, score = settled(place.case)
        lines = list(_kept(place.case, result.card))
    elif found.result is not None:
        result = found.result
        score = next(s for s in result.scores if s.contractor == place.contractor)
        month = result.month
        lines = [(x.item, _shown(x)) for x in result.lines.of(place.contractor)]
        lines += [(x.item, _shown(x, of_month=True)) for x in of_means(result.card, month, score)]
    else:
        raise LookupError(place.contractor)
    return Sheet(found, place, tuple(_parts(result, score, lines)))


def months(card: Card, now: datetime) -> list[str]:
    """The months there is something to see of, latest first: the running one, the one before, and all settled."""
    today = now.date()
    running, before = f"{today:%Y-%m}", f"{(today.replace(day=1) - date.resolution):%Y-%m}"
    told = Case.objects.filter(**{"facts__card.id": card.id}).values_list("facts__month", flat=True)
    return sorted({running, before, *(m for m in told if m)}, reverse=True)


def _settled(found: list[Case]) -> Iterator[Place]:
    scores = [(c, str(c.facts.get("group", "")), int(Decimal(c.facts["score"]) * 100)) for c in found]
    for case, group, score in sorted(scores, key=lambda s: (s[1], -s[2], s[0].title)):
        rivals = [other for _, g, other in scores if g == group]
        party = next(p for p in case.parties.all() if p.organisation_id)
        book = catalogue.kept(case.digest).rulebook
        published = "publish" not in book.reachable[case.state]
        rank = 1 + sum(other > score for other in rivals)
        yield Place(str(party.organisation_id), party.name, group, score, rank, len(rivals), case, published)


def _parts(result: Settled, score: ContractorScore, lines: list[tuple[str, Deduction]]) -> Iterator[Part]:
    card, scored = result.card, {i.item: i for i in score.items}
    month = month_of(result.month.first, result.month.as_of.replace(tzinfo=TZ))
    held = {t.ticket: t for t in tickets(card, month)}
    lines = [(item, replace(d, basis=_basis(card, held.get(d.source)))) for item, d in lines]
    theirs = [t for t in held.values() if t.contractor == score.contractor]
    means = {n: tuple(_took(theirs, item.mean)) for n, item in card.items.items() if item.mean}
    for name, section in card.sections.items():
        rows = tuple(
            ItemRow(
                n, card.items[n], scored[n], card.most(n), tuple(d for item, d in lines if item == n), means.get(n, ())
            )
            for n in card.by_section[name]
        )
        yield Part(section, score.sections[name], rows)


def _took(theirs: Iterable[Ticket], mean: MeanHandling) -> Iterator[Took]:
    """The tickets that count in a contractor's mean, the longest first."""
    found = [
        Took(t.ticket, t.dispatched_at, until - since)
        for t in theirs
        if (since := getattr(t, mean.since)) is not None and (until := getattr(t, mean.until)) is not None
    ]
    yield from sorted(found, key=lambda t: (-t.took, t.source))


_INSTANTS = {
    "dispatched_at": Text(zh="派单", en="Dispatched"),
    "assigned_at": Text(zh="改派", en="Reassigned"),
    "accepted_at": Text(zh="签收", en="Accepted"),
    "replied_at": Text(zh="最终回复", en="Final reply"),
    "analysed_at": Text(zh="故障分析", en="Fault analysis"),
}


def _basis(card: Card, ticket: Ticket | None) -> Basis | None:
    """What a ticket was judged by; a reassignment only where there was one, an analysis only where one was owed."""
    if ticket is None:
        return None
    left_out = {
        *(["assigned_at"] if ticket.assigned_at == ticket.dispatched_at else []),
        *([] if ticket.suspected_fault else ["analysed_at"]),
    }
    instants = tuple((words, getattr(ticket, n)) for n, words in _INSTANTS.items() if n not in left_out)
    return Basis(card.urgencies.get(ticket.urgency), instants)


def _shown(line: Line, *, of_month: bool = False) -> Deduction:
    return Deduction(line.source, line.at, line.points, line.note, of_month=of_month)


def _kept(case: Case, card: Card) -> Iterator[tuple[str, Deduction]]:
    """The deductions as they were entered, each with the contest of it."""
    contests = {c["line"]: c for c in case.facts.get("contests", ())}
    for line in case.facts.get("lines", ()):
        at = datetime.fromisoformat(line["happened_at"]).replace(tzinfo=None)
        cost = int(Decimal(line["points"]) * 100)
        yield (
            line["key"],
            Deduction(
                line["source"],
                at,
                cost,
                line.get("note", ""),
                line["seq"],
                contests.get(line["seq"]),
                card.items[line["key"]].mean is not None,
            ),
        )
