"""What belongs to the caller's account: the calendar's address, the tokens. A token can be revoked by another, never made by one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from mingduan.people.models import ApiToken

from . import feed
from .caller import Token, account
from .describe import told
from .models import Feed
from .problems import Problem

router = Router(tags=["account"], auth=Token("account"))


class FeedOut(Schema):
    """Since when there is a calendar's address; null when there is none."""

    since: datetime | None


class FeedMade(FeedOut):
    """A new address, told only now."""

    url: str


class TokenOut(Schema):
    """A token of the caller's account."""

    id: int
    name: str
    scopes: list[str]
    created: datetime
    used_at: datetime | None = Field(description="To the minute; null when nobody has used it.")
    revoked: bool


@router.get("/calendar", response={200: FeedOut, **told(401, 403)})
def calendar(request: HttpRequest) -> dict[str, Any]:
    """Whether duties and meetings are told at a calendar's address. The address itself is not kept."""
    found = Feed.objects.filter(user=account(request)).first()
    return {"since": found.created if found else None}


@router.put("/calendar", response={200: FeedMade, **told(401, 403)})
def make_calendar(request: HttpRequest) -> dict[str, Any]:
    """A new address; the one before ends. Whoever knows it reads the caller's duties and meetings until it is stopped."""
    url = feed.renew(account(request))
    return {"since": Feed.objects.get(user=account(request)).created, "url": url}


@router.delete("/calendar", response={204: None, **told(401, 403)})
def stop_calendar(request: HttpRequest) -> Status[None]:
    """The address no longer works."""
    Feed.objects.filter(user=account(request)).delete()
    return Status(204, None)


@router.get("/tokens", response={200: list[TokenOut], **told(401, 403)})
def tokens(request: HttpRequest) -> QuerySet[ApiToken]:
    """The caller's tokens, those in use first, the latest first. No token itself is kept."""
    return ApiToken.objects.filter(user=account(request)).order_by("revoked", "-created")


@router.delete("/tokens/{int:pk}", response={204: None, **told(401, 403, 404)})
def revoke(request: HttpRequest, pk: int) -> Status[None]:
    """Revoke one of the caller's tokens, for good; also the one this is asked with."""
    found = ApiToken.objects.filter(user=account(request), pk=pk) if pk < 2**63 else ApiToken.objects.none()
    if not found.update(revoked=True):
        raise Problem("not-found")
    return Status(204, None)
