"""Text messages that come in: from files that a gateway writes, or posted by one that signs them.

A message is one JSON object with `id` (the gateway's own, by which it is taken once), `from` and `text`; `body` where more than
one body takes them. A gateway that speaks otherwise has a receiver of its own: a class with `read(content, headers)`.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import json
import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings
from django.db import transaction
from django.utils.module_loading import import_string

from ..caller import number
from ..models import Letter, Unsubscribed
from .decoding import clean, decoded
from .taking import TEXT, Incoming, What, bodies, key_of, take

STOP, START = frozenset(("t", "td", "stop", "退订", "unsubscribe")), frozenset(("恢复", "订阅", "start"))
AGE = 300  # seconds that a signature is good for
MAX_BYTES = 256 * 1024


class NotGenuine(ValueError):
    """It is not what the gateway sends: unsigned, too old, or no message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One text message as a gateway tells it."""

    id: str
    sender: str
    text: str
    body: str = ""


class Receiver(Protocol):
    """Reads what a gateway posts."""

    def read(self, content: bytes, headers: Mapping[str, str]) -> list[Message]:
        """The messages. Raises NotGenuine."""
        ...


class SignedJson:
    """JSON signed with the secret shared with the gateway: `X-Timestamp`, and `X-Signature`, the hex HMAC-SHA256 of the
    timestamp, a full stop and the content.
    """

    def read(self, content: bytes, headers: Mapping[str, str]) -> list[Message]:
        """The messages. Raises NotGenuine."""
        secret, stamp = settings.SMS_SECRET, headers.get("X-Timestamp", "")
        if not secret or not stamp.isascii() or not stamp.isdigit() or abs(time.time() - int(stamp[:12])) > AGE:
            raise NotGenuine("no secret is set, or the time is not now")
        right = hmac.new(secret.encode(), stamp.encode() + b"." + content, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(right.encode(), headers.get("X-Signature", "").strip().lower().encode()):
            raise NotGenuine("the signature is another's")
        return parsed(content)


def receiver() -> Receiver:
    """The receiver of the settings."""
    made: Receiver = import_string(settings.SMS_RECEIVER)()
    return made


def parsed(content: bytes) -> list[Message]:
    """The messages of a JSON object, or of a list of them. Raises NotGenuine."""
    try:
        told = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise NotGenuine(f"not JSON: {error}") from error
    return [_message(one) for one in (told if isinstance(told, list) else [told])]


def accept(messages: Iterable[Message], at: datetime) -> int:
    """Take messages in, each once; how many were new."""
    return sum(_one(message, at) for message in messages)


def collect(at: datetime) -> int:
    """Take in the messages of the files that wait in the home, line by line; how many. For the worker.

    A file is moved away when all of it is in: taken again before that, it brings nothing twice. One that can't be read is moved
    aside under another ending.
    """
    folder, done = Path(settings.HOME) / "sms" / "incoming", 0
    for file in sorted(folder.glob("*")) if folder.is_dir() else ():
        if file.suffix not in (".json", ".jsonl", ".csv"):
            continue
        try:
            done += accept(_lines(file), at)
        except NotGenuine:
            os.replace(file, file.with_name(f"{file.name}.bad"))
            continue
        (folder / "done").mkdir(exist_ok=True)
        os.replace(file, folder / "done" / file.name)
    return done


def _lines(file: Path) -> list[Message]:
    content = file.read_bytes()
    if len(content) > 100 * MAX_BYTES:
        raise NotGenuine("too large")
    if file.suffix == ".json":
        return parsed(content)
    text = decoded(content).removeprefix("\ufeff")
    if file.suffix == ".csv":
        return [_message(row) for row in csv.DictReader(io.StringIO(text))]
    return [m for line in text.splitlines() if line.strip() for m in parsed(line.encode())]


def _message(told: Any) -> Message:
    if not isinstance(told, dict):
        raise NotGenuine("not a message")
    id_, sender, text, body = (str(told.get(k) or "").strip() for k in ("id", "from", "text", "body"))
    if not id_ or not sender or not text:
        raise NotGenuine("a message has id, from and text")
    return Message(id_[:200], clean(sender)[:40], clean(text)[:5_000], body[:40])


@transaction.atomic
def _one(message: Message, at: datetime) -> bool:
    taking, mobile = bodies(TEXT), number(message.sender)[:20]
    body = message.body if message.body in taking else (taking[0] if taking else "")
    if not body or not mobile:
        return False
    key, word = key_of("sms", message.id), message.text.strip().casefold()
    if word in STOP | START:
        _, new = Letter.objects.get_or_create(
            key=key, defaults={"body": body, "channel": TEXT, "sender": mobile, "text": message.text, "what": What.STOP, "at": at}
        )  # fmt: skip
        if new and word in STOP:
            Unsubscribed.objects.get_or_create(number=mobile, defaults={"at": at})
        elif new:
            Unsubscribed.objects.filter(number=mobile).delete()
        return new
    return take(Incoming(body, TEXT, key, mobile, message.text), at) is not None
