"""What is counted and timed while it happens, for Prometheus; the processes of a machine count into files they share."""

from __future__ import annotations

import os
from pathlib import Path

from .settings import METRICS_DIR

# The library decides by this when it is imported whether processes share what they count.
os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", str(METRICS_DIR))
Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).mkdir(parents=True, exist_ok=True)

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest  # noqa: E402  after the line above
from prometheus_client.multiprocess import MultiProcessCollector  # noqa: E402
from prometheus_client.registry import Collector  # noqa: E402

REQUESTS = Histogram(
    "mingduan_request_seconds", "Time an answer took on the server", ("method", "route", "status"),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)  # fmt: skip
JOBS = Histogram(
    "mingduan_job_seconds", "Time the worker spent on a job that had something to do", ("job",), buckets=(0.1, 1, 10, 60, 600)
)  # fmt: skip
JOB_FAILURES = Counter("mingduan_job_failures", "Rounds in which a job of the worker failed", ("job",))
PIECES = Counter("mingduan_outbox_pieces", "Pieces of work done or failed", ("topic", "outcome"))


def shown(*more: Collector) -> bytes:
    """Everything counted on this machine, and what `more` finds now, as Prometheus reads it."""
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=os.environ["PROMETHEUS_MULTIPROC_DIR"])  # type: ignore[no-untyped-call]
    for collector in more:
        registry.register(collector)
    return generate_latest(registry)


def forget() -> None:
    """Begin to count from nothing: for whoever starts all processes of a machine."""
    for file in Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]).glob("*.db"):
        file.unlink(missing_ok=True)
