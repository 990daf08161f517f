"""Contractors' monthly scorecards. Points are decimals in texts, as people write them."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema


class CardOut(Schema):
    """A scorecard the caller may look at, what it is out of, and the months there is something to see of, latest first."""

    card: str
    zh: str
    en: str
    out_of: str
    due_day: int = Field(description="The day of the next month on which a month is settled.")
    months: list[str]


class PlaceOut(Schema):
    """One contractor's score; `rank` among the `of` of its benchmarking group; `case`: the settlement, once there is one."""

    contractor: int
    name: str
    group: str
    score: str
    rank: int
    of: int
    case: str | None
    published: bool


class BoardOut(Schema):
    """A month: as it was settled, or a preview of how it stood at `judged_at`."""

    card: str
    month: str
    out_of: str
    preview: bool
    judged_at: datetime
    places: list[PlaceOut]


class DeductionOut(Schema):
    """One deduction and the ticket or record it rests on; `seq`: its entry in the settlement; `upheld`: whether a contest was."""

    source: str = Field(description="A ticket's number (`…#2`: the second time the case ran) or a record's.")
    case: str
    at: datetime
    points: str
    note: str
    seq: int | None
    contested: bool
    upheld: bool


class ItemOut(Schema):
    """An item: how often, what was lost, the most that can be; its deductions before any most."""

    item: str
    zh: str
    en: str
    clause: str | None
    count: int
    lost: str
    most: str
    seconds: int | None = Field(description="Of an item that judges a mean: the time of all its tickets.")
    deductions: list[DeductionOut]


class SectionOut(Schema):
    """A section of the card and what was lost in it."""

    zh: str
    en: str
    clause: str | None
    lost: str
    points: str
    items: list[ItemOut]


class SheetOut(PlaceOut):
    """One contractor's card of a month."""

    card: str
    month: str
    out_of: str
    preview: bool
    judged_at: datetime
    sections: list[SectionOut]
