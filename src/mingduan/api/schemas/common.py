"""What every part of the API says alike: words with their bounds, headers, pages, reasons and problems."""

from __future__ import annotations

from typing import Annotated

from ninja import Field, Header, Query, Schema
from pydantic import ConfigDict, StringConstraints

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


class Sent(Schema):
    """What a program sends: a member nobody asked for is refused, so that a mistyped one is not left out in silence."""

    model_config = ConfigDict(extra="forbid")


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
