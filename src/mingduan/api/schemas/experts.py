"""The register of experts, and what is kept of each: ties, kin, employers, days away."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal, Self

from ninja import Field, Schema
from pydantic import StringConstraints, model_validator

from mingduan.people.register import BACKWARDS

from .common import Sent

Named = Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)]
Word = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Said = Annotated[str, StringConstraints(max_length=80, strip_whitespace=True)]
Relation = Literal["spouse", "parent", "child", "sibling", "other"]
Whose = Literal["self", "kin", "employer"]


class SpecialtyOut(Schema):
    """A field of work that experts know."""

    id: int
    zh: str
    en: str


class ExpertOut(Schema):
    """An expert of the register, with load and whether away on the day asked about."""

    id: int
    name: str
    organisation: str | None
    specialties: list[str]
    open_cases: int
    absent: bool


class _Dated(Sent):
    since: date | None = None
    until: date | None = Field(None, description="Empty while it lasts.")

    @model_validator(mode="after")
    def _forwards(self) -> Self:
        if self.since and self.until and self.until < self.since:
            raise ValueError(BACKWARDS.en)
        return self


class InterestIn(_Dated):
    """A tie to an organisation. `whose`: the person's own, a relative's, or (entered by the body) an employer's."""

    whose: Whose = "self"
    holder: int | None = Field(
        None, ge=1, le=2**63 - 1, description="The relative's id in `kin`, or the employer's id; none for one's own."
    )
    organisation: Named = Field(description="By name; one nobody has heard of is entered as an enterprise.")
    kind: Word = Field(examples=["任职", "顾问", "持股或出资"])


class KinIn(_Dated):
    """A close relative. The name is for the person and the body's officers; it never goes into a case."""

    name: Word
    relation: Relation


class EmploymentIn(_Dated):
    """An organisation the person works or worked for."""

    organisation: Named
    post: Said = ""


class AbsenceIn(_Dated):
    """Days on which the person can't be called to a meeting."""

    since: date
    why: Said = ""


class EndIn(Sent):
    """The last day of something."""

    until: date


class RetractionIn(Sent):
    """Why something is taken back that was never so."""

    reason: Named


class _Kept(Schema):
    id: int
    since: date | None
    until: date | None
    source: Literal["self", "body"] = Field(description="Declared by the person, or recorded by the body.")
    recorded_at: datetime
    ended_at: datetime | None = Field(description="When its end was noted.")
    retracted_at: datetime | None
    retraction: str
    may_change: bool = Field(description="Whether the caller may end or retract it.")


class InterestOut(_Kept):
    """A tie, and whose it is."""

    whose: Whose
    holder: int | None
    organisation: str
    kind: str


class KinOut(_Kept):
    """A close relative."""

    name: str
    relation: Relation


class EmploymentOut(_Kept):
    """An employer."""

    organisation: str
    post: str


class AbsenceOut(_Kept):
    """Days away."""

    why: str


class EmployerOut(Schema):
    """An employer whose ties count as the person's."""

    id: int
    name: str


class RecordOut(Schema):
    """Somebody's record. Nothing is ever deleted: rows end, or are retracted with the reason."""

    id: int
    name: str
    expert: bool
    organisation: str | None
    specialties: list[SpecialtyOut]
    employers: list[EmployerOut]
    interests: list[InterestOut]
    kin: list[KinOut]
    employments: list[EmploymentOut]
    absences: list[AbsenceOut]
