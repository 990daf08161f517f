"""Text messages to customers who left a mobile: their number, and the link by which they answer what they are asked.

A notice that falls into quiet hours is not brought before they are over, so neither is its message. What sends messages is a
back end, named in the settings: an object with `send(to, text, key)` that may be given the same key again and then does nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from mingduan.cases import erasing, links, outbox
from mingduan.cases.models import Case, Notice, Outbox, Party
from mingduan.paper import delivery
from mingduan.paper.models import Delivery

from .caller import PHONE, number
from .models import Unsubscribed

TOPIC = "sms"
_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


class Backend(Protocol):
    """What sends a message. Raises OSError when it could not; the worker tries again."""

    def send(self, to: str, text: str, key: str) -> None: ...


class FileBackend:
    """Each message a file under HOME, for installations without a gateway and for trying out."""

    def send(self, to: str, text: str, key: str) -> None:
        """Write one message down, in the place of itself when it is sent again."""
        folder = Path(settings.HOME) / "sms" / "outgoing"
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / f"{key.replace(':', '-')}.json"
        file.write_text(json.dumps({"to": to, "text": text, "key": key}, ensure_ascii=False), encoding="utf-8")

    def forget(self, key: str) -> None:
        """Take a message away again."""
        (Path(settings.HOME) / "sms" / "outgoing" / f"{key.replace(':', '-')}.json").unlink(missing_ok=True)


@erasing.takes_along
def _goes_with(case: Case, instead: Mapping[str, str], at: datetime) -> Iterable[str]:
    """What was sent goes with a case's file and with its personal data, also where a back end wrote it into the home."""
    for notice in case.notices.values_list("pk", flat=True):
        for row in Outbox.objects.filter(topic=TOPIC, key__startswith=f"{TOPIC}:{notice}:"):
            outbox.put("forget sms", f"forget {row.key}:{at.isoformat()}", {"key": row.key}, at)
            Outbox.objects.filter(pk=row.pk).update(payload={}, done_at=row.done_at or at)
    return ()


@outbox.handles("forget sms")
def forget(payload: Mapping[str, Any], at: datetime) -> None:
    """Ask the back end of the settings to forget a message, where it can."""
    if can := getattr(import_string(settings.SMS_BACKEND)(), "forget", None):
        can(payload["key"])


@delivery.carries
def carry(notice: Notice, party: Party, at: datetime) -> None:
    """Ask for a message to a party who left a mobile, when a case of theirs is opened or waits for their answer."""
    case = notice.case
    mobile = number(str(case.facts.get(PHONE, "")))
    answers = links.answers(case, party.role, at)
    if (
        not _MOBILE.fullmatch(mobile)
        or not (notice.seq == 1 or answers)
        or Unsubscribed.objects.filter(pk=mobile).exists()
    ):
        return
    text = f"{notice.title}（{case.number}）：{' '.join(notice.body.split())}"[:300]
    if answers:
        text = f"{text} {links.address(party)}"
    post, _ = Delivery.objects.get_or_create(
        notice=notice, recipient=f"case:{party.follows}", channel=Delivery.Channel.TEXT,
        defaults={"name": party.name, "address": mobile},
    )  # fmt: skip
    key = f"sms:{notice.pk}:{party.pk}"
    outbox.put(TOPIC, key, {"to": mobile, "text": text, "key": key, "delivery": post.pk}, at)


@outbox.handles(TOPIC)
def send(payload: Mapping[str, Any], at: datetime) -> None:
    """Send one message through the back end of the settings."""
    backend: Backend = import_string(settings.SMS_BACKEND)()
    backend.send(payload["to"], payload["text"], payload["key"])
    if post := payload.get("delivery"):
        Delivery.objects.filter(pk=post, sent_at=None).update(sent_at=at)
