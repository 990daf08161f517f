"""The official descriptions are the test: whatever they allow or forbid is sent, and every answer is as they say."""

from __future__ import annotations

import copy
import logging
import os
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpRequest
from hypothesis import HealthCheck, settings

from mingduan.api.caller import Caller, Token
from mingduan.api.tmf621.described import Version, description
from mingduan.config.wsgi import application

from .house import people

MANY = int(os.environ.get("MINGDUAN_TMF_EXAMPLES", "6"))


def _from_somewhere(environ: dict[str, Any], start_response: Any) -> Any:
    """As every server does, say where a request comes from."""
    return application({"REMOTE_ADDR": "127.0.0.1", **environ}, start_response)


def _told_apart(schema: Any) -> Any:
    """Alternatives that `@type` tells apart, with that type: as plain JSON Schema no party at all would be one of them,
    for whatever is a PartyRef is a PartyRoleRef too. Requests are made so already.
    """
    if isinstance(schema, list):
        return [_told_apart(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    plain = {key: _told_apart(value) for key, value in schema.items()}
    if "oneOf" in schema and isinstance(schema.get("discriminator"), dict):
        kinds = plain.pop("discriminator")
        plain["oneOf"] = [
            {"allOf": [{"$ref": ref}, {"properties": {kinds["propertyName"]: {"enum": [kind]}}}]} for kind, ref in kinds["mapping"].items()
        ]  # fmt: skip
    return plain


def _official(version: Version) -> Any:
    """The description as it is published, for this server."""
    described = _told_apart(copy.deepcopy(description(version)))
    if version == "v5":
        described["servers"] = [{"url": "/tmf-api/troubleTicket/v5/"}]
    loaded = schemathesis.openapi.from_dict(described)
    loaded.app = _from_somewhere
    return loaded


v4, v5 = _official("v4"), _official("v5")


@pytest.fixture(autouse=True)
def one_connection() -> Iterator[None]:
    """A request must not close the connection that holds the test's transaction; Django's own client sees to it too."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture(autouse=True)
def desk(db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The operator's people and a ticket; no name resolves."""

    def nowhere(*_: Any, **__: Any) -> Any:
        raise OSError("no network in tests")

    people().filed("2026-03-10 09:00")
    monkeypatch.setattr(socket, "getaddrinfo", nowhere)


@pytest.fixture(autouse=True)
def briskly(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Twenty thousand calls by one program: who it is, is asked of the database once in a test, and no call is written to a log.
    That was more than half of the time.
    """
    asked, known = Token.authenticate, dict[tuple[str, str], Caller]()

    def remembered(self: Token, request: HttpRequest, token: str) -> Caller | None:
        found = known.get((self.scope, token)) or asked(self, request, token)
        if found is not None:
            known[self.scope, token] = found
        return found

    monkeypatch.setattr(Token, "authenticate", remembered)
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def _answered(case: schemathesis.Case) -> None:
    case.headers["Authorization"] = "Bearer desk"
    case.validate_response(case.call())


@v4.parametrize()
@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
def test_version_4_answers_as_described(case: schemathesis.Case) -> None:
    _answered(case)


@v5.parametrize()
@settings(max_examples=MANY, deadline=None, suppress_health_check=list(HealthCheck))
def test_version_5_answers_as_described(case: schemathesis.Case) -> None:
    _answered(case)
