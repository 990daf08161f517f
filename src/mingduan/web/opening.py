"""Opening a case that the body itself opens (a proposal, a check), by whoever holds the office; its parties come from the register."""

from __future__ import annotations

import secrets
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import catalogue
from mingduan.cases.access import opener, openings
from mingduan.cases.act import open_case
from mingduan.cases.panels import engageable
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.case import Refusal
from mingduan.procedure.rulebook import Action
from mingduan.procedure.text import Text
from mingduan.registry import profile

from .forms import facts, fields, place_errors
from .reader import reader
from .templatetags.mingduan import t


def about_certificate(user: User, number: str) -> list[tuple[Action, str]]:
    """What an officer can begin about a certificate, each with the address of its form, the number filled in."""
    found = []
    for entry in catalogue.in_force().values():
        book = entry.rulebook
        fact = profile.certificate_fact(book)
        for action in openings(user, book) if fact else ():
            if fact in book.actions[action].asks:
                address = reverse("open", args=[*book.id.split("/"), action])
                found.append((book.actions[action], f"{address}?{urlencode({fact: number})}"))
    return found


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def open_(request: HttpRequest, body: str, procedure: str, action: str) -> HttpResponse:
    """The form of an opening action, and opening the case."""
    engine = catalogue.current(f"{body}/{procedure}")
    user = reader(request)
    role = openings(user, engine.rulebook).get(action) if engine is not None else None
    if engine is None or role is None:
        raise Http404
    spec = engine.rulebook.actions[action]
    post = request.POST if request.method == "POST" else None
    offered = engageable(engine, spec.engages) if spec.engages else ()
    organisations = [(str(o.pk), Text(zh=o.name, en=o.name)) for o in offered]
    inputs = engine.inputs(action, {role})
    brought = {i.name: request.GET[i.name][:200] for i in inputs if i.fact.type == "text" and i.name in request.GET}
    form = fields(inputs, (), post, brought, request.FILES, choices={"organisation": organisations})
    refused: list[Any] = []
    if post is not None and not any(f.errors for f in form):
        done = open_case(
            rulebook=engine.rulebook.id, action=action, actor=opener(user, "", role), at=clock.now(), facts=facts(form), sides=(), title="",
            key=post.get("key", "")[:100],
        )  # fmt: skip
        if not isinstance(done, Refusal):
            messages.success(request, t(f"已立案：{done.case.number}", f"Opened: {done.case.number}"))
            return redirect("case", done.case.number)
        refused = place_errors(form, done.reasons)
    return render(request, "web/open.html", {
        "book": engine.rulebook, "action": spec, "form": form, "refused": refused,
        "key": request.POST.get("key") or secrets.token_urlsafe(12),
    }, status=422 if post is not None else 200)  # fmt: skip
