"""Every address × every person against the one written matrix, docs/permissions.md; and every action × every role."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver

from mingduan.cases import catalogue

from .world import World, make

pytestmark = pytest.mark.django_db
MATRIX = Path(__file__).resolve().parents[2] / "docs" / "permissions.md"
_PARAMETER = re.compile(r"<(?:[a-z_]+:)?([a-z0-9_]+)>")
OPENS, NOT_THERE, SIGN_IN, MAY_NOT = "✓", "–", "↪", "✗"


def rows() -> list[tuple[str, str, dict[str, str]]]:
    """(method, address, person → mark) for each row of the table."""
    table = [line.strip("| \n").split(" | ") for line in MATRIX.read_text().splitlines() if line.startswith("| ")]
    people = table[0][1:]
    found = []
    for cells in table[2:]:
        method, _, address = cells[0].strip("`").rpartition(" ")
        found.append((method or "GET", address, dict(zip(people, cells[1:], strict=True))))
    return found


def routes(resolver: URLResolver | None = None, prefix: str = "/") -> Iterator[str]:
    """Every address the application knows, as its pattern is written; the administration's own as one."""
    for entry in (resolver or get_resolver()).url_patterns:
        route = prefix + str(entry.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
        if route.startswith("/admin/"):
            yield "/admin/"
        elif isinstance(entry, URLResolver):
            yield from routes(entry, route)
        elif isinstance(entry, URLPattern):
            yield route


@pytest.fixture
def world() -> World:
    return make()


def test_no_address_is_missing_from_the_matrix() -> None:
    assert set(routes()) == {address.partition("?")[0] for _, address, _ in rows()}


@pytest.mark.parametrize(("method", "address", "marks"), rows(), ids=lambda v: v if isinstance(v, str) else "")
def test_each_person_is_answered_as_written(world: World, method: str, address: str, marks: Mapping[str, str]) -> None:
    got = {name: _ask(world, name, method, address) for name in marks}
    assert got == marks


def _ask(world: World, name: str, method: str, address: str) -> str:
    person = world.people[name]
    case = world.public if name == "secret" else world.case
    values = world.values(case)
    url = _PARAMETER.sub(lambda m: str(values[m[1]]), address)
    headers = person.headers if url.startswith("/api/") else {}
    client = person.client
    client.raise_request_exception = False
    return _mark(
        client.generic(method, url, b"{}" if method != "GET" else b"", content_type="application/json", headers=headers)
    )


def _mark(response: HttpResponse) -> str:
    """What an answer amounts to: a form that refuses what was sent (4xx of its own) has opened."""
    if response.status_code == 404:
        return NOT_THERE
    if response.status_code == 403:
        return MAY_NOT
    if response.status_code == 401 or (response.status_code == 302 and "/login/" in response["Location"]):
        return SIGN_IN
    assert response.status_code < 500, response.content[:2000]
    return OPENS


@pytest.mark.parametrize("name", ["filer", "opponent", "stranger", "centre", "committee", "secretariat", "panel", "expert", "barred", "other", "admin", "nobody"])  # fmt: skip
def test_each_action_opens_for_the_roles_its_rulebook_names_and_for_nobody_else(world: World, name: str) -> None:
    roles = {
        "filer": "appellant",
        "opponent": "respondent",
        **{r: r for r in ("centre", "committee", "secretariat", "panel")},
    }
    book = catalogue.kept(world.case.digest).rulebook
    overrides = book.override is not None and roles.get(name) in book.override.by
    for action, spec in book.actions.items():
        expected = not spec.opens and name in roles and (overrides or roles[name] in spec.by)
        response = world.people[name].client.get(f"/cases/{world.case.number}/do/{action}/")
        assert (response.status_code == 200) == expected, f"{name} {action}: {response.status_code}"
