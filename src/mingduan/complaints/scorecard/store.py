"""What the case store holds as a scorecard reads it: tickets and records of a month as they stood at an instant.

Everything comes from events before that instant, which never change: the same month judged as of the same instant gives
the same figures whenever it is asked for. Which procedures, facts and actions is in the card (`reads`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby
from typing import Any

import ibis
from django.db.models import Q

from mingduan.cases import catalogue, chain, sealing
from mingduan.cases.models import Case, EventRow, Party
from mingduan.people.models import Organisation
from mingduan.procedure.case import Event
from mingduan.procedure.period import TZ

from .card import Card, Done, Reads, RecordsOf, RosterOf, TicketsOf
from .expression import RECORDS, TICKETS, Inputs, Month

_KIND = ibis.schema({**TICKETS, "assigned_at": "timestamp"})


@dataclass(frozen=True, slots=True)
class Ticket:
    """One ticket: a case, or one round of a case that was reopened (`number#2`). Instants are local, without zone."""

    ticket: str
    contractor: str
    urgency: str
    dispatched_at: datetime
    assigned_at: datetime
    accepted_at: datetime | None
    replied_at: datetime | None
    analysed_at: datetime | None
    suspected_fault: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One record of conduct. Points in hundredths, None where it does not say."""

    record: str
    contractor: str
    item: str
    at: datetime
    persons: int | None
    points: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Member:
    """A contractor to be scored: its organisation's id, its name and its benchmarking group."""

    contractor: str
    name: str
    group: str


def inputs(
    card: Card, month: Month, excused: Mapping[str, frozenset[str]] | None = None
) -> tuple[Inputs, list[Member]]:
    """What a month is worked out from, as it stood at `month.as_of`, and whom it is about. Raises LookupError for a card
    that is for files only.
    """
    reads = reads_of(card)
    found = list(tickets(card, month))
    kept = list(records(card, month))
    whom = roster(_at_home(card, reads.roster), month, {t.contractor for t in found} | {r.contractor for r in kept})
    tables = (
        ibis.memtable([_row(t) for t in found], schema=_KIND) if found else ibis.memtable([], schema=_KIND),
        ibis.memtable([_row(r) for r in kept], schema=RECORDS),
        ibis.memtable([{"contractor": m.contractor, "group": m.group} for m in whom],
                      schema=ibis.schema({"contractor": "string", "group": "string"})),
    )  # fmt: skip
    return Inputs(*tables, excused=excused or {}), whom


def reads_of(card: Card) -> Reads:
    """Where the card's figures come from. Raises LookupError for a card that is for files only."""
    if card.reads is None:
        raise LookupError(card.id)
    return card.reads


def _at_home(card: Card, spec: RosterOf) -> RosterOf:
    """The roster under the body's own versions of entry and exit."""
    body = card.id.split("/")[0]
    own = {n: catalogue.of_body(body, getattr(spec, n)) for n in ("rulebook", "leaving")}
    return spec.model_copy(update=own)


def tickets(card: Card, month: Month) -> Iterator[Ticket]:
    """The tickets of the month, those of a branch under its own version of the procedure."""
    spec = reads_of(card).tickets
    rulebook = catalogue.of_body(card.id.split("/")[0], spec.rulebook)
    cases = Case.objects.filter(
        rulebook=rulebook, opened_at__lt=_aware(month.end), changed_at__gte=_aware(month.begin)
    )  # what has not changed since before the month was dispatched before it
    for number, events in _told(cases, month):
        rounds = list(_rounds(spec, events))
        for n, one in enumerate(rounds, 1):
            if one.contractor and one.dispatched_at and month.begin <= _local(one.dispatched_at) < month.end:
                yield one.ticket(number if n == 1 else f"{number}#{n}", spec)


def records(card: Card, month: Month) -> Iterator[Record]:
    """The records of conduct of the month that stood at `month.as_of`."""
    spec = reads_of(card).records
    rulebook = catalogue.of_body(card.id.split("/")[0], spec.rulebook)
    cases = Case.objects.filter(rulebook=rulebook, opened_at__gte=_aware(month.begin))
    for number, events in _told(cases, month):
        if (record := _record(number, spec, events)) is not None and month.begin <= record.at < month.end:
            yield record


def roster(spec: RosterOf, month: Month, others: Iterable[str] = ()) -> list[Member]:
    """The contractors at work in the month, and `others` that have a ticket or record in it, in order of name."""
    groups: dict[str, str] = {}
    for case in _with(spec.rulebook, spec.since, until=month.end).order_by("opened_at"):
        party = case.parties.filter(role=spec.contractor, organisation__isnull=False).first()
        if party is not None:
            groups[str(party.organisation_id)] = _group(case, spec, month)
    for case in _with(spec.leaving, spec.left, until=month.begin):
        gone = Party.objects.filter(case=case, role=spec.leaver).values_list("organisation_id", flat=True)
        back = {g for g in groups if _since(spec, g) > _last(case, spec.left)}
        for organisation in {str(g) for g in gone} - back:
            groups.pop(organisation, None)
    for other in others:
        groups.setdefault(other, "")
    named = Organisation.objects.filter(pk__in=[int(g) for g in groups]).order_by("name")
    return [Member(str(o.pk), o.name, groups[str(o.pk)]) for o in named]


