"""A scorecard as one Ibis expression: the same on DuckDB and on Spark, to the last hundredth of a point.

Every quantity is a whole number (hundredths of a point, seconds), so no engine rounds and the order of rows can't matter.
Instants are local wall time without zone, to the second, as the tickets carry them (`reading`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import ibis
import ibis.expr.types as ir

from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.period import Unit

from .card import Card, Item, LateTickets, Limit

TICKETS = ibis.schema({
    "ticket": "string", "contractor": "string", "urgency": "string", "dispatched_at": "timestamp", "accepted_at": "timestamp",
    "replied_at": "timestamp", "analysed_at": "timestamp", "suspected_fault": "boolean",
})  # fmt: skip
RECORDS = ibis.schema({
    "record": "string", "contractor": "string", "item": "string", "at": "timestamp", "persons": "int64", "points": "int64",
    "note": "string",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Month:
    """A calendar month, and the instant up to which it is judged (local): what has not come by then counts as not come."""

    first: date
    as_of: datetime

    @property
    def begin(self) -> datetime:
        """Its first instant."""
        return datetime.combine(self.first, datetime.min.time())

    @property
    def end(self) -> datetime:
        """The first instant of the next."""
        return self.begin.replace(month=self.first.month % 12 + 1, year=self.first.year + self.first.month // 12)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What a score is worked out from: tickets (TICKETS), records of conduct (RECORDS), and whom to score (`contractor`, `group`).

    Tickets may have `assigned_at`, when they came to whoever has them; it is `dispatched_at` where there is none.
    `excused`: item → the tickets and records that cost nothing under it, because a contest was upheld.
    """

    tickets: ir.Table
    records: ir.Table
    contractors: ir.Table
    excused: Mapping[str, frozenset[str]] = field(default_factory=dict)


def scores(card: Card, inputs: Inputs, month: Month, calendar: WorkingCalendar) -> ir.Table:
    """One row for each contractor: its `group`, `<item>__count`, `<item>__lost` for each item, `<section>__section_lost` for each section, `score`.

    A ticket belongs to the month it was dispatched in, a record to the month it tells of. Lost points and the score are in
    hundredths. `mean` items count the seconds in `<item>__seconds` over `<item>__count` tickets.
    """
    whom = inputs.contractors
    counted, recorded = _ticket_counts(card, inputs, month, calendar), _record_counts(card, inputs, month)
    joined = whom.left_join(counted, whom.contractor == counted.counted_for)
    joined = joined.left_join(recorded, whom.contractor == recorded.recorded_for)
    parts = (counted, recorded)
    measured = {c: joined[c].fill_null(0) for p in parts for c in p.columns if c not in ("counted_for", "recorded_for")}
    table = joined.select(contractor=joined.contractor, group=joined.group, **measured)
    lost = {n: _lost(card, n, i, table) for n, i in card.items.items()}
    sections = {s: _section_lost(card, s, lost) for s in card.sections}
    # In one projection: each further one takes Ibis longer to compile.
    return table.mutate(
        **{f"{n}__lost": value for n, value in lost.items()},
        **{f"{s}__section_lost": value for s, value in sections.items()},
        score=card.points - _sum(list(sections.values())),
    )


def lines(card: Card, inputs: Inputs, month: Month, calendar: WorkingCalendar) -> ir.Table:
    """One row for each deduction and the ticket or record behind it: `contractor`, `item`, `source`, `at`, `points`, `note`.

    Points are the line's own, before the item's and the section's most; a mean has no line of its own.
    """
    tickets = _tickets(inputs, month)
    records = _records(inputs, month)
    parts = []
    for name, item in card.items.items():
        if item.tickets:
            late, joined = _lateness(item.tickets, inputs.excused.get(name), tickets, month, calendar)
            parts.append(joined.filter(late).select(
                contractor="contractor", item=ibis.literal(name), source="ticket", at="dispatched_at",
                points=ibis.literal(item.tickets.deduct, "int64"), note=ibis.literal("")))  # fmt: skip
        elif item.records:
            mine = records.filter(records.item == name)
            parts.append(mine.select(
                contractor="contractor", item="item", source="record", at="at", points=_record_points(item, mine),
                note=mine.note.fill_null("")))  # fmt: skip
    return ibis.union(*parts).order_by("contractor", "item", "at", "source") if parts else _no_lines()


def _no_lines() -> ir.Table:
    kinds = {"contractor": "string", "item": "string", "source": "string", "at": "timestamp", "points": "int64"}
    return ibis.memtable([], schema=ibis.schema({**kinds, "note": "string"}))


def _of_month(table: ir.Table, column: str, month: Month) -> ir.Table:
    return table.filter(table[column] >= month.begin, table[column] < month.end)


def _tickets(inputs: Inputs, month: Month) -> ir.Table:
    """The month's tickets, each with the instant from which it was its contractor's."""
    tickets = _of_month(inputs.tickets, "dispatched_at", month)
    known = "assigned_at" in tickets.columns
    since = ibis.coalesce(tickets.assigned_at, tickets.dispatched_at) if known else tickets.dispatched_at
    return tickets.mutate(assigned_at=since)


def _records(inputs: Inputs, month: Month) -> ir.Table:
    """The month's records, without those excused."""
    records = _of_month(inputs.records, "at", month)
    for name, sources in inputs.excused.items():
        if sources:
            records = records.filter(~((records.item == name) & records.record.isin(sorted(sources))))
    return records


