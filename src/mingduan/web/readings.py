"""Who opened a case and its papers, for the body's officers (S01 8.1)."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from mingduan.cases import catalogue
from mingduan.cases.access import log_reading
from mingduan.config import clock

from .reader import case_for, whole


@never_cache
def readings(request: HttpRequest, number: str) -> HttpResponse:
    """Every reading of the case, the latest first. Parties and panel members can't see it."""
    found, got = case_for(request, number)
    book = catalogue.kept(found.digest).rulebook
    if not any(book.roles[r].side == "body" for r in got.actor.roles if r in book.roles):
        raise Http404
    log_reading(found, got.actor, clock.now())
    asked = request.GET.get("reader", "")
    rows = found.readings.order_by("-at", "-id")
    page = Paginator(rows.filter(reader_id=asked) if asked else rows, 50).get_page(whole(request.GET.get("page")) or 1)
    readers = sorted(
        {(r, name) for r, name in found.readings.values_list("reader_id", "reader") if r}, key=lambda x: x[1]
    )
    return render(request, "web/readings.html", {"case": found, "page": page, "readers": readers, "asked": asked})
