"""The addresses of both versions, as the official descriptions have them."""

from __future__ import annotations

from django.urls import URLPattern, path

from . import reading
from .calls import Operation, endpoint
from .described import Version

READ, WRITE, HOOKS = "cases:read", "cases:write", "hooks"


def _tickets(version: Version) -> list[URLPattern]:
    base = f"tmf-api/troubleTicket/{version}"
    return [
        path(f"{base}/troubleTicket", endpoint(version, GET=Operation(reading.listed, READ))),
        path(f"{base}/troubleTicket/<path:id>", endpoint(version, GET=Operation(reading.retrieved, READ))),
    ]


urlpatterns = [*_tickets("v4"), *_tickets("v5")]
