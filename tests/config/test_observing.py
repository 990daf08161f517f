"""Around a request: its id goes through, its line, its time and its span tell the pattern of the address and nothing that is secret."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from mingduan.config import logs, metrics, observing

pytestmark = pytest.mark.django_db
SECRET = "/answer/not-to-be-guessed/"


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    """What each request's line tells, with what it is about."""
    found: list[dict[str, Any]] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            found.append({**record.__dict__["fields"], **logs.now_about(), "message": record.getMessage()})

    handler, log = Keep(), logging.getLogger("mingduan.request")
    log.addHandler(handler)
    before, level = log.level, logging.INFO
    log.setLevel(level)
    yield found
    log.setLevel(before)
    log.removeHandler(handler)


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> InMemorySpanExporter:
    """Where the spans of requests go."""
    kept, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    monkeypatch.setattr(observing, "tracer", provider.get_tracer("test"))
    return kept


def test_a_proxys_id_goes_through_and_a_bad_one_is_replaced() -> None:
    assert Client(headers={"X-Request-ID": "proxy-0001"}).get("/health/live").headers["X-Request-ID"] == "proxy-0001"
    for bad in ("short", "x" * 65, "a b c d e f g", "<script>alert(1)</script>"):
        given = Client(headers={"X-Request-ID": bad}).get("/health/live").headers["X-Request-ID"]
        assert re.fullmatch(r"[0-9a-f]{32}", given), bad


def test_a_line_tells_the_pattern_never_the_secret_in_it(lines: list[dict[str, Any]]) -> None:
    Client().get(SECRET)
    (line,) = lines
    assert (line["route"], line["method"]) == ("/answer/<str:word>/", "GET")
    assert len(line["request"]) == 32
    assert "not-to-be-guessed" not in str(line)


def test_a_line_about_a_case_names_it(lines: list[dict[str, Any]]) -> None:
    Client().get("/cases/CACE-SS-2026-0001/")
    assert lines[0]["case"] == "CACE-SS-2026-0001"


def test_a_span_continues_the_callers_trace_and_tells_no_address(spans: InMemorySpanExporter) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    Client(headers={"traceparent": f"00-{trace}-b7ad6b7169203331-01"}).get(SECRET)
    (span,) = spans.get_finished_spans()
    assert span.name == "GET /answer/<str:word>/"
    assert f"{span.context.trace_id:032x}" == trace
    assert "not-to-be-guessed" not in span.to_json()


def test_requests_are_timed_by_pattern() -> None:
    Client().get(SECRET)
    told = metrics.shown().decode()
    assert re.search(r'mingduan_request_seconds_count\{method="GET",route="/answer/<str:word>/",status="\d+"\}', told)
    assert "not-to-be-guessed" not in told
