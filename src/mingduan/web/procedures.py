"""The procedures themselves as pages."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from mingduan.cases import catalogue
from mingduan.procedure.engine import Engine
from mingduan.procedure.period import TZ
from mingduan.procedure.verify import coverage, windows

from .templatetags.mingduan import lang


def procedures(request: HttpRequest) -> HttpResponse:
    """Every procedure that runs here."""
    return render(request, "web/procedures.html", {"engines": catalogue.in_force().values()})


def procedure(request: HttpRequest, body: str, procedure: str) -> HttpResponse:
    """One procedure: stages, actions, deadlines, coverage; and all its dates if filed on a day."""
    engine = catalogue.current(f"{body}/{procedure}")
    if engine is None:
        raise Http404
    try:
        start = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        start = timezone.now().astimezone(TZ).date()
    book = engine.rulebook
    try:
        dates = [(w, book.deadlines[w.deadline]) for w in windows(book, start, engine.calendar)]
    except ValueError:
        start, dates = timezone.now().astimezone(TZ).date(), []
    stages = [
        (
            stage,
            [
                (s, [a for a in book.actions.values() if name in a.since])
                for name, s in book.states.items()
                if s.stage == key
            ],
        )
        for key, stage in book.stages.items()
    ]
    deadlines = [
        (d, book.roles.get(d.owner or ""), [book.actions[a] for a in (*d.met_by, *d.limits)], _length(engine, d))
        for d in book.deadlines.values()
    ]
    return render(request, "web/procedure.html", {
        "book": book, "stages": stages, "deadlines": deadlines, "coverage": coverage(book), "start": start, "dates": dates,
        "provisional": {w.deadline for w, _ in dates if engine.calendar.is_provisional(w.last)},
    })  # fmt: skip


def _length(engine: Engine, spec: Any) -> str:
    value = spec.within or spec.at_least or spec.not_before
    return engine.rulebook.period(value).text(lang())
