"""Hooks: where the caller wants to be told of events, and how telling went."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Router, Status

from mingduan.people.models import User
from mingduan.procedure.text import Text

from .caller import HOOKS, account
from .describe import told
from .events import new_secret
from .facts import storable
from .models import Delivery, Hook
from .once import once
from .paging import page
from .problems import Problem
from .schemas.common import Cursor, Key, Limit
from .schemas.hooks import DeliveryPage, HookChange, HookIn, HookMade, HookOut
from .sending import NotAllowed, target

router = Router(tags=["hooks"], auth=HOOKS)
MOST = 20


def make(user: User, url: str, types: list[str], shape: str = "", query: str = "") -> Hook:
    """A new hook. Raises NotAllowed for an address nothing is sent to, or when the account has too many."""
    if Hook.objects.filter(user=user).count() >= MOST:
        raise NotAllowed(Text(zh=f"每个账号最多 {MOST} 个推送地址", en=f"At most {MOST} hooks for an account"))
    try:
        target(url)
    except OSError:
        raise NotAllowed(Text(zh="找不到这个网址的主机", en="There is no such host")) from None
    return Hook.objects.create(user=user, url=url, types=types, shape=shape, query=query, secret=new_secret())


@router.get("", response={200: list[HookOut], **told(401, 403)})
def hooks(request: HttpRequest) -> QuerySet[Hook]:
    """The caller's hooks."""
    return Hook.objects.filter(user=account(request))


@router.post("", response={201: HookMade, **told(400, 401, 403, 422)})
def make_hook(request: HttpRequest, wanted: HookIn, key: Key = None) -> Status[Hook]:
    """Be told of events in the cases the caller may read, as CloudEvents. The answer holds the signing secret."""
    storable(wanted.dict())
    with once(request) as write:
        if write.made and (before := Hook.objects.filter(pk=write.made).first()):
            return Status(201, before)
        try:
            made = make(account(request), wanted.url, wanted.types)
        except NotAllowed as error:
            raise Problem("not-understood", error.text, reasons=[{"input": "url", "zh": error.text.zh, "en": error.text.en}]) from error  # fmt: skip
        write.keep(str(made.pk))
    return Status(201, made)


@router.get("/{int:pk}", response={200: HookOut, **told(401, 403, 404)})
def hook(request: HttpRequest, pk: int) -> Hook:
    """One of the caller's hooks."""
    return _mine(request, pk)


@router.patch("/{int:pk}", response={200: HookOut, **told(400, 401, 403, 404, 422)})
def change_hook(request: HttpRequest, pk: int, change: HookChange, key: Key = None) -> Hook:
    """Pause a hook, set it going again, or choose other event types."""
    storable(change.dict())
    with once(request):
        found = _mine(request, pk)
        if change.active is not None:
            found.active, found.stopped = change.active, ""
        if change.types is not None:
            found.types = change.types
        found.save()
    return found


@router.delete("/{int:pk}", response={204: None, **told(401, 403, 404)})
def remove_hook(request: HttpRequest, pk: int) -> Status[None]:
    """Remove a hook and its log."""
    _mine(request, pk).delete()
    return Status(204, None)


@router.get("/{int:pk}/deliveries", response={200: DeliveryPage, **told(401, 403, 404, 422)})
def deliveries(
    request: HttpRequest, pk: int, response: HttpResponse, cursor: Cursor = None, limit: Limit = 50
) -> dict[str, Any]:
    """Each attempt to tell this hook of an event, newest first."""
    return page(request, response, Delivery.objects.filter(hook=_mine(request, pk)), cursor, limit)


def _mine(request: HttpRequest, pk: int) -> Hook:
    found = Hook.objects.filter(pk=pk, user=account(request)).first() if pk < 2**63 else None
    if found is None:
        raise Problem("not-found")
    return found
