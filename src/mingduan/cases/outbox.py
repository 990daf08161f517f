"""Work that follows from an event and reaches outside: written with the event, done by a worker, retried until done.

A handler must be idempotent: a worker that dies between doing and noting it will do it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from mingduan.config import logs
from mingduan.config.metrics import PIECES
from mingduan.config.tracing import tracer

from .models import Outbox

Handler = Callable[[Mapping[str, Any], datetime], None]
MAX_DELAY = timedelta(hours=6)
LEASE = timedelta(minutes=10)
_HANDLERS: dict[str, Handler] = {}
_log = logging.getLogger(__name__)


def handles(topic: str) -> Callable[[Handler], Handler]:
    """Register the one function that does the work of `topic`: handler(payload, at)."""

    def register(function: Handler) -> Handler:
        _HANDLERS[topic] = function
        return function

    return register


def put(topic: str, key: str, payload: Mapping[str, Any], at: datetime) -> None:
    """Ask for work, once for each `key`; call it inside the transaction of what it follows from."""
    put_all([asked(topic, key, payload, at)])


def asked(topic: str, key: str, payload: Mapping[str, Any], at: datetime) -> Outbox:
    """Work to be asked for by `put_all`."""
    return Outbox(key=key, topic=topic, payload=dict(payload), due=at)


def put_all(wanted: Iterable[Outbox]) -> None:
    """Ask for several pieces of work at once."""
    Outbox.objects.bulk_create(wanted, ignore_conflicts=True)


def run(at: datetime, limit: int = 100) -> int:
    """Do what is due at `at`, at most `limit`; returns how many were done. A failure is noted and tried again later."""
    done = 0
    for pk in (
        Outbox.objects.filter(done_at=None, due__lte=at, topic__in=_HANDLERS)
        .order_by("due", "id")
        .values_list("pk", flat=True)[:limit]
    ):
        done += _one(pk, at)
    return done


def backlog() -> int:
    """How much is waiting."""
    return Outbox.objects.filter(done_at=None).count()


def behind(at: datetime) -> bool:
    """Whether something that was due at `at` still waits to be done."""
    return Outbox.objects.filter(done_at=None, due__lte=at, topic__in=_HANDLERS).exists()


def _one(pk: int, at: datetime) -> bool:
    """Do one piece. It is claimed first by moving it out of the others' sight for a while, so that a slow
    handler holds no lock, and a worker that dies leaves it to the next.
    """
    row = Outbox.objects.get(pk=pk)
    claim = Outbox.objects.filter(pk=pk, done_at=None, due=row.due, due__lte=at, attempts=row.attempts)
    if not claim.update(due=at + LEASE, attempts=row.attempts + 1):
        return False
    mine = Outbox.objects.filter(pk=pk, attempts=row.attempts + 1)
    try:
        with tracer.start_as_current_span(f"outbox {row.topic}", record_exception=False):
            _HANDLERS[row.topic](row.payload, at)
    except Exception as error:  # whatever it was, it is kept, shown and tried again
        _log.warning("outbox: %s %d failed, try %d: %s", row.topic, pk, row.attempts + 1, logs.came_through(error))
        PIECES.labels(row.topic, "failed").inc()
        wait = min(timedelta(seconds=30) * 2 ** min(row.attempts, 12), MAX_DELAY)
        mine.update(due=at + wait, error=f"{type(error).__name__}: {error}"[:500])
        return False
    mine.update(done_at=at, error="")
    PIECES.labels(row.topic, "done").inc()
    return True
