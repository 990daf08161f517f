"""Cases: opened, acted in, listed, and read with all that hangs on them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Schema
from pydantic import StringConstraints

from .common import Line, Long, Name, ReasonOut, Sent


class Opening(Sent):
    """A case to open. `name`: who files, without an account. `opponent`: the organisation it is about."""

    rulebook: Line = Field(examples=["cace/appeal"])
    action: Line = Field(
        "", description="For a case that the body itself opens: the opening action, by whoever holds the office. Empty to file.", examples=["propose"],
    )  # fmt: skip
    facts: dict[str, Any] = Field(description="What the opening action asks for; a file by its upload's id.")
    opponent: int | None = Field(None, ge=1, le=2**63 - 1, description="An id of GET /organisations.")
    name: Name = ""


class ShowingPersonal(Sent):
    """What the personal data of a case is needed for."""

    why: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]


class ManyActing(Sent):
    """The same act in many cases, with the same facts."""

    action: Line
    numbers: list[Line] = Field(min_length=1, max_length=500, description="The cases.")
    facts: dict[str, Any] = Field(default_factory=dict)


class ManyOut(Schema):
    """What became of the act in one case."""

    number: str
    done: bool
    reasons: list[ReasonOut]


class Acting(Sent):
    """An act: the action's name and what it asks for. A file is given by its upload's id, a person by theirs."""

    action: Line
    facts: dict[str, Any] = Field(default_factory=dict)
    reason: Long = ""
    legal_basis: Long = Field("", description="For an override: the law that prevails, by the role that may.")
    correction: dict[str, Any] = Field(default_factory=dict, description="For a correction: fact → right value.")
    code: str = Field(
        "", max_length=40, description="For an act that is signed: the present code of the caller's authenticator, or a recovery code; never kept."
    )  # fmt: skip


class Asked(Schema):
    """What is asked of the board; an empty member asks nothing."""

    text: Line = Field("", description="In number, title, parties and the case's texts.")
    rulebook: Line = ""
    state: Line = Field("", description="A state, or a stage with a dot before it.")
    grounds: Line = ""
    outcome: Line = ""
    due: Literal["", "late", "week"] = ""
    waiting: Literal["", "acceptance", "decision", "filed"] = ""
    deadline: Line = Field("", description="With a duty of this deadline.")
    handler: int | None = Field(None, ge=1, le=2**63 - 1, description="An account that acted or is appointed.")
    since: date | None = Field(None, description="Opened on this day or after.")
    until: date | None = Field(None, description="Opened on this day or before.")
    stayed: bool = False
    mine: bool = False
    round: bool = Field(False, description="Re-adjudications.")


class CaseRow(Schema):
    """A case in a list."""

    number: str
    rulebook: str
    title: str
    state: str
    opened_at: datetime


class PartyOut(Schema):
    """A side of the case."""

    role: str
    name: str


class PersonalOut(Schema):
    """The personal data of a case, as it is."""

    number: str
    facts: dict[str, Any]
    parties: list[PartyOut]


class LinkOut(Schema):
    """A case linked to this one: how, by the name the link has in the rulebook, and its number."""

    relation: str
    number: str


class CaseOut(CaseRow):
    """A case as its reader may see it. `length` counts its events; the ETag names this very state."""

    stayed: bool
    length: int
    facts: dict[str, Any]
    roles: list[str] = Field(description="What the reader is in this case.")
    parties: list[PartyOut]
    links: list[LinkOut] = Field(description="The cases linked to it; each is read where its reader may read it.")


class FiledOut(CaseOut):
    """A case just opened. `secret` is given only to a filer without an account, and only here: it opens the case."""

    secret: str | None = None


class CasePage(Schema):
    """A page of cases, newest first; `next` is the cursor of the page after it."""

    items: list[CaseRow]
    next: str | None


class EventOut(Schema):
    """Something that happened and what it changed, as far as the reader may see it: confidential facts are left out for
    the parties. Of an event that is destroyed only its place is left.
    """

    seq: int
    action: str | None = None
    role: str | None = None
    actor_name: str | None = None
    at: datetime | None = None
    said_at: datetime | None = Field(None, description="When a step sent late is said to have been done")
    state: str = Field("", description="The stage it led to; empty where it led to none")
    facts: dict[str, Any] = {}
    entry: dict[str, Any] | None = Field(None, description="What it added to a list: `records` and `values`")
    money: list[dict[str, Any]] = Field([], description="What it posted: `debit`, `credit`, `amount` in fen")
    appointed: list[Any] | None = Field(None, description="A role and the people appointed to it")
    released: list[str] | None = None
    engaged: list[Any] | None = None
    vacated: list[str] = []
    extended: list[Any] | None = Field(None, description="A deadline and the day it was extended to")
    stay: str = ""
    corrects: int | None = Field(None, description="The event it corrects")
    link: list[str] | None = Field(None, description="How a case is linked, and which")
    reason: str = ""
    reason_en: str = ""
    legal_basis: str = ""
    overrode: list[str] = []
    destroyed: bool = False


class DutyOut(Schema):
    """A deadline somebody owes."""

    deadline: str
    owner: str
    due: datetime
    status: str
    provisional: bool
    clause: str | None
    met_by: list[str]
    met_at: datetime | None = None


class MyDuty(Schema):
    """A deadline the caller owes, in which group of the duties page."""

    group: str
    number: str
    zh: str
    en: str
    due: datetime
    clause: str
    provisional: bool
    action: str


class InputOut(Schema):
    """Something an action asks for."""

    name: str
    type: str
    required: bool
    zh: str
    en: str
    choices: list[str]


class OptionOut(Schema):
    """An action as it stands for the reader now: what it asks for, and why it is not open."""

    action: str
    zh: str
    en: str
    open: bool
    signed: bool = Field(description="Whoever does it signs with their own second factor: send `code`.")
    reasons: list[ReasonOut]
    inputs: list[InputOut]


class FindingOut(Schema):
    """One rule held against a hypothetical act: whether it holds, and if not, why not.

    Without a reason it could not be judged yet, for want of what it asks about.
    """

    rule: str
    clause: str | None
    zh: str
    en: str
    holds: bool
    reason: ReasonOut | None


class NoticeOut(Schema):
    """A notice the reader's role was sent."""

    id: int
    seq: int
    role: str
    title: str
    body: str
    remedies: str
    at: datetime


