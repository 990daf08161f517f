"""Around every request: its id, one line in the log, its time, its span. Addresses are told by their pattern, for some hold a secret."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Callable
from time import perf_counter
from typing import Any

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from opentelemetry.propagate import extract
from opentelemetry.trace import SpanKind, Status, StatusCode

from . import logs
from .metrics import REQUESTS
from .tracing import tracer

HEADER = "X-Request-ID"
_OURS = re.compile(r"[A-Za-z0-9._-]{8,64}")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_log = logging.getLogger("mingduan.request")


class ObservingMiddleware:
    """The outermost: whatever is answered passes here."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, with the id that a proxy gave the request or that is made here."""
        given = request.headers.get(HEADER, "")
        name = given if _OURS.fullmatch(given) else uuid.uuid4().hex
        method = request.method if request.method in _METHODS else "other"
        started = perf_counter()
        with (
            logs.about(request=name),
            tracer.start_as_current_span(str(method), extract(request.headers), SpanKind.SERVER, record_exception=False) as span,
        ):  # fmt: skip
            response = self.get_response(request)
            route, seconds = _route(request), perf_counter() - started
            span.update_name(f"{method} {route}")
            span.set_attributes({"http.request.method": str(method), "http.route": route, "http.response.status_code": response.status_code})  # fmt: skip
            if response.status_code >= 500:
                span.set_status(Status(StatusCode.ERROR))
            REQUESTS.labels(method, route, response.status_code).observe(seconds)
            fields = {"method": method, "route": route, "status": response.status_code, "ms": round(seconds * 1000, 1)}
            _log.info("answered", extra={"fields": fields})
        response.headers[HEADER] = name
        return response

    def process_view(self, request: HttpRequest, view: Any, args: Any, places: dict[str, Any]) -> None:
        """From here on it is known which case it is about."""
        if "cases/" in _route(request) and "number" in places:
            logs.note(case=str(places["number"])[:40])


def _route(request: HttpRequest) -> str:
    """The pattern of the address that was asked for."""
    match = request.resolver_match
    return f"/{match.route}" if match else "(none)"
