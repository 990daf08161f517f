"""The hub: where a caller's own listener wants to be told of events about tickets."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

from django.http import HttpResponse

from ..hooks import make
from ..models import Hook
from ..once import once
from ..sending import NotAllowed
from .calls import Call, told
from .errors import TmfError, conflict
from .events import KINDS, name, shape
from .listing import members
from .query import conditions

LONGEST = 500


def subscribed(call: Call) -> HttpResponse:
    """Subscribe. `query` may name event types (`eventType=…`) and attributes of the ticket. The answer alone has the secret
    that messages are signed with.
    """
    url, query = str(call.body["callback"]), str(call.body.get("query") or "")
    if max(len(url), len(query)) > LONGEST:
        raise conflict(
            f"callback 和 query 各不超过 {LONGEST} 字", f"`callback` and `query` have at most {LONGEST} characters"
        )
    types = _types(query)
    try:
        conditions(query, members(call))
    except TmfError as error:  # the description takes any text
        raise TmfError("refused", error.detail) from error
    with once(call.request) as write:
        made = Hook.objects.filter(pk=write.made or 0, user=call.user).first()
        if made is None:
            try:
                made = make(call.user, url, types, shape(call.version), query)
            except NotAllowed as error:
                raise TmfError("refused", error.text) from error
            write.keep(str(made.pk))
    response = told({**_shown(call, made), "secret": made.secret}, 201)
    response.headers["Location"] = call.href("hub", str(made.pk))
    return response


def retrieved(call: Call, id: str) -> HttpResponse:
    """One of the caller's subscriptions."""
    return told(_shown(call, _mine(call, id)))


def unsubscribed(call: Call, id: str) -> HttpResponse:
    """End a subscription."""
    _mine(call, id).delete()
    return HttpResponse(status=204)


def _types(query: str) -> list[str]:
    """The event types that a query names; what is none is refused."""
    known = {name(kind) for kind in KINDS}
    named = [v for key, value in parse_qsl(query) if key == "eventType" for v in value.split(",")]
    if strange := [t for t in named if t not in known]:
        raise conflict(
            f"没有事件类型“{strange[0][:80]}”；有：{'、'.join(sorted(known))}",
            f"No event type “{strange[0][:80]}”; there are: {', '.join(sorted(known))}",
        )
    return sorted(set(named))


def _mine(call: Call, id: str) -> Hook:
    pk = int(id) if id.isascii() and id.isdigit() and len(id) < 19 else 0
    found = Hook.objects.filter(pk=pk, user=call.user, shape=shape(call.version)).first()
    if found is None:
        raise TmfError("not-found")
    return found


def _shown(call: Call, hook: Hook) -> dict[str, Any]:
    told = {"id": str(hook.pk), "callback": hook.url, "query": hook.query}
    if call.version == "v5":
        told |= {"@type": "Hub", "href": call.href("hub", str(hook.pk))}
    return told
