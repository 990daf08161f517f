"""Telling other systems of events, signed as Standard Webhooks has it: as CloudEvents 1.0, or in another shape that a hook has."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPException
from typing import Any

from django.conf import settings

from mingduan.cases import catalogue, outbox
from mingduan.cases.access import access, log_reading
from mingduan.cases.models import EventRow, Reading
from mingduan.cases.personal import veil
from mingduan.cases.visible import visible_event
from mingduan.procedure.case import Event

from .models import Delivery, Hook
from .sending import NotAllowed, post, target

PREFIX = "mingduan.case."
ATTEMPTS = 12  # with the outbox's growing pauses: more than half a day


class Undelivered(Exception):
    """The other side did not take it; the outbox tries again."""


def new_secret() -> str:
    """A secret for signing, as Standard Webhooks writes it."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(24)).decode()


def signature(secret: str, message: str, at: int, body: bytes) -> str:
    """The `webhook-signature` of a message: HMAC-SHA256 over its id, time and body."""
    key = base64.b64decode(secret.removeprefix("whsec_"))
    made = hmac.new(key, f"{message}.{at}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(made).decode()


@dataclass(frozen=True, slots=True)
class Message:
    """What a hook is told: a JSON body, of a media type, named for signing and for the log."""

    id: str
    type: str
    media: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """A way to tell of events: which messages an event makes for a hook that may read its case, and one of them."""

    kinds: Callable[[Hook, EventRow], Sequence[str]]
    message: Callable[[Hook, EventRow, str, datetime], Message | None]


SHAPES: dict[str, Shape] = {}


@outbox.handles("event")
def fan_out(payload: Mapping[str, Any], at: datetime) -> None:
    """Ask for each message to each hook that wants this event and whose owner may read its case."""
    row = _event(payload)
    if row is None:
        return
    for hook in Hook.objects.filter(active=True, user__is_active=True).select_related("user__organisation"):
        kinds = SHAPES[hook.shape].kinds(hook, row)
        if kinds and access(hook.user, row.case, at).reads:
            for kind in kinds:
                work = {"hook": hook.pk, "number": row.case.number, "seq": row.seq, "kind": kind}
                key = f"hook:{hook.pk}:{row.case.number}#{row.seq}" + (f":{kind}" if kind else "")
                outbox.put("hook", key, work, at)


@outbox.handles("hook")
def deliver(payload: Mapping[str, Any], at: datetime) -> None:
    """Send one message. Raises Undelivered to be tried again; after ATTEMPTS, or a 410, the hook is stopped."""
    hook = Hook.objects.filter(pk=payload["hook"], active=True, user__is_active=True).select_related("user").first()
    row = _event(payload)
    if hook is None or row is None:
        return
    told = SHAPES[hook.shape].message(hook, row, payload.get("kind", ""), at)
    if told is None:
        return
    event = f"{row.case.number}#{row.seq}"
    status, error = _send(hook, told, at)
    Delivery.objects.create(hook=hook, event=event, type=told.type, at=at, status=status, error=error)
    if status is not None and 200 <= status < 300:
        return
    if status == 410:
        _stop(hook, "对方答复 410：不再接收 / the other side answered 410")
        return
    if hook.deliveries.filter(event=event, type=told.type).count() >= ATTEMPTS:
        _stop(hook, f"{event} 连续 {ATTEMPTS} 次未送达 / not delivered in {ATTEMPTS} attempts")
        return
    raise Undelivered(error or f"HTTP {status}")


def _event(payload: Mapping[str, Any]) -> EventRow | None:
    rows = EventRow.objects.select_related("case__key").prefetch_related("case__parties")
    return rows.filter(case__number=payload["number"], seq=payload["seq"]).first()


def _wanted(hook: Hook, row: EventRow) -> Sequence[str]:
    """One message for each event of a type that the hook wants."""
    return ("",) if not hook.types or PREFIX + row.action in hook.types else ()


def _cloud_event(hook: Hook, row: EventRow, kind: str, at: datetime) -> Message | None:
    """The message, as far as the hook's owner may see the event now; None when nothing of it is theirs to see."""
    case, got = row.case, access(hook.user, row.case, at)
    body = row.body
    shown = visible_event(body, catalogue.kept(case.digest).rulebook, got.inside) if got.reads else None
    if shown is None:
        return None
    view = veil(case, got, [Event.from_json(body)])
    log_reading(case, got.actor, at, Reading.What.DATA, f"{hook.url} {view.log}".strip())
    told = {
        "specversion": "1.0", "id": f"{case.number}#{row.seq}", "source": f"{settings.PUBLIC_URL}/api/cases/{case.number}",
        "type": PREFIX + body["action"], "subject": case.number, "time": body["at"], "datacontenttype": "application/json",
        "data": {"number": case.number, "rulebook": case.rulebook, "title": case.title, "event": view(shown)},
    }  # fmt: skip
    return Message(told["id"], told["type"], "application/cloudevents+json", told)


SHAPES[""] = Shape(_wanted, _cloud_event)


def _send(hook: Hook, told: Message, at: datetime) -> tuple[int | None, str]:
    """The status of the other side's answer, or what kept the message from it."""
    body = json.dumps(told.body, ensure_ascii=False).encode()
    seconds = int(at.timestamp())
    headers = {
        "Content-Type": f"{told.media}; charset=utf-8", "User-Agent": "Mingduan",
        "webhook-id": told.id, "webhook-timestamp": str(seconds),
        "webhook-signature": signature(hook.secret, told.id, seconds, body),
    }  # fmt: skip
    try:
        return post(target(hook.url), body, headers), ""
    except NotAllowed as error:
        return None, error.text.zh
    except (OSError, HTTPException, ValueError) as error:
        return None, f"{type(error).__name__}: {error}"[:300]


def _stop(hook: Hook, why: str) -> None:
    Hook.objects.filter(pk=hook.pk).update(active=False, stopped=why)
