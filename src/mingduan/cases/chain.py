"""The hash chain: each event carries the hash of the one before, so that no change goes unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

START = "0" * 64


def tombstone(seq: int) -> dict[str, Any]:
    """What is left of an event's body once its case is disposed of: that it was, and that it is destroyed."""
    return {"seq": seq, "destroyed": True}


def is_tombstone(body: Mapping[str, Any]) -> bool:
    """Whether an event's body has been destroyed; its hash still links the chain."""
    return "destroyed" in body


def link(before: str, number: str, body: Mapping[str, Any]) -> str:
    """The hash of an event's canonical JSON, its case's number and the hash before it."""
    return hashlib.sha256(f"{before}\n{number}\n{_canonical(body)}".encode()).hexdigest()


def digest(body: Mapping[str, Any]) -> str:
    """The hash of an event's canonical JSON by itself."""
    return hashlib.sha256(_canonical(body).encode()).hexdigest()


def _canonical(body: Mapping[str, Any]) -> str:
    return json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