@dataclass(slots=True)
class _Round:
    """A ticket's time from one beginning to the next, while its events are read."""

    dispatched_at: datetime | None
    contractor: str = ""
    assigned_at: datetime | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    done: dict[str, list[datetime]] = field(default_factory=dict)

    def ticket(self, number: str, spec: TicketsOf) -> Ticket:
        """As a scorecard reads it."""
        dispatched_at = self.dispatched_at
        if dispatched_at is None:
            raise ValueError(f"{number} has not been dispatched")
        assigned_at = max(self.assigned_at or dispatched_at, dispatched_at)

        def first(wanted: Done) -> datetime | None:
            since = assigned_at if wanted.since == "assigned_at" else dispatched_at
            return next((_local(at) for at in self.done.get(wanted.act, ()) if at >= since), None)

        return Ticket(
            number, self.contractor, str(self.facts.get(spec.urgency, "")), _local(dispatched_at), _local(assigned_at),
            first(spec.accepted_at), first(spec.replied_at), first(spec.analysed_at),
            bool(self.facts.get(spec.suspected_fault, False)),
        )  # fmt: skip


def _rounds(spec: TicketsOf, events: Iterable[Event]) -> Iterator[_Round]:
    """A case's tickets in their order: one more with each new instant from which its time runs."""
    now = _Round(None)
    for event in events:
        told = event.facts.get(spec.dispatched_at)
        at = datetime.fromisoformat(told) if told else None
        if at is not None and at != now.dispatched_at:
            if now.dispatched_at is not None and event.corrects is None:
                yield now
                now = _Round(at, now.contractor, None, dict(now.facts))
            now.dispatched_at = at
        now.facts |= {n: event.facts[n] for n in (spec.urgency, spec.suspected_fault) if n in event.facts}
        if event.engaged is not None and event.engaged[0] == spec.contractor:
            now.contractor, now.assigned_at = str(event.engaged[1]["id"]), event.at
        elif spec.contractor in event.vacated:
            now.contractor = ""
        now.done.setdefault(event.action, []).append(event.at)
    yield now


def _record(number: str, spec: RecordsOf, events: Iterable[Event]) -> Record | None:
    """The record a case holds; None where it was struck out."""
    facts: dict[str, Any] = {}
    contractor = ""
    for event in events:
        if event.action in spec.unless:
            return None
        facts |= event.facts
        if event.engaged is not None and event.engaged[0] == spec.contractor:
            contractor = str(event.engaged[1]["id"])
    if not contractor or spec.at not in facts:
        return None
    return Record(
        number, contractor, str(facts.get(spec.item, "")), _local(datetime.fromisoformat(facts[spec.at])),
        facts.get(spec.persons), _hundredths(facts.get(spec.points)), str(facts.get(spec.note, "")),
    )  # fmt: skip


def _hundredths(said: Any) -> int | None:
    """Points as a record says them, in hundredths."""
    try:
        return int(Decimal(str(said)) * 100) if said not in (None, "") else None
    except InvalidOperation:
        return None


def _told(cases: Any, month: Month) -> Iterator[tuple[str, list[Event]]]:
    """Each case's number with its events before the instant of judgement, oldest first; none of a case disposed of. A score
    asks for nothing personal: what is sealed stays sealed, and once that is erased the score is the same.
    """
    rows = (
        EventRow.objects.filter(case__in=cases, at__lt=_aware(month.as_of).astimezone(UTC).isoformat())
        .order_by("case_id", "seq")
        .values_list("case__number", "stored")
    )
    for number, of_case in groupby(rows.iterator(2000), key=lambda row: row[0]):
        bodies = [sealing.without(stored) for _, stored in of_case]
        if not any(chain.is_tombstone(body) for body in bodies):
            yield number, [Event.from_json(body) for body in bodies]


def _with(rulebook: str, action: str, until: datetime) -> Any:
    """The cases of a procedure in which an action was taken before `until`."""
    return Case.objects.filter(
        Q(rulebook=rulebook),
        pk__in=EventRow.objects.filter(action=action, at__lt=_aware(until).astimezone(UTC).isoformat()).values("case"),
    )


def _group(case: Case, spec: RosterOf, month: Month) -> str:
    """The benchmarking group as it was at the instant of judgement."""
    group = ""
    for _, events in _told(Case.objects.filter(pk=case.pk), month):
        for event in events:
            group = str(event.facts.get(spec.group, group))
    return group


def _last(case: Case, action: str) -> str:
    return str(EventRow.objects.filter(case=case, action=action).latest("seq").at)


def _since(spec: RosterOf, organisation: str) -> str:
    """When a contractor last came to work."""
    theirs = Party.objects.filter(role=spec.contractor, organisation=int(organisation), case__rulebook=spec.rulebook)
    row = EventRow.objects.filter(case__in=theirs.values("case"), action=spec.since).order_by("at").last()
    return str(row.at) if row else ""


def _row(one: Ticket | Record) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__slots__}


def _local(at: datetime) -> datetime:
    """The wall time, to the second, as scorecards count."""
    return at.astimezone(TZ).replace(tzinfo=None, microsecond=0)


def _aware(local: datetime) -> datetime:
    return local.replace(tzinfo=TZ)
