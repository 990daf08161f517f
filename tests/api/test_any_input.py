"""Whatever is sent to any operation: never our error, never an answer the description does not know."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, settings
from schemathesis.checks import (
    content_type_conformance,
    not_a_server_error,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)  # fmt: skip

from mingduan.api.api import api
from mingduan.config import limits
from mingduan.config.wsgi import application

from .client import REGISTRATION, call, filed, make_people

CHECKS = [
    not_a_server_error, status_code_conformance, content_type_conformance, response_headers_conformance,
    response_schema_conformance,
]  # fmt: skip


schema = schemathesis.openapi.from_dict(api.get_openapi_schema(path_prefix="/api/"))


def _from_somewhere(environ: dict[str, Any], start_response: Any) -> Any:
    """As every server does, say where a request comes from: who asks too often is told by that."""
    return application({"REMOTE_ADDR": "127.0.0.1", **environ}, start_response)


schema.app = _from_somewhere


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A request must not close the connection that holds the test's transaction; Django's own client sees to it too."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def office(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """There are people and a case; no name resolves, and nobody is held back for asking often."""

    def nowhere(*_: Any, **__: Any) -> Any:
        raise OSError("no network in tests")

    make_people()
    filed()
    assert call("enterprise", "PUT", "/profile", REGISTRATION).status_code == 200
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    for name, limit in limits.TABLE.items():
        monkeypatch.setitem(limits.TABLE, name, replace(limit, times=10**6))


@schema.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_input_is_answered_as_described(case: schemathesis.Case) -> None:
    if "number" in case.path_parameters:
        case.path_parameters["number"] = "CACE-SS-2026-0001"
    token = "enterprise" if "/profile" in case.path else "centre"
    response = case.call(headers={"Authorization": f"Bearer {token}"})
    case.validate_response(response, checks=CHECKS)
