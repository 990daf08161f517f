"""Traces: who called what and how long it took, sent to a collector where one is named; without one they cost nothing.

A span names kinds and numbers of cases, never what somebody sent.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from opentelemetry import trace

P = ParamSpec("P")
R = TypeVar("R")
COLLECTOR = "OTEL_EXPORTER_OTLP_ENDPOINT"
tracer = trace.get_tracer("mingduan")


def traced(name: str, *told: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A function whose every call is a span; `told` names the keyword arguments that are told of it."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        @wraps(function)
        def call(*args: P.args, **kwargs: P.kwargs) -> R:
            about = {f"mingduan.{key}": str(kwargs[key]) for key in told if kwargs.get(key)}
            with tracer.start_as_current_span(name, attributes=about, record_exception=False):
                return function(*args, **kwargs)

        return call

    return wrap


def start(service: str) -> None:
    """Send this process's traces to the collector that OTEL_EXPORTER_OTLP_ENDPOINT names, if it names one.

    Raises RuntimeError when the `traces` extra is not installed.
    """
    if not os.environ.get(COLLECTOR):
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as error:
        raise RuntimeError(f"{COLLECTOR} 已设置，请安装 mingduan[traces] / is set: install mingduan[traces]") from error
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
