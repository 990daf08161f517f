"""For the machines that watch over this one: is it alive, can it serve, how does it stand. Nothing here is about a person."""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from mingduan.cases import catalogue, condition
from mingduan.config import clock, metrics, pulse

_FRESH = 15  # seconds for which what was asked of the store is told again: several scrapers cost no more than one
_migrated = False


@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """The process answers."""
    return JsonResponse({"status": "ok"})


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """It can serve: 200, or 503 with what it lacks."""
    checks = {name: _holds(check) for name, check in CHECKS.items()}
    well = all(checks.values())
    return JsonResponse({"status": "ok" if well else "failing", "checks": checks}, status=200 if well else 503)


@never_cache
@require_safe
def figures(request: HttpRequest) -> HttpResponse:
    """Everything that is counted, for Prometheus with the token that MINGDUAN_METRICS_TOKEN names; for others it is not there."""
    told = request.headers.get("Authorization", "").encode("utf-8", "replace")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(told, f"Bearer {settings.METRICS_TOKEN}".encode()):
        raise Http404
    return HttpResponse(metrics.shown(_Store()), content_type="text/plain; version=0.0.4; charset=utf-8")


class _Store(Collector):
    """How the store stands, as gauges."""

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges now, or those of a moment ago."""
        for name, about, value in _standing():
            gauge = GaugeMetricFamily(name, about)
            gauge.add_metric([], value)
            yield gauge
        pieces = GaugeMetricFamily("mingduan_outbox_waiting", "Pieces of work not done", labels=("topic", "failing"))
        for row in condition.waiting():
            pieces.add_metric([row.topic, "no"], row.pieces - row.failing)
            pieces.add_metric([row.topic, "yes"], row.failing)
        yield pieces


def _standing() -> list[tuple[str, str, float]]:
    if (kept := cache.get("health:standing")) is not None:
        return list(kept)
    found = list(_counted())
    cache.set("health:standing", found, _FRESH)
    return found


def _counted() -> Iterator[tuple[str, str, float]]:
    now = clock.now()
    owed, last, stamp = condition.owed(now), pulse.last_round(), condition.last_checkpoint()
    yield "mingduan_cases_running", "Cases under way", condition.running()
    yield "mingduan_duties_late", "Deadlines that have passed unmet", owed.late
    yield "mingduan_duties_within_a_day", "Deadlines that pass within a day", owed.within_a_day
    yield "mingduan_outbox_overdue_seconds", "How long the first piece that is due has waited", condition.overdue_work(now).total_seconds()  # fmt: skip
    if last is not None:
        yield "mingduan_worker_seconds_since_round", "Since the worker last went round", max((now - last.at).total_seconds(), 0)  # fmt: skip
    if stamp is not None:
        yield "mingduan_checkpoint_seconds_since", "Since the last checkpoint", max((now - stamp.at).total_seconds(), 0)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone() == (1,))


def _migrations() -> bool:
    """Whether the database has the form that this code wants; asked until it has."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


def _rulebooks() -> bool:
    return bool(catalogue.in_force())


def _files() -> bool:
    return os.access(settings.HOME, os.W_OK)


CHECKS: Mapping[str, Callable[[], Any]] = {
    "database": _database, "migrations": _migrations, "rulebooks": _rulebooks, "files": _files,
}  # fmt: skip


def _holds(check: Callable[[], Any]) -> bool:
    try:
        return bool(check())
    except (DatabaseError, OSError):
        return False
