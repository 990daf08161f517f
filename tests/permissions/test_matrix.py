"""Every address × every person against the one written matrix, docs/permissions.md; and every action × every role."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from mingduan.api.api import api
from mingduan.cases import catalogue
from mingduan.people.models import Interest

from .world import World, make, person_of

pytestmark = pytest.mark.django_db
MATRIX = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
_PLACE = re.compile(r"<(?:[a-z_]+:)?([a-z0-9_]+)>")
_REGEX_PLACE = re.compile(r"\(\?P<([a-z0-9_]+)>[^)]*\)")
# What is posted everywhere: enough for every operation that says who may, before it says what is wrong with what was sent.
SENT = {
    "action": "correct", "organisation": "甲", "kind": "顾问", "name": "乙", "relation": "other", "since": "2026-01-01",
    "until": "2026-01-02", "reason": "误录", "why": "核对",
}  # fmt: skip
OPENS, NOT_THERE, SIGN_IN, MAY_NOT = "✓", "–", "↪", "✗"


def rows() -> list[tuple[str, str, dict[str, str]]]:
    """(method, address, person → mark) for each row of the table."""
    table = [re.split(r" \| ", line.strip("|\n ")) for line in MATRIX.read_text().splitlines() if line.startswith("| ")]
    people = table[0][1:]
    found = []
    for cells in table[2:]:
        method, _, address = cells[0].strip("`").rpartition(" ")
        found.append((method or "GET", address, dict(zip(people, cells[1:], strict=True))))
    return found


def routes(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every address the application knows, its places as <name>; the administration's own as one."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        if route.startswith("/admin/"):
            yield "/admin/"
        elif isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield _PLACE.sub(r"<\1>", _REGEX_PLACE.sub(r"<\1>", route)).replace("\\.", ".")


def test_no_address_is_missing_from_the_matrix() -> None:
    assert set(routes()) == {address for _, address, _ in rows()}


def test_each_person_is_answered_as_written() -> None:
    world = make()
    differences = [
        f"{method} {address}: {name} is answered {got}, written is {mark}"
        for method, address, marks in rows()
        for name, mark in marks.items()
        if (got := answer(world, name, method, address)) != mark
    ]
    assert differences == []


def test_a_member_whose_interest_came_to_light_is_answered_as_any_other_expert() -> None:
    """S01 8.3: appointed to the case, with an interest in its filer: what is the case's opens no more."""
    world = make()
    member = world.users["panel2"]
    world.people["tied"] = person_of(member)
    opened = world.people["tied"].client.get(f"/cases/{world.case.number}/").status_code
    Interest.objects.create(user=member, organisation=world.users["filer"].organisation, kind="持股")
    differences = [
        f"{method} {address}: answered {got}, written is {marks['expert']}"
        for method, address, marks in rows()
        if "/experts/<" not in address  # there the expert of the table is asked about themselves
        and (got := answer(world, "tied", method, address)) != marks["expert"]
    ]
    assert opened == 200, "before it was known"
    assert differences == []


@cache
def described() -> dict[str, dict[str, Any]]:
    """address → the members its POST takes, of every operation of the programs' interface."""
    told = api.get_openapi_schema()
    kinds, found = told["components"]["schemas"], {}
    for path, operations in told["paths"].items():
        content = operations.get("post", {}).get("requestBody", {}).get("content", {})
        if (taken := content.get("application/json")) and "$ref" in taken["schema"]:
            found[path] = kinds[taken["schema"]["$ref"].rpartition("/")[2]]["properties"]
    return found


def body(address: str) -> bytes:
    """What is posted to this address: the interface refuses members it never asked for."""
    members = described().get(address.replace("<", "{").replace(">", "}"), SENT)
    return json.dumps({name: value for name, value in SENT.items() if name in members}).encode()


def answer(world: World, name: str, method: str, address: str) -> str:
    """What this person gets for this address; whatever asking changed is taken back."""
    person, case = world.people[name], world.public if name == "secret" else world.case
    values = world.values(address, case)
    url = _PLACE.sub(lambda m: str(values[m[1]]), address)
    client = Client(raise_request_exception=False)
    client.cookies = copy.deepcopy(person.client.cookies)
    headers = person.headers if url.startswith(("/api/", "/tmf-api/")) else {}
    with transaction.atomic():
        sent = body(address) if method == "POST" else b""
        response = client.generic(method, url, sent, "application/json", headers=headers)
        transaction.set_rollback(True)
    return _mark(response)


def _mark(response: HttpResponseBase) -> str:
    """What an answer amounts to: a form that refuses what was sent (4xx of its own) has opened."""
    if response.status_code in (401, 404):
        return NOT_THERE if response.status_code == 404 else SIGN_IN
    if response.status_code == 403:
        return MAY_NOT
    if response.status_code == 302 and "/login/" in response.headers["Location"]:
        return SIGN_IN
    assert response.status_code < 500, response
    return OPENS


def test_each_action_opens_for_the_roles_its_rulebook_names_and_for_nobody_else() -> None:
    world = make()
    roles = {
        "filer": "appellant",
        "opponent": "respondent",
        **{r: r for r in ("centre", "committee", "secretariat", "panel")},
    }
    book = catalogue.kept(world.case.digest).rulebook
    for name, person in world.people.items():
        if name == "secret":
            continue
        overrides = book.override is not None and roles.get(name) in book.override.by
        for action, spec in book.actions.items():
            expected = not spec.opens and name in roles and (overrides or roles[name] in spec.by)
            response = person.client.get(f"/cases/{world.case.number}/do/{action}/")
            assert (response.status_code == 200) == expected, f"{name} {action}: {response.status_code}"