def _ticket_counts(card: Card, inputs: Inputs, month: Month, calendar: WorkingCalendar) -> ir.Table:
    of_month = _tickets(inputs, month)
    measures: dict[str, ir.Value] = {}
    for name, item in card.items.items():
        if item.tickets:
            late, of_month = _lateness(item.tickets, inputs.excused.get(name), of_month, month, calendar)
            measures[f"{name}__count"] = late.sum()
        elif item.mean:
            took = _seconds(of_month[item.mean.since], of_month[item.mean.until])
            measures |= {f"{name}__seconds": took.sum(), f"{name}__count": took.count()}
    # Measures refer to columns by name: the table grew by a column for each limit in working days.
    return of_month.group_by(counted_for="contractor").aggregate(**measures)


def _lateness(
    rule: LateTickets, excused: frozenset[str] | None, tickets: ir.Table, month: Month, calendar: WorkingCalendar
) -> tuple[ir.BooleanValue, ir.Table]:
    """Whether a ticket misses any of the limits, and the table it is asked of: with the last day of each limit in working days."""
    missed: list[ir.BooleanValue] = []
    for limit in rule.limits:
        if limit.within and limit.within.unit is Unit.WORKING_DAYS:
            tickets = _with_last_day(tickets, limit, month, calendar)
            missed.append(_done(tickets, limit, month).date() > tickets[_last(limit)])
        else:
            missed += list(_missed_hours(tickets, limit, month))
    late = missed[0]
    for one in missed[1:]:
        late = late | one
    flagged = tickets[rule.only] & late if rule.only else late
    if excused:
        flagged = flagged & tickets.ticket.notin(sorted(excused))
    return flagged, tickets


def _missed_hours(tickets: ir.Table, limit: Limit, month: Month) -> Iterator[ir.BooleanValue]:
    """Whether more seconds went by than the limit allows. Not by adding an interval: that costs engines several times as much."""
    took = _seconds(tickets[limit.since], _done(tickets, limit, month))
    if limit.within:
        yield took > limit.within.amount * 3600
    if limit.by_urgency:
        yield took > tickets.urgency.cases(*((u, period.amount * 3600) for u, period in limit.by_urgency.items()))


def _seconds(since: ir.TimestampValue, until: ir.TimestampValue) -> ir.IntegerValue:
    seconds: ir.IntegerValue = until.delta(since, unit="second")
    return seconds


def _done(tickets: ir.Table, limit: Limit, month: Month) -> ir.TimestampValue:
    """When it was done; for what has not come, the instant of judgement."""
    done: ir.TimestampValue = tickets[limit.until].fill_null(ibis.literal(month.as_of, "timestamp"))
    return done


def _last(limit: Limit) -> str:
    return f"{limit.since}__{limit.within}"


def _with_last_day(tickets: ir.Table, limit: Limit, month: Month, calendar: WorkingCalendar) -> ir.Table:
    """The tickets with the last day of a limit in working days: the day of the event is not counted."""
    if _last(limit) in tickets.columns or limit.within is None:
        return tickets
    days = [month.first + timedelta(n) for n in range((max(month.end, month.as_of).date() - month.first).days + 1)]
    rows = [{"since_day": d, _last(limit): calendar.add(d, limit.within.amount)} for d in days]
    ends = ibis.memtable(rows, schema=ibis.schema({"since_day": "date", _last(limit): "date"}))
    return tickets.left_join(ends, tickets[limit.since].date() == ends.since_day).drop("since_day")


def _record_counts(card: Card, inputs: Inputs, month: Month) -> ir.Table:
    of_month = _records(inputs, month)
    measures: dict[str, ir.Value] = {}
    for name, item in card.items.items():
        if item.records:
            mine = of_month.item == name
            by_person = item.records.each == "person"
            measures[f"{name}__count"] = _units(item, of_month).sum(where=mine) if by_person else mine.sum()
            if item.records.most is not None:
                measures[f"{name}__points"] = _record_points(item, of_month).sum(where=mine)
    whom = of_month.select(recorded_for="contractor").distinct()
    return of_month.group_by(recorded_for="contractor").aggregate(**measures) if measures else whom


def _units(item: Item, records: ir.Table) -> ir.IntegerValue:
    """How many times a record counts: once, or once for each person."""
    by_person = item.records is not None and item.records.each == "person"
    units: ir.IntegerValue = records.persons.fill_null(1) if by_person else ibis.literal(1, "int64")
    return units


def _record_points(item: Item, records: ir.Table) -> ir.IntegerValue:
    """What a record costs, in hundredths: what it says within the item's bounds, or so much a time or person."""
    rule = item.records
    if rule is None:
        raise ValueError("only an item of records has records")
    if rule.most is not None:
        said: ir.IntegerValue = ibis.least(ibis.greatest(records.points.fill_null(rule.deduct), rule.deduct), rule.most)
        return said
    cost: ir.IntegerValue = _units(item, records) * rule.deduct
    return cost


def _lost(card: Card, name: str, item: Item, table: ir.Table) -> ir.IntegerValue:
    count = table[f"{name}__count"]
    most = card.most(name)
    if item.mean:
        over = table[f"{name}__seconds"] > count * (item.mean.over.amount * 3600)
        return ibis.ifelse(over, min(item.mean.deduct, most), 0)
    rule = item.tickets or item.records
    each = rule.deduct if rule else 0
    raw = table[f"{name}__points"] if item.records and item.records.most is not None else count * each
    lost = ibis.least(raw, most)
    return ibis.ifelse(count >= item.zero_from, most, lost) if item.zero_from is not None else lost


def _section_lost(card: Card, section: str, lost: Mapping[str, ir.IntegerValue]) -> ir.IntegerValue:
    items = [lost[n] for n in card.by_section[section]]
    return ibis.least(_sum(items), card.sections[section].points) if items else ibis.literal(0, "int64")


def _sum(values: list[ir.IntegerValue]) -> ir.IntegerValue:
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total
