"""What time it is, for whoever must ask: pages, programs and the worker.

It is the real time, but in a demonstration, whose clock can be put forward so that an afternoon shows what takes months.
That clock never goes back: a case's events are in order.
"""

from __future__ import annotations

import os
import tempfile
from datetime import date, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone


def now() -> datetime:
    """The instant it is now (aware, UTC)."""
    return timezone.now() + (_ahead() or timedelta())


def today() -> date:
    """The local day it is now."""
    return timezone.localdate(now())


def is_demonstration() -> bool:
    """Whether this installation is a demonstration, and so has a clock that can be put forward."""
    return _ahead() is not None


def begin_demonstration() -> None:
    """Make this installation a demonstration; its clock shows the real time until it is put forward."""
    _write(timedelta())


def put_forward(to: datetime) -> None:
    """Put the demonstration's clock forward to `to`. Raises ValueError outside a demonstration, or for a time past."""
    if not is_demonstration() or to < now():
        raise ValueError("only a demonstration's clock moves, and only forward")
    _write(to - timezone.now())


def _ahead() -> timedelta | None:
    """How far the demonstration's clock is ahead of the real one; None where there is no demonstration."""
    try:
        return timedelta(seconds=float(_file().read_text()))
    except FileNotFoundError:
        return None


def _write(ahead: timedelta) -> None:
    """At once or not at all: another process may be reading."""
    with tempfile.NamedTemporaryFile("w", dir=settings.HOME, delete=False) as out:
        out.write(str(ahead.total_seconds()))
    os.replace(out.name, _file())


def _file() -> Path:
    return Path(settings.HOME) / "demo-clock"
