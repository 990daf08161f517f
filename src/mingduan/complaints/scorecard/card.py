"""What a scorecard is: sections, items, what each item counts and what it costs, every line with its clause (S03).

A scorecard is data like a rulebook and reads like one. Points are written as the source writes them ("2", "0.5") and kept
as whole hundredths, so that no engine rounds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from mingduan.procedure.loading import Fault, Mistake, RulebookError, read_model
from mingduan.procedure.period import Unit
from mingduan.procedure.text import Text
from mingduan.procedure.values import Document, FactName, Labelled, Name, PeriodField, RulebookId, Value


def _hundredths(value: Any) -> int:
    """Points as written ('2', 2, '0.5') in hundredths of a point."""
    try:
        exact = Decimal(str(value)) * 100
    except InvalidOperation:
        raise ValueError(f"“{value}”不是分数，应写作 2 或 0.5 / is not a number of points: write 2 or 0.5") from None
    if exact != exact.to_integral_value() or not 0 <= exact <= 1_000_000:
        raise ValueError(f"“{value}”应在0到10000之间，最多两位小数 / must be 0 to 10000 with two decimals at most")
    return int(exact)


Points = Annotated[int, BeforeValidator(_hundredths, json_schema_input_type=int | str)]
TicketInstant = Literal["dispatched_at", "assigned_at", "accepted_at", "replied_at", "analysed_at"]
TicketFlag = Literal["suspected_fault"]


class Limit(Value):
    """From one instant of a ticket to another, within a period, or one that depends on the ticket's urgency.

    A ticket whose second instant has not come is late as soon as the period is over.
    """

    since: TicketInstant = Field(alias="from")
    until: TicketInstant = Field(alias="to")
    within: PeriodField | None = None
    by_urgency: Mapping[Name, PeriodField] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_kind(self) -> Limit:
        if (self.within is None) == (not self.by_urgency):
            raise ValueError("须在 within 与 by_urgency 中恰选其一 / give exactly one of within, by_urgency")
        if any(p.unit is not Unit.HOURS for p in self.by_urgency.values()):
            raise ValueError("by_urgency 的时限以小时计 / limits by urgency are in hours")
        if self.within and self.within.unit not in (Unit.HOURS, Unit.WORKING_DAYS):
            raise ValueError("时限以小时（h）或工作日（wd）计 / a limit is in hours (h) or working days (wd)")
        return self


class LateTickets(Value):
    """Costs `deduct` for each ticket that misses any of the limits; `only` those with a flag."""

    limits: tuple[Limit, ...] = Field(min_length=1)
    only: TicketFlag | None = None
    deduct: Points


class MeanHandling(Value):
    """Costs `deduct` once, when the mean time of the tickets that have both instants is over a number of hours."""

    since: TicketInstant = Field(alias="from")
    until: TicketInstant = Field(alias="to")
    over: PeriodField
    deduct: Points

    @model_validator(mode="after")
    def _hours(self) -> MeanHandling:
        if self.over.unit is not Unit.HOURS:
            raise ValueError("平均时长以小时计 / a mean is judged in hours")
        return self


class Recorded(Value):
    """Costs `deduct` for each time or person recorded; with `most`, the record itself says how much, between the two."""

    each: Literal["time", "person"]
    deduct: Points
    most: Points | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Recorded:
        if self.most is not None and self.most < self.deduct:
            raise ValueError("most 不能小于 deduct / most can't be less than deduct")
        return self


class Section(Labelled):
    """A part of the card and the points it carries: no more can be lost in it."""

    points: Points


class Item(Labelled):
    """One line of the card. `points`: the most that can be lost on it; `zero_from`: so many occurrences in the month lose
    all of them ("以上" counts the number itself: Civil Code 1259).
    """

    section: Name
    tickets: LateTickets | None = None
    mean: MeanHandling | None = None
    records: Recorded | None = None
    points: Points | None = None
    zero_from: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _one_measure(self) -> Item:
        if sum(x is not None for x in (self.tickets, self.mean, self.records)) != 1:
            raise ValueError("须在 tickets、mean、records 中恰选其一 / give exactly one of tickets, mean, records")
        if self.zero_from is not None and self.points is None:
            raise ValueError("zero_from 须有 points：扣除的就是它 / zero_from needs points: they are what is lost")
        return self


class Done(Value):
    """An instant of a ticket: the first time an action was taken since the ticket's time began to run, or, with
    `since: assigned_at`, since it came to whoever has it.
    """

    act: Name
    since: Literal["dispatched_at", "assigned_at"] = "dispatched_at"


class TicketsOf(Value):
    """Where tickets come from: the cases of a procedure in which the party `contractor` is engaged.

    `dispatched_at` is the fact from which a ticket's time runs; each new value of it (a case reopened) begins a ticket
    of its own. `urgency` and `suspected_fault` are facts, the other instants actions.
    """

    rulebook: RulebookId
    contractor: Name
    dispatched_at: FactName
    urgency: FactName
    suspected_fault: FactName
    accepted_at: Done
    replied_at: Done
    analysed_at: Done


class RecordsOf(Value):
    """Where records of conduct come from: the cases of a procedure, by the facts they hold; not those in which an action
    of `unless` was taken.
    """

    rulebook: RulebookId
    contractor: Name
    item: FactName
    at: FactName
    persons: FactName
    points: FactName
    note: FactName
    unless: tuple[Name, ...] = ()


class RosterOf(Value):
    """Whom to score: the party `contractor` of each case of a procedure in which the action `since` was taken, until
    `left` was taken in a case of the procedure `leaving`, whose party it is; `group` is the benchmarking group.

    For a contractor's page: `contract` are the facts of its contract and `scope` the list of what it covers;
    `qualification` is the certificate it came with, `staff` the list of its people with `name` and `certificate`;
    `accountability` is what a case of it says of who was held to account.
    """

    rulebook: RulebookId
    contractor: Name
    group: FactName
    since: Name
    leaving: RulebookId
    leaver: Name
    left: Name
    contract: tuple[FactName, ...] = ()
    scope: Name
    qualification: FactName
    staff: Name
    accountability: FactName | None = None


class Reads(Value):
    """Where in the case store a month's figures come from, and the procedure by which the month is settled."""

    tickets: TicketsOf
    records: RecordsOf
    roster: RosterOf
    settled_by: RulebookId