class ReadingOut(Schema):
    """One reading: who opened what, when."""

    id: int
    reader: str
    reader_id: str
    what: str
    name: str
    at: datetime


class ReadingPage(Schema):
    """A page of readings, latest first."""

    items: list[ReadingOut]
    next: str | None


class LineOut(Schema):
    """A ledger line: `amount` fen debited to one account and credited to another by event `seq`."""

    seq: int
    debit: str
    credit: str
    amount: int


class UploadOut(Schema):
    """A file taken: its `id` goes into the facts of an act."""

    id: UUID
    name: str
    sha256: str
    media_type: str
    size: int


class PaperOut(Schema):
    """A file of a case: whoever may read the fact it belongs to may download it."""

    name: str
    sha256: str
    media_type: str | None = None
    size: int | None = None


class CandidateOut(Schema):
    """Somebody an act may name, with what the register says of them."""

    id: str
    name: str
    employer: str
    specialties: list[str]
    absent: bool
    open_cases: int
    interests: list[dict[str, str | None]]
    against: list[dict[str, str]] = Field(description="Why not to appoint them; empty for a lawful choice.")


class TimeOut(Schema):
    """A time that would do: working days of notice it leaves, and working days from it to the last lawful day."""

    starts_at: datetime
    notice: int
    spare: int


class TimesOut(Schema):
    """Times that would do for the meeting an act fixes. `input`: what of the act to send the time as."""

    input: str
    zh: str
    en: str
    times: list[TimeOut] = Field(description="The earliest on each day, at most one a day.")
    last: date | None = Field(description="The last lawful day; none where no day is lawful.")
    busy: int = Field(description="Lawful days left out because somebody is away or called elsewhere.")
    before: list[ReasonOut] = Field(description="Why not sooner.")
    after: list[ReasonOut] = Field(description="Why not later.")
