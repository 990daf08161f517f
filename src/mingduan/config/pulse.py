"""Signs of life that processes leave for each other: when the worker last went round, when each thing was last done.

They are kept in the shared cache: losing them loses no more than knowing when.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache

_ROUND = "pulse:round"
_DONE = "pulse:done:"


@dataclass(frozen=True, slots=True)
class Round:
    """The worker's last round: when it ended, on which machine, and which jobs failed in it."""

    at: datetime
    machine: str
    failed: tuple[str, ...]


def went_round(at: datetime, machine: str, failed: Iterable[str]) -> None:
    """Leave word that a round has ended."""
    cache.set(_ROUND, asdict(Round(at, machine, tuple(failed))), None)


def last_round() -> Round | None:
    """The last round of any worker, if one is known."""
    found: Mapping[str, Any] | None = cache.get(_ROUND)
    return Round(**found) if found else None


def did(what: str, at: datetime, well: bool = True) -> None:
    """Leave word that something that an administrator owes was done: `backup`, `verify`."""
    cache.set(_DONE + what, (at, well), None)


def last_done(what: str) -> tuple[datetime, bool] | None:
    """When it was last done and whether it went well, if it is known."""
    found: tuple[datetime, bool] | None = cache.get(_DONE + what)
    return found
