"""Laws of lists: pages put together are the list, members not asked for are not told, and the store filters as the tickets say."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.test import RequestFactory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mingduan.api.tmf621 import listing, query
from mingduan.api.tmf621.calls import Call
from mingduan.api.tmf621.jsonpatch import patched
from mingduan.api.tmf621.tickets import MEMBERS
from tests.cases.telecom import Desk

from .house import people

pytestmark = pytest.mark.django_db
WHEN = ["2026-03-10 09:00", "2026-03-10 09:00", "2026-03-11 09:00", "2026-03-12 10:30", "2026-03-13 09:00"]
STATUSES = ["acknowledged", "inProgress", "resolved", "nothing", ""]
INSTANTS = ["2026-03-10T01:00:00Z", "2026-03-11T09:00:00+08:00", "2026-03-12T00:00:00Z", "soon"]
OPERATORS = ["", ".eq", ".ne", ".gt", ".gte", ".lt", ".lte"]
law = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def desk() -> Desk:
    made = people()
    for when in WHEN[:3]:
        made.filed(when)
    made.dispatched(WHEN[3])
    made.dispatched(WHEN[4], contractor=1)
    return made


def page(desk: Desk, version: str, who: str = "desk", **asked: object) -> listing.Page:
    """The page that a query gives, without the round through a server."""
    request = RequestFactory().get("/?" + urlencode(asked, doseq=True))
    call = Call(request, version, desk.users[who])  # type: ignore[arg-type]  # v4 or v5
    return listing.page(call, query.read(request.GET, listing.members(call), cursors=version == "v5"))


conditions = st.one_of(
    st.tuples(st.just("status"), st.sampled_from(OPERATORS), st.lists(st.sampled_from(STATUSES), min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["creationDate", "lastUpdate"]), st.sampled_from(OPERATORS), st.lists(st.sampled_from(INSTANTS), min_size=1, max_size=2)),
    st.tuples(st.sampled_from(["id", "ticketType", "severity", "note.author", "relatedParty.role"]), st.sampled_from(OPERATORS),
              st.lists(st.sampled_from(["TELECOM-WL-2026-0001", "telecom/network-complaint", "level3", "desk", "contractor"]), min_size=1, max_size=2)),
)  # fmt: skip


@law
@given(conditions=st.lists(conditions, max_size=3), version=st.sampled_from(["v4", "v5"]))
def test_the_store_filters_as_the_tickets_say(desk: Desk, conditions: list[tuple[str, str, list[str]]], version: str) -> None:  # fmt: skip
    asked = {name + operator: ",".join(values) for name, operator, values in conditions}
    request = RequestFactory().get("/?" + urlencode(asked))
    call = Call(request, version, desk.users["desk"])  # type: ignore[arg-type]  # v4 or v5
    wanted = query.read(request.GET, listing.members(call))
    everything = page(desk, version).items
    assert [t["id"] for t in page(desk, version, **asked).items] == [t["id"] for t in everything if wanted.keeps(t)]


@law
@given(
    limit=st.integers(1, 6),
    sort=st.sampled_from(["", "-creationDate", "status", "-status,creationDate", "severity"]),
    nested=st.booleans(),
)
def test_pages_put_together_are_the_list(desk: Desk, limit: int, sort: str, nested: bool) -> None:
    asked = {"sort": sort, **({"relatedParty.role": "complainant"} if nested else {})}
    whole = page(desk, "v5", **asked)
    found, after = [], {}
    while True:
        part = page(desk, "v5", limit=limit, **asked, **after)
        assert part.total == whole.total == len(WHEN)
        if not part.items:
            break
        found += part.items
        after = {"after": query.cursor(part.places.stop - 1)}
    assert found == whole.items
    offsets = [page(desk, "v5", limit=limit, offset=o, **asked).items for o in range(0, len(WHEN), limit)]
    assert [t for part in offsets for t in part] == whole.items


@law
@given(fields=st.sets(st.sampled_from([*MEMBERS["v4"], "nothing", "note.text"])), version=st.sampled_from(["v4", "v5"]))
def test_no_member_is_told_that_was_not_asked_for(desk: Desk, fields: set[str], version: str) -> None:
    whole = page(desk, version).items
    for ticket, all_of_it in zip(page(desk, version, fields=",".join(fields)).items, whole, strict=True):
        named = {f.partition(".")[0] for f in fields}
        assert ticket == {k: v for k, v in all_of_it.items() if not named or k in named | listing.ALWAYS}


@law
@given(limit=st.integers(-5, 300), offset=st.integers(-5, 10))
def test_a_window_is_within_the_list(limit: int, offset: int) -> None:
    request = RequestFactory().get(f"/?limit={limit}&offset={offset}")
    places = query.read(request.GET, frozenset()).window(7)
    assert list(places) == list(range(7))[max(offset, 0) :][: min(max(limit, 0), query.MOST)]


documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3), max_leaves=8,
)  # fmt: skip


@law
@given(document=st.dictionaries(st.text(max_size=3), documents, max_size=4), name=st.text(max_size=3), value=documents)
def test_a_json_patch_adds_tests_and_takes_away(document: dict[str, object], name: str, value: object) -> None:
    path = "/" + name.replace("~", "~0").replace("/", "~1")
    added = patched(
        document, [{"op": "add", "path": path, "value": value}, {"op": "test", "path": path, "value": value}]
    )
    assert added == {**document, name: value}
    assert patched(added, [{"op": "remove", "path": path}]) == {k: v for k, v in document.items() if k != name}
