"""The scorecards in force, and what each says of a month: as it stands now, or as it was settled."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time
from functools import lru_cache
from pathlib import Path

import ibis
from django.conf import settings

from mingduan.cases import catalogue
from mingduan.procedure.loading import RulebookError
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.text import Text

from .card import Card, load, whole
from .expression import Month
from .settle import Settled, worked_out
from .store import Member, inputs, reads_of

_log = logging.getLogger(__name__)
_last_good: dict[str, Card] = {}


def in_force() -> dict[str, Card]:
    """Id → scorecard, for every file that reads the case store, in order of id; a file with a mistake stays as it last was."""
    found = {}
    for file in sorted(Path(settings.SCORECARDS_DIR).rglob("*.yaml")):
        path = str(file)
        if (read := _from_file(path, _changed(file))) is not None:
            _last_good[path] = read
        good = _last_good.get(path)
        if good is not None and good.reads is not None:
            found[good.id] = good
    return found


def source(card: Card) -> bytes:
    """A card in force, written out as it is kept with what was settled by it. Raises LookupError when it is not there any more."""
    for file in sorted(Path(settings.SCORECARDS_DIR).rglob("*.yaml")):
        read = _from_file(str(file), _changed(file))
        if read is not None and read.digest == card.digest:
            return whole(file)
    raise LookupError(card.id)


def month_of(first: date, as_of: datetime) -> Month:
    """The month beginning on `first`, judged as of an instant."""
    return Month(first.replace(day=1), as_of.astimezone(TZ).replace(tzinfo=None, microsecond=0))


def due(card: Card, first: date) -> datetime:
    """When a month is settled: the beginning of the card's day of the next month."""
    after = Month(first, datetime.max).end
    return datetime.combine(after.date().replace(day=card.due_day), time(), TZ)


def worked(
    card: Card, month: Month, excused: Mapping[str, frozenset[str]] | None = None
) -> tuple[Settled, dict[str, Member]]:
    """A month worked out from the case store, and whom it is about by id."""
    read, whom = inputs(card, month, excused)
    calendar = catalogue.calendar(card.id.split("/")[0])
    return worked_out(card, ibis.duckdb.connect(), read, month, calendar), {m.contractor: m for m in whom}


def faults(card: Card, books: Mapping[str, Rulebook]) -> Iterator[Text]:
    """What the card reads that is not in the procedures it names."""
    reads = reads_of(card)
    wanted: tuple[tuple[str, list[str], list[str], list[str]], ...] = (
        (reads.tickets.rulebook, [reads.tickets.dispatched_at, reads.tickets.urgency, reads.tickets.suspected_fault],
         [d.act for d in (reads.tickets.accepted_at, reads.tickets.replied_at, reads.tickets.analysed_at)], [reads.tickets.contractor]),
        (reads.records.rulebook, [reads.records.item, reads.records.at, reads.records.persons, reads.records.points, reads.records.note],
         list(reads.records.unless), [reads.records.contractor]),
        (reads.roster.rulebook, [reads.roster.group, *reads.roster.contract, reads.roster.scope, reads.roster.qualification, reads.roster.staff], [reads.roster.since], [reads.roster.contractor]),
        (reads.roster.leaving, [], [reads.roster.left], [reads.roster.leaver]),
        (reads.settled_by, SETTLED_FACTS, SETTLED_ACTIONS, ["contractor"]),
    )  # fmt: skip
    for rulebook, facts, actions, roles in wanted:
        book = books.get(rulebook)
        if book is None:
            yield Text(zh=f"没有规则书“{rulebook}”", en=f"there is no rulebook “{rulebook}”")
            continue
        for kind, names, known in (
            ("事实", facts, book.facts),
            ("步骤", actions, book.actions),
            ("角色", roles, book.roles),
        ):
            for name in names:
                if name not in known:
                    yield Text(zh=f"{rulebook} 没有名为“{name}”的{kind}", en=f"{rulebook} has no “{name}”")
    yield from _choices(card, books)


def _choices(card: Card, books: Mapping[str, Rulebook]) -> Iterator[Text]:
    """A ticket's urgencies and a record's items must be the card's."""
    reads = reads_of(card)
    counted = {n for n, i in card.items.items() if i.records}
    for rulebook, fact, wanted in (
        (reads.tickets.rulebook, reads.tickets.urgency, set(card.urgencies)), (reads.records.rulebook, reads.records.item, counted),
    ):  # fmt: skip
        book = books.get(rulebook)
        if book is not None and fact in book.facts and (odd := wanted ^ set(book.facts[fact].choices)):
            names = "、".join(sorted(odd))
            yield Text(
                zh=f"{rulebook} 的“{fact}”与考核办法不一致：{names}",
                en=f"“{fact}” of {rulebook} and the card differ: {names}",
            )


SETTLED_FACTS = [
    "month", "card.id", "card.digest", "card.file", "judged_at", "score", "out_of", "breakdown", "group", "lines", "contests",
    "rescore_wanted",
]  # fmt: skip
SETTLED_ACTIONS = ["open", "enter_line", "tell", "contest", "decide", "rescore", "publish"]


def _changed(file: Path) -> int:
    """When a card last changed: its own file or, for a branch's, any it may extend."""
    return max(f.stat().st_mtime_ns for f in (file, *file.parent.parent.glob("*/*.yaml")))


@lru_cache(maxsize=64)
def _from_file(path: str, changed: int) -> Card | None:
    """The card of a file as it was when it last changed; None when there is a mistake, which is logged once."""
    try:
        card = load(Path(path))
    except RulebookError as error:
        _log.error("scorecard not in force: %s", error)
        return None
    if card.reads is not None:
        wrong = list(faults(card, {i: e.rulebook for i, e in catalogue.in_force().items()}))
        for text in wrong:
            _log.error("scorecard not in force: %s: %s", path, text.zh)
        if wrong:
            return None
    return card
