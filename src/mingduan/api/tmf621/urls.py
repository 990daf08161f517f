"""The addresses of both versions, as the official descriptions have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from django.urls import URLPattern, path

from . import changing, hub, listening, opening, reading, specifications
from .calls import JSON, MERGE, PATCHES, QUERY_PATCHES, Operation, endpoint
from .described import Version
from .events import KINDS

READ, WRITE, HOOKS = "cases:read", "cases:write", "hooks"
_BODIES: Mapping[Version, Mapping[str, str]] = {
    "v4": {"create": "TroubleTicket_Create", "change": "TroubleTicket_Update", "hub": "EventSubscriptionInput"},
    "v5": {"create": "TroubleTicket_FVO", "change": "TroubleTicket_MVO", "hub": "Hub_FVO"},
}
_SPECIFICATION_EVENTS = ("Create", "AttributeValueChange", "StatusChange", "Delete")


def _tickets(version: Version) -> Iterator[URLPattern]:
    base, bodies = f"tmf-api/troubleTicket/{version}", _BODIES[version]
    patches = {PATCHES: "JsonPatchOperations", QUERY_PATCHES: "JsonPatchOperations"} if version == "v5" else {}
    yield path(f"{base}/troubleTicket", endpoint(
        version, GET=Operation(reading.listed, READ), POST=Operation(opening.created, WRITE, {JSON: bodies["create"]}),
    ))  # fmt: skip
    yield path(f"{base}/troubleTicket/<path:id>", endpoint(
        version, GET=Operation(reading.retrieved, READ), DELETE=Operation(changing.deleted, WRITE),
        PATCH=Operation(changing.changed, WRITE, {JSON: bodies["change"], MERGE: bodies["change"], **patches}),
    ))  # fmt: skip
    yield path(f"{base}/hub", endpoint(version, POST=Operation(hub.subscribed, HOOKS, {JSON: bodies["hub"]})))
    told = {"GET": Operation(hub.retrieved, HOOKS)} if version == "v5" else {}
    yield path(f"{base}/hub/<path:id>", endpoint(version, DELETE=Operation(hub.unsubscribed, HOOKS), **told))
    for kind in KINDS:
        yield _listener(version, f"troubleTicket{kind}Event")


def _listener(version: Version, name: str) -> URLPattern:
    takes = Operation(listening.notified, HOOKS, {JSON: name[0].upper() + name[1:]})
    return path(f"tmf-api/troubleTicket/{version}/listener/{name}", endpoint(version, POST=takes))


def _specifications() -> Iterator[URLPattern]:
    base = "tmf-api/troubleTicket/v5/troubleTicketSpecification"
    no = Operation(specifications.forbidden, WRITE)
    yield path(base, endpoint("v5", GET=Operation(specifications.listed, READ), POST=no))
    yield path(f"{base}/<path:id>", endpoint("v5", GET=Operation(specifications.retrieved, READ), PATCH=no, DELETE=no))
    for kind in _SPECIFICATION_EVENTS:
        yield _listener("v5", f"troubleTicketSpecification{kind}Event")


urlpatterns = [*_tickets("v4"), *_tickets("v5"), *_specifications()]
