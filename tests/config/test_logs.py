"""A line of the log: whole, of JSON, about its request and case, and about nobody."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime, timedelta

import pytest

from mingduan.config import logs


def line(name: str, message: str, *args: object, level: int = logging.WARNING, error: BaseException | None = None) -> dict[str, str]:  # fmt: skip
    """What is written of a record."""
    info = (type(error), error, error.__traceback__) if error else None
    record = logging.LogRecord(name, level, __file__, 1, message, args, info)
    told: dict[str, str] = json.loads(logs.Json().format(record))
    return told


def test_a_line_is_json_and_names_its_request_and_case() -> None:
    with logs.about(request="r1"):
        logs.note(case="CACE-SS-2026-0001")
        told = line("mingduan.x", "worker: %d done", 3)
    assert told["message"] == "worker: 3 done"
    assert (told["request"], told["case"], told["level"]) == ("r1", "CACE-SS-2026-0001", "warning")
    assert "request" not in line("mingduan.x", "later")


def test_a_line_tells_the_time_of_utc() -> None:
    told = datetime.fromisoformat(line("mingduan.x", "m")["time"])
    assert abs(datetime.now(UTC) - told) < timedelta(minutes=1)


def test_another_librarys_line_does_not_tell_what_was_put_into_it() -> None:
    assert "王女士" not in json.dumps(
        line("django.request", "Internal Server Error: %s", "/x/王女士"), ensure_ascii=False
    )


def test_an_exception_is_told_by_its_kind_and_its_way_not_by_its_words() -> None:
    try:
        int("13800000000 王女士")
    except ValueError as error:
        told = line("mingduan.x", "failed", error=error)
    assert told["exception"].startswith("builtins.ValueError at ")
    assert "test_logs.py" in told["exception"]
    assert "13800000000" not in json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize(("name", "level", "written"), [
    ("django.request", logging.WARNING, False), ("django.security.csrf", logging.WARNING, False),
    ("django.request", logging.ERROR, True), ("mingduan.x", logging.INFO, True),
])  # fmt: skip
def test_a_callers_mistake_is_in_the_requests_own_line_only(name: str, level: int, written: bool) -> None:
    record = logging.LogRecord(name, level, "", 1, "m", (), None)
    assert logs.OwnWords().filter(record) is written


def test_the_plain_line_is_for_a_terminal() -> None:
    try:
        raise KeyError("王女士")
    except KeyError:
        record = logging.LogRecord("mingduan.x", logging.ERROR, "", 1, "timer: %s failed", ("X-1",), sys.exc_info())
    with logs.about(request="r1"):
        told = logs.Plain().format(record)
    assert told.startswith("error timer: X-1 failed request=r1\n  builtins.KeyError at ")
    assert "王女士" not in told
