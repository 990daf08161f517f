"""Pages over many cases: the board."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from mingduan.cases import catalogue
from mingduan.cases.queries import board

from .reader import reader


@login_required
def cases(request: HttpRequest) -> HttpResponse:
    """The board of all cases this person may see."""
    asked = {name: request.GET.get(name, "").strip() for name in ("text", "rulebook", "state")}
    page = Paginator(board(reader(request), timezone.now(), **asked), 25).get_page(request.GET.get("page"))
    engines = catalogue.in_force()
    states = {name: s for e in engines.values() for name, s in e.rulebook.states.items()}
    rows = [(c, catalogue.kept(c.digest).rulebook) for c in page]
    rows_shown = [(c, b, b.states[c.state], [p.name for p in c.parties.all()]) for c, b in rows]
    return render(
        request,
        "web/cases.html",
        {"page": page, "rows": rows_shown, "asked": asked, "engines": engines.values(), "states": states},
    )
