"""What a ticket's body says, in either version, as the facts of a case take it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mingduan.cases.files import FileRefusal, receive
from mingduan.config import clock

from . import concerns
from .errors import TmfError, conflict


@dataclass(frozen=True, slots=True)
class Attached:
    """Attachments: files by value, looked into and kept, with the words about them; addresses, which are kept as words."""

    files: tuple[Mapping[str, Any], ...]
    words: str
    links: str


def member_of(member: str) -> str:
    """The name of a member as rulebooks have it."""
    return "externalId" if member == "externalIdentifier" else member


def fact_of(member: str, value: Any) -> Any:
    """A member's value as the fact that it gives takes it; None where it says nothing."""
    if member == "externalIdentifier":
        return " ".join(str(one["id"]) for one in value if one.get("id")) or None
    if member == "channel":
        return value.get("id")
    if member == "relatedEntity":
        return concerns.written(value) or None
    return value


def characteristics(sent: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Facts given by name."""
    return {str(one["name"]): one["value"] for one in sent if "name" in one and "value" in one}


def texts(notes: Iterable[Mapping[str, Any]]) -> list[str]:
    """The words of notes; a note without any is refused."""
    found = [str(note.get("text", "")).strip() for note in notes]
    if not all(found):
        raise conflict("备注须有 text", "A note needs a `text`")
    return found


def attached(sent: Iterable[Mapping[str, Any]]) -> Attached:
    """Look into and keep what was attached. Raises TmfError for what is not taken. No address is ever fetched."""
    files, words, links = [], [], []
    for one in sent:
        if content := one.get("content"):
            kept = receive(str(one.get("name") or "attachment"), _bytes(content), clock.now())
            if isinstance(kept, FileRefusal):
                raise TmfError("file-refused", kept.text)
            files.append(kept.as_fact())
            words.append(str(one.get("description") or one.get("name") or kept.name))
        elif url := str(one.get("url") or one.get("href") or "").strip():
            links.append(" ".join(url.split()))
            words.append(" ".join(filter(None, (str(one.get("description") or one.get("name") or ""), links[-1]))))
        else:
            raise conflict("附件须有 content（base64）或 url", "An attachment needs its `content` (base64) or a `url`")
    return Attached(tuple(files), "\n".join(words), "\n".join(links))


def _bytes(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise conflict("附件的 content 不是 base64", "An attachment's `content` is not base64") from error