class Card(Value):
    """A scorecard: out of how many points, made up how, due when."""

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*/[a-z][a-z0-9-]*$")]
    title: Text
    source: Document
    points: Points
    due_day: int = Field(ge=1, le=28, description="The day of the following month on which it is settled.")
    clause: str | None = None
    urgencies: Mapping[Name, Text] = Field(
        min_length=1, description="What a ticket's urgency may be, as people write it."
    )
    sections: Mapping[Name, Section] = Field(min_length=1)
    items: Mapping[Name, Item] = Field(min_length=1)
    extends: RulebookId | None = Field(None, description="The scorecard of which this is a branch's own version.")
    reads: Reads | None = Field(None, description="Absent: the card is for files only.")
    digest: str = ""

    @cached_property
    def by_section(self) -> Mapping[str, tuple[str, ...]]:
        """Section → its items, in the order written."""
        return {s: tuple(n for n, i in self.items.items() if i.section == s) for s in self.sections}

    def most(self, item: str) -> int:
        """The most that can be lost on an item, in hundredths: its own points, or its section's."""
        one = self.items[item]
        return self.sections[one.section].points if one.points is None else one.points


def load(path: Path) -> Card:
    """The scorecard in a file. Raises RulebookError with every mistake: file, line, column, what would be right."""
    return loads(whole(path), str(path))


def whole(path: Path) -> bytes:
    """The scorecard that the file at `path` amounts to, written out: itself, or for a branch's file the card it extends
    with the branch's own id and values. Raises RulebookError with every mistake.
    """
    from .branch import merged  # which reads cards too

    try:
        data = path.read_bytes()
    except OSError as error:
        said = Text(zh=f"读不到文件：{error}", en=f"cannot read: {error}")
        raise RulebookError([Mistake(str(path), 1, 1, said)]) from error
    return merged(data, path)


def loads(data: bytes, file: str = "<scorecard>") -> Card:
    """The scorecard in `data` (YAML, UTF-8). Raises RulebookError with every mistake."""
    return read_model(Card, data, file, faults)


def faults(card: Card) -> Iterator[Fault]:
    """What the schema can't see: points that don't add up, sections and clauses that aren't there."""
    if (total := sum(s.points for s in card.sections.values())) != card.points:
        said = f"各部分合计{total / 100:g}分，与总分{card.points / 100:g}分不符"
        yield ("points",), Text(zh=said, en=f"the sections carry {total / 100:g}, not {card.points / 100:g}"), None
    for name, item in card.items.items():
        if item.section not in card.sections:
            known = "、".join(card.sections)
            yield (
                ("items", name, "section"),
                Text(zh=f"没有名为“{item.section}”的部分", en=f"there is no section “{item.section}”"),
                Text(zh=f"可用：{known}", en=f"known: {known}"),
            )
        elif item.points is not None and item.points > card.sections[item.section].points:
            text = Text(zh="一项的分数不能超过所在部分的分数", en="an item can't carry more than its section")
            yield ("items", name, "points"), text, None
    for name, item in card.items.items():
        for i, limit in enumerate(item.tickets.limits if item.tickets else ()):
            if limit.by_urgency and set(limit.by_urgency) != set(card.urgencies):
                wanted = "、".join(card.urgencies)
                yield (
                    ("items", name, "tickets", "limits", i, "by_urgency"),
                    Text(zh="每种紧急程度须各有时限", en="every urgency needs its limit"),
                    Text(zh=f"应有：{wanted}", en=f"wanted: {wanted}"),
                )
    quoted: list[tuple[tuple[str | int, ...], str]] = [(("clause",), card.clause)] if card.clause else []
    quoted += [(("sections", n, "clause"), s.clause) for n, s in card.sections.items() if s.clause]
    quoted += [(("items", n, "clause"), i.clause) for n, i in card.items.items() if i.clause]
    for path, clause in quoted:
        if clause not in card.source.clauses:
            yield path, Text(zh=f"来源没有条款“{clause}”", en=f"the source has no clause “{clause}”"), None
    carried = {clause for _, clause in quoted}
    for clause, told in card.source.clauses.items():
        if clause not in carried and told.not_executable is None:
            yield (
                ("source", "clauses", clause),
                Text(zh=f"条款{clause}没有由任何一项承担", en=f"no line carries clause {clause}"),
                Text(zh="写一项，或写明 not_executable 的原因", en="add an item, or say why under not_executable"),
            )
