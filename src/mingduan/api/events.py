"""Telling other systems of events: CloudEvents 1.0, signed as Standard Webhooks has it, one message a hook and event."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping
from datetime import datetime
from http.client import HTTPException
from typing import Any

from django.conf import settings

from mingduan.cases import catalogue, outbox
from mingduan.cases.access import access, log_reading
from mingduan.cases.models import EventRow, Reading
from mingduan.cases.visible import visible_event

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


@outbox.handles("event")
def fan_out(payload: Mapping[str, Any], at: datetime) -> None:
    """Ask for one message to each hook that wants this event and whose owner may read its case."""
    row = _event(payload)
    if row is None:
        return
    for hook in Hook.objects.filter(active=True, user__is_active=True).select_related("user__organisation"):
        wants = not hook.types or PREFIX + row.body["action"] in hook.types
        if wants and access(hook.user, row.case, at).reads:
            work = {"hook": hook.pk, "number": row.case.number, "seq": row.seq}
            outbox.put("hook", f"hook:{hook.pk}:{row.case.number}#{row.seq}", work, at)


@outbox.handles("hook")
def deliver(payload: Mapping[str, Any], at: datetime) -> None:
    """Send one message. Raises Undelivered to be tried again; after ATTEMPTS, or a 410, the hook is stopped."""
    hook = Hook.objects.filter(pk=payload["hook"], active=True, user__is_active=True).select_related("user").first()
    row = _event(payload)
    if hook is None or row is None:
        return
    told = _cloud_event(hook, row, at)
    if told is None:
        return
    event = f"{row.case.number}#{row.seq}"
    status, error = _send(hook, told, at)
    Delivery.objects.create(hook=hook, event=event, type=told["type"], at=at, status=status, error=error)
    if status is not None and 200 <= status < 300:
        return
    if status == 410:
        _stop(hook, "对方答复 410：不再接收 / the other side answered 410")
        return
    if hook.deliveries.filter(event=event).count() >= ATTEMPTS:
        _stop(hook, f"{event} 连续 {ATTEMPTS} 次未送达 / not delivered in {ATTEMPTS} attempts")
        return
    raise Undelivered(error or f"HTTP {status}")


def _event(payload: Mapping[str, Any]) -> EventRow | None:
    rows = EventRow.objects.select_related("case").prefetch_related("case__parties")
    return rows.filter(case__number=payload["number"], seq=payload["seq"]).first()


def _cloud_event(hook: Hook, row: EventRow, at: datetime) -> dict[str, Any] | None:
    """The message, as far as the hook's owner may see the event now; None when nothing of it is theirs to see."""
    case, got = row.case, access(hook.user, row.case, at)
    shown = visible_event(row.body, catalogue.kept(case.digest).rulebook, got.inside) if got.reads else None
    if shown is None:
        return None
    log_reading(case, got.actor, at, Reading.What.DATA, hook.url)
    return {
        "specversion": "1.0", "id": f"{case.number}#{row.seq}", "source": f"{settings.PUBLIC_URL}/api/cases/{case.number}",
        "type": PREFIX + row.body["action"], "subject": case.number, "time": row.body["at"], "datacontenttype": "application/json",
        "data": {"number": case.number, "rulebook": case.rulebook, "title": case.title, "event": shown},
    }  # fmt: skip


def _send(hook: Hook, told: Mapping[str, Any], at: datetime) -> tuple[int | None, str]:
    """The status of the other side's answer, or what kept the message from it."""
    body = json.dumps(told, ensure_ascii=False).encode()
    seconds = int(at.timestamp())
    headers = {
        "Content-Type": "application/cloudevents+json; charset=utf-8", "User-Agent": "Mingduan",
        "webhook-id": told["id"], "webhook-timestamp": str(seconds),
        "webhook-signature": signature(hook.secret, told["id"], seconds, body),
    }  # fmt: skip
    try:
        return post(target(hook.url), body, headers), ""
    except NotAllowed as error:
        return None, error.text.zh
    except (OSError, HTTPException, ValueError) as error:
        return None, f"{type(error).__name__}: {error}"[:300]


def _stop(hook: Hook, why: str) -> None:
    Hook.objects.filter(pk=hook.pk).update(active=False, stopped=why)
