"""Webhooks and what was sent to them."""

from __future__ import annotations

from datetime import datetime

from ninja import Field, Schema

from .common import Line, Sent


class HookIn(Sent):
    """Where to be told. `types`: only these event types, as `mingduan.case.rule`; empty for all."""

    url: str = Field(max_length=500, examples=["https://example.org/mingduan"])
    types: list[Line] = Field(default_factory=list, max_length=100)


class HookChange(Sent):
    """What to change of a hook."""

    active: bool | None = None
    types: list[Line] | None = Field(None, max_length=100)


class HookOut(Schema):
    """A hook. `stopped` says why the system stopped it. `shape`: empty for CloudEvents, or of a TMF621 hub."""

    id: int
    url: str
    shape: str
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
