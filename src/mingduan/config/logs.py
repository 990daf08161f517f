"""What is logged: a line a record, of JSON unless a person is looking, with the request and the case it belongs to.

No line holds anybody's data. A record of another library is written without what was put into it, and an exception is told by
its kind and the places it came through, never by its words: those may quote what somebody sent.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from opentelemetry import trace
from pythonjsonlogger.json import JsonFormatter

_about: ContextVar[Mapping[str, str]] = ContextVar("about", default=MappingProxyType({}))
_DEEPEST = 20  # places of an exception that are told, those nearest to it


@contextmanager
def about(**names: str) -> Iterator[None]:
    """Every line written meanwhile says it is about these, as `request="…"` or `case="…"`."""
    token = _about.set({**_about.get(), **names})
    try:
        yield
    finally:
        _about.reset(token)


def note(**names: str) -> None:
    """As `about`, from here to the end of what is under way."""
    _about.set({**_about.get(), **names})


def now_about() -> Mapping[str, str]:
    """What the lines of now are about."""
    return _about.get()


class OwnWords(logging.Filter):
    """Lets through what we wrote and what went wrong; lines of Django about a caller's mistakes are in the request's own line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is written."""
        return not (record.name.startswith(("django.request", "django.security")) and record.levelno < logging.ERROR)


class Json(JsonFormatter):
    """One JSON object a line."""

    def __init__(self) -> None:
        super().__init__(json_ensure_ascii=False)

    def add_fields(self, log_data: dict[str, Any], record: logging.LogRecord, message_dict: dict[str, Any]) -> None:
        """Put into the line what it says."""
        log_data.update(
            {
                "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "level": record.levelname.lower(), "logger": record.name, "message": said(record), **_about.get(),
            }
        )  # fmt: skip
        span = trace.get_current_span().get_span_context()
        if span.is_valid:
            log_data["trace"] = trace.format_trace_id(span.trace_id)
        if isinstance(extra := record.__dict__.get("fields"), dict):
            log_data.update(extra)
        if record.exc_info and record.exc_info[1]:
            log_data["exception"] = came_through(record.exc_info[1])

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """The line without what the library would add of its own."""
        return {name: value for name, value in log_data.items() if name not in ("exc_info", "exc_text")}


class Plain(logging.Formatter):
    """A line for a terminal."""

    def format(self, record: logging.LogRecord) -> str:
        """The line, and where an exception came through below it."""
        line = f"{record.levelname.lower()} {said(record)}" + "".join(f" {k}={v}" for k, v in _about.get().items())
        if record.exc_info and record.exc_info[1]:
            line += f"\n  {came_through(record.exc_info[1])}"
        return line


def said(record: logging.LogRecord) -> str:
    """A record's words: ours whole, those of another library without what was put into them."""
    return record.getMessage() if record.name.startswith("mingduan") else str(record.msg)


def came_through(error: BaseException) -> str:
    """An exception's kind and the places it came through, the deepest last."""
    places = traceback.extract_tb(error.__traceback__)[-_DEEPEST:]
    told = " > ".join(f"{p.filename.rpartition('site-packages/')[2]}:{p.lineno} {p.name}" for p in places)
    kind = type(error)
    return f"{kind.__module__}.{kind.__qualname__}" + (f" at {told}" if told else "")


def configuration(style: str, level: str) -> dict[str, Any]:
    """Logging for Django's settings. `style`: 'json' or 'text'; `level`: of our own lines, others from WARNING on."""
    form = Json if style == "json" else Plain
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": form}},
        "filters": {"own": {"()": OwnWords}},
        "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["own"]}},
        "root": {"handlers": ["console"], "level": "WARNING"},
        # Django's own handlers would say it again, with the address asked for and what was sent.
        "loggers": {
            "django": {"handlers": [], "level": "WARNING", "propagate": True},
            "django.server": {"handlers": [], "level": "WARNING", "propagate": True},
            "mingduan": {"level": level},
        },
    }
