"""Listing and retrieving tickets."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpResponse

from . import query
from .calls import Call, told
from .listing import ALWAYS, Page, find, members, page
from .tickets import Seen, render


def listed(call: Call) -> HttpResponse:
    """The tickets the caller may see, filtered, ordered and page by page."""
    asked = query.read(call.request.GET, members(call), cursors=call.version == "v5")
    return paged(call, page(call, asked), asked)


def retrieved(call: Call, id: str) -> HttpResponse:
    """One ticket."""
    return shown(call, find(call, id))


def shown(call: Call, seen: Seen, status: int = 200) -> HttpResponse:
    """A ticket as an answer: the members asked for, and its ETag for whoever wants to change it as seen."""
    fields = query.fields_of(call.request.GET)
    response = told(render(seen, None if fields is None else fields | ALWAYS), status)
    response.headers["ETag"] = f'"{seen.case.length}"'
    return response


def paged(call: Call, found: Page, asked: query.Query) -> HttpResponse:
    """A page of a list, with how long the list is and where the other pages are."""
    response = told(found.items)
    response.headers["X-Total-Count"] = str(found.total)
    response.headers["X-Result-Count"] = str(len(found.items))
    links = [f'<{url}>; rel="{name}"' for name, url in _neighbours(call, found, asked)]
    if links:
        response.headers["Link"] = ", ".join(links)
    return response


def _neighbours(call: Call, found: Page, asked: query.Query) -> list[tuple[str, str]]:
    """The addresses of the first page, the last, and those before and after this one."""
    step = max(asked.limit, 1)
    start, stop = found.places.start, found.places.stop
    places = {
        "first": 0 if found.total else None, "prev": max(start - step, 0) if start > 0 else None,
        "next": stop if stop < found.total else None, "last": (found.total - 1) // step * step if found.total else None,
    }  # fmt: skip
    kept = [
        (k, v)
        for k, values in call.request.GET.lists()
        if k not in ("offset", "limit", "after", "before")
        for v in values
    ]
    here = call.request.build_absolute_uri(call.request.path)
    told = [
        (rel, f"{here}?{urlencode([*kept, ('offset', place), ('limit', step)])}")
        for rel, place in places.items()
        if place is not None
    ]
    if call.version == "v5" and stop < found.total and len(found.places):
        told.append(("after", f"{here}?{urlencode([*kept, ('after', query.cursor(stop - 1)), ('limit', step)])}"))
    if call.version == "v5" and start > 0:
        told.append(("before", f"{here}?{urlencode([*kept, ('before', query.cursor(start)), ('limit', step)])}"))
    return told
