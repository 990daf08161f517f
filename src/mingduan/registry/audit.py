"""Proof that the register is what the events of all cases give, certificate by certificate."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mingduan.cases.faults import Fault
from mingduan.cases.models import Case, EventRow
from mingduan.procedure.case import Event

from . import life
from .life import TIME, Change, Held, Source
from .models import Announcement, Certificate, Entry
from .register import changes, load


class Folded:
    """The register as the events give it, in memory."""

    def __init__(self) -> None:
        self.held: dict[str, Held] = {}
        self.by_source: dict[Source, set[str]] = {}
        self.by_holder: dict[tuple[int, str], set[str]] = {}

    def get(self, number: str) -> Held | None:
        return self.held.get(number)

    def touched(self, source: Source) -> Sequence[Held]:
        return [self.held[n] for n in sorted(self.by_source.get(source, ()))]

    def rivals(self, holder: int, specialty: str) -> Sequence[Held]:
        return [h for n in sorted(self.by_holder.get((holder, specialty), ())) if (h := self.held[n]).in_force]

    def put(self, held: Held) -> None:
        """Keep a certificate as it is now."""
        self.held[held.number] = held
        self.by_source.setdefault(held.present.source, set()).add(held.number)
        self.by_holder.setdefault((held.holder, held.specialty), set()).add(held.number)


def fold() -> tuple[Folded, list[tuple[str, str, int]]]:
    """The register and its announcements (title, case, entry), from nothing but the changes that events told."""
    folded, announced = Folded(), []
    for row in Entry.objects.order_by("id").iterator(chunk_size=500):
        change = as_change(row)
        if change.effect == "announce":
            announced.append((change.text("title"), row.case_number, row.seq))
        for held in life.apply(folded, change):
            folded.put(held)
    return folded, announced


def as_change(row: Entry) -> Change:
    """An entry as the change it keeps."""
    source = Source(row.case_number, row.seq)
    return Change(row.values["effect"], row.values, row.at, source, row.holder_id, row.auditing_body)


def verify() -> Iterator[Fault]:
    """Every entry that is not what its event told, and every certificate and announcement that is not what they give."""
    yield from _entries()
    folded, announced = fold()
    unseen = dict(folded.held)
    rows = Certificate.objects.prefetch_related("standings", "conclusions").order_by("id")
    for row in rows.iterator(chunk_size=500):
        stored, wanted = load(row), unseen.pop(row.number, None)
        if wanted is None:
            yield Fault(row.case_number, row.seq, f"证书{row.number}没有记录为据")
        elif _written(stored) != _written(wanted):
            yield Fault(row.case_number, row.seq, f"证书{row.number}与记录折算的结果不符")
        elif (row.status, row.holder_name, row.holder_address, row.scope) != (
            (p := stored.present).status, p.name, p.address, p.scope,
        ):  # fmt: skip
            yield Fault(row.case_number, row.seq, f"证书{row.number}的现状与其历史不符")
    for held in unseen.values():
        yield Fault(held.source.case, held.source.seq, f"登记簿缺少证书{held.number}")
    kept = Announcement.objects.order_by("id").values_list("title", "case_number", "seq")
    for title, case, seq in set(announced) ^ set(kept):
        yield Fault(case, seq, f"公告“{title}”与记录不符")


def _entries() -> Iterator[Fault]:
    """Entries and events tell the same changes; of a file that has been destroyed only the entries are left."""
    kept = {(e.case_number, e.seq, e.place): as_change(e) for e in Entry.objects.iterator(chunk_size=500)}
    told = EventRow.objects.filter(stored__has_key="registers").select_related("case").prefetch_related("case__parties")
    for row in told.iterator(chunk_size=500):
        for place, change in enumerate(changes(row.case, Event.from_json(row.body))):
            if kept.pop((row.case.number, row.seq, place), None) != change:
                yield Fault(row.case.number, row.seq, "登记记录与案件记录不符")
    gone = set(Case.objects.exclude(disposal=None).values_list("number", flat=True)) if kept else set()
    for case, seq, _ in kept:
        if case not in gone:
            yield Fault(case, seq, "登记记录没有案件记录为据")


def _written(held: Held) -> Held:
    """The certificate without an expiry at the end of its history: whether that is written down yet is a matter of when
    the worker last ran.
    """
    if held.present.source != TIME:
        return held
    return replace(held, spans=(*held.spans[:-2], replace(held.spans[-2], until=None)))
