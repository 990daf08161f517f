"""A person's rights to what is held of them (PIPL 45, 47): the page on which they ask, and the copy they are given."""

from __future__ import annotations

import tempfile

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import catalogue, requests
from mingduan.cases.access import log_listing, log_reading
from mingduan.cases.act import state_of
from mingduan.cases.erasing import erasure, hindered
from mingduan.cases.models import Reading
from mingduan.cases.personal import person, personal_facts
from mingduan.cases.retention import keeping
from mingduan.config import clock
from mingduan.paper.copies import copy
from mingduan.people.models import User
from mingduan.procedure.case import Refusal

from .reader import case_for
from .templatetags.mingduan import words


@never_cache
@require_http_methods(["GET", "POST"])
def rights(request: HttpRequest, number: str) -> HttpResponse:
    """What is held of the person, what they asked before, and asking for a copy or for erasure; only for themselves."""
    found, got = case_for(request, number)
    me = person(found, got)
    engine = requests.procedure(found)
    if me is None or engine is None:
        raise Http404
    now = clock.now()
    if request.method == "POST":
        user = request.user if isinstance(request.user, User) and me.user_id == request.user.pk else None
        done = requests.ask(
            me, user, now, request.POST.get("why", "").strip()[:2000],
            request.POST.get("everywhere") == "yes" and user is not None, request.session.get(f"secret:{number}", "") if user is None else "",
            wanted=requests.ERASURE if request.POST.get("wanted") == requests.ERASURE else requests.COPY,
        )  # fmt: skip
        if not isinstance(done, Refusal):
            if user is None:
                request.session[f"secret:{done.case.number}"] = request.session.get(f"secret:{number}", "")
            return redirect("case", done.case.number)
        for reason in done.reasons:
            messages.error(request, words(reason.text))
    book = catalogue.kept(found.digest).rulebook
    held = [f for n, f in personal_facts(book).items() if found.facts.get(n)]
    return render(request, "web/mydata.html", {
        "case": found, "book": book, "held": held, "asked": [(r, catalogue.kept(r.digest).rulebook.states[r.state]) for r in requests.of(found)],
        "keeping": keeping(catalogue.kept(found.digest), state_of(found)), "account": isinstance(request.user, User), "terms": engine.rulebook,
        "erasable": bool(engine.rulebook.personal_requests and engine.rulebook.personal_requests.erases) and not erasure(found), "erased": erasure(found),
        "kept": hindered(found, now),
    }, status=422 if request.method == "POST" else 200)  # fmt: skip


@never_cache
def copy_file(request: HttpRequest, number: str) -> FileResponse:
    """The copy that a request was given, made as things stand now: for whoever asked, and for the officers who answer requests."""
    found, got = case_for(request, number)
    how = requests.terms(found)
    parties = requests.about(found) if how is not None and requests.given(found) else []
    engine = catalogue.kept(found.digest)
    answering = set(engine.rulebook.actions[how.gives].by) if how else set()
    if not parties or (person(found, got) is None and not got.actor.roles & answering):
        raise Http404
    now, name = clock.now(), f"{number}.zip"
    spooled = tempfile.TemporaryFile()  # noqa: SIM115  the response closes it
    copy(parties, number, now).write(spooled)
    spooled.seek(0)
    log_reading(found, got.actor, now, Reading.What.COPY, name)
    log_listing([(p.case, got.actor) for p in parties], now, Reading.What.COPY, name)
    return FileResponse(spooled, as_attachment=True, filename=name, content_type="application/zip")
