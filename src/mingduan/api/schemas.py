"""The shapes of what goes in and comes out."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Field, Header, Query, Schema
from pydantic import StringConstraints

Name = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]
Line = Annotated[str, StringConstraints(max_length=200)]
Long = Annotated[str, StringConstraints(max_length=20_000)]
Key = Annotated[
    str | None,
    Header(
        None, alias="Idempotency-Key", max_length=200,
        description="A new random value for each request; a repeat with the same value is done once.",
    ),
]  # fmt: skip
Match = Annotated[
    str | None, Header(None, alias="If-Match", max_length=100, description="The ETag of the case as last read, or *.")
]
Cursor = Annotated[str | None, Query(None, max_length=40, description="`next` of the page before.")]
Limit = Annotated[int, Query(50, ge=1, le=200, description="How many at most.")]


class ReasonOut(Schema):
    """One reason: the rule and clause, what is wrong, what would put it right, and which input it is about."""

    rule: str | None = None
    clause: str | None = None
    zh: str
    en: str
    input: str | None = None
    remedy: dict[str, str] | None = None


class ProblemOut(Schema):
    """RFC 9457 problem details. `title` and `detail` are in the language of Accept-Language."""

    type: str = Field(description="The address of the page about this kind of problem.")
    title: str
    status: int
    detail: str
    clause: str | None = Field(None, description="The clause of the procedure that is the reason.")
    reasons: list[ReasonOut] = Field(default_factory=list)


class Opening(Schema):
    """A case to open. `name`: who files, without an account. `opponent`: the organisation it is about."""

    rulebook: Line = Field(examples=["cace/appeal"])
    facts: dict[str, Any] = Field(description="What the opening action asks for; a file by its upload's id.")
    opponent: int | None = Field(None, ge=1, le=2**63 - 1, description="An id of GET /organisations.")
    name: Name = ""


class ManyActing(Schema):
    """The same act in many cases, with the same facts."""

    action: Line
    numbers: list[Line] = Field(min_length=1, max_length=500, description="The cases.")
    facts: dict[str, Any] = Field(default_factory=dict)


class ManyOut(Schema):
    """What became of the act in one case."""

    number: str
    done: bool
    reasons: list[ReasonOut]


class Acting(Schema):
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


class CaseOut(CaseRow):
    """A case as its reader may see it. `length` counts its events; the ETag names this very state."""

    stayed: bool
    length: int
    facts: dict[str, Any]
    roles: list[str] = Field(description="What the reader is in this case.")
    parties: list[PartyOut]


class PartyOut(Schema):
    """A side of the case."""

    role: str
    name: str


class FiledOut(CaseOut):
    """A case just opened. `secret` is given only to a filer without an account, and only here: it opens the case."""

    secret: str | None = None


class CasePage(Schema):
    """A page of cases, newest first; `next` is the cursor of the page after it."""

    items: list[CaseRow]
    next: str | None


class EventOut(Schema):
    """Something that happened, as an export of the case has it; confidential facts are left out for the parties."""

    model_config = {"extra": "allow"}
    seq: int
    action: str
    role: str | None = None
    actor_name: str | None = None
    at: datetime


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


class InboxOut(Schema):
    """A notice brought to the caller; `read_at` is when they first opened it."""

    id: int = Field(description="The notice's id in its case.", validation_alias="notice_id")
    number: str = Field(validation_alias="notice.case.number")
    title: str = Field(validation_alias="notice.title")
    at: datetime = Field(validation_alias="notice.at")
    read_at: datetime | None


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


class RulebookRow(Schema):
    """A rulebook in force."""

    id: str
    version: str
    digest: str
    zh: str
    en: str


class DateOut(Schema):
    """The last day of a deadline, if the case were filed on the day asked about."""

    deadline: str
    zh: str
    en: str
    clause: str | None
    last: date
    provisional: bool


class OrganisationOut(Schema):
    """An organisation a case may be about."""

    id: int
    name: str
    kind: str


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


class ExpertOut(Schema):
    """An expert of the register, with load and whether away on the day asked about."""

    id: int
    name: str
    organisation: str | None
    specialties: list[str]
    open_cases: int
    absent: bool


class OfficeOut(Schema):
    """A role held in a body."""

    body: str
    role: str


class MeOut(Schema):
    """The account behind the token."""

    id: int
    name: str
    organisation: OrganisationOut | None
    offices: list[OfficeOut]


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


class HookIn(Schema):
    """Where to be told. `types`: only these event types, as `mingduan.case.rule`; empty for all."""

    url: str = Field(max_length=500, examples=["https://example.org/mingduan"])
    types: list[Line] = Field(default_factory=list, max_length=100)


class HookChange(Schema):
    """What to change of a hook."""

    active: bool | None = None
    types: list[Line] | None = Field(None, max_length=100)


class HookOut(Schema):
    """A hook. `stopped` says why the system stopped it."""

    id: int
    url: str
    types: list[str]
    active: bool
    stopped: str
    created: datetime


class HookMade(HookOut):
    """A hook just made, with the secret its messages are signed with."""

    secret: str


class DeliveryOut(Schema):
    """One attempt to tell a hook of an event."""

    id: int
    event: str
    type: str
    at: datetime
    status: int | None
    error: str
    delivered: bool


class DeliveryPage(Schema):
    """A page of attempts, newest first."""

    items: list[DeliveryOut]
    next: str | None


CaseOut.model_rebuild()
FiledOut.model_rebuild()
