"""What a body's officers look at: meetings, figures, the ledger, the archive."""

from __future__ import annotations

from datetime import date, datetime

from ninja import Field, Schema


class MeetingOut(Schema):
    """A meeting: of which case, when, where, who is called; `off` when the case has gone another way since."""

    number: str
    title: str
    zh: str
    en: str
    starts_at: datetime
    ends_at: datetime
    place: str
    people: list[str]
    off: bool


class MonthOut(Schema):
    """Cases opened and decided in a month."""

    month: str
    opened: int
    decided: int


class PunctualOut(Schema):
    """How a deadline, or a role, was kept: in time, late, not at all by now."""

    name: str
    zh: str
    en: str
    rulebook: str
    met: int
    met_late: int
    late: int


class ShareOut(Schema):
    """How often a choice was made."""

    name: str
    zh: str
    en: str
    rulebook: str
    count: int


class LengthsOut(Schema):
    """How many days cases took to a decision: half of them, nine in ten, the longest."""

    rulebook: str
    count: int
    median: float
    ninth: int
    longest: int


class LoadOut(Schema):
    """What somebody carries: open appointments and acts done."""

    id: int
    name: str
    appointed: int
    acts: int


class StatisticsOut(Schema):
    """The figures of a time."""

    since: date
    until: date
    opened: int
    decided: int
    pending: int
    late: int
    stayed: int
    again: int
    months: list[MonthOut]
    deadlines: list[PunctualOut]
    roles: list[PunctualOut]
    lengths: list[LengthsOut]
    outcomes: list[ShareOut]
    grounds: list[ShareOut]
    load: list[LoadOut]


class StandingOut(Schema):
    """An account over a time, on its natural side, in fen."""

    name: str
    zh: str
    en: str
    kind: str
    before: int
    debited: int
    credited: int
    balance: int


class JournalOut(Schema):
    """A line of the body's ledger."""

    id: int
    number: str = Field(validation_alias="case.number")
    seq: int
    at: datetime
    action: str
    by: str
    debit: str
    credit: str
    amount: int


class JournalPage(Schema):
    """A page of the ledger, latest first."""

    items: list[JournalOut]
    next: str | None


class ArchiveOut(Schema):
    """The file of a closed case: until when it is kept, whether it is on hold, whether it may be disposed of now."""

    number: str
    title: str
    state: str
    until: datetime | None
    held: bool
    may_go: bool


class ArchivePage(Schema):
    """A page of the archive."""

    items: list[ArchiveOut]
    next: str | None
