"""What proving the store finds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that does not agree, in which case, at which event."""

    number: str
    seq: int
    what: str
