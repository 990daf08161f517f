"""People and organisations."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema


class OrganisationOut(Schema):
    """An organisation a case may be about."""

    id: int
    name: str
    kind: str


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


class InboxOut(Schema):
    """A notice brought to the caller; `read_at` is when they first opened it."""

    id: int = Field(description="The notice's id in its case.", validation_alias="notice_id")
    number: str = Field(validation_alias="notice.case.number")
    title: str = Field(validation_alias="notice.title")
    at: datetime = Field(validation_alias="notice.at")
    read_at: datetime | None
