"""What a customer sends back through the link they were sent: a rating, an answer to an offer, a reopening, an appeal."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import catalogue, links
from mingduan.cases.access import log_reading
from mingduan.cases.act import act
from mingduan.cases.models import Case, EventRow, Notice
from mingduan.config import clock, limits
from mingduan.procedure.case import Reason, Refusal
from mingduan.procedure.rulebook import Action, Rulebook

from .acting import Form
from .errors import slow_down
from .forms import place_errors


@never_cache
@require_http_methods(["GET", "POST"])
def answer(request: HttpRequest, word: str, action: str = "") -> HttpResponse:
    """What the customer was last told, and the first thing they may answer to it; once they have, that they have, and what
    else they may do. A word that nobody signed opens nothing.
    """
    found = links.opened(word)
    if found is None:
        raise Http404
    case, got = found
    role = next(iter(got.actor.roles))
    engine, now = catalogue.kept(case.digest), clock.now()
    open_now = links.answers(case, role, now)
    last = Notice.objects.filter(case=case, role=role).first()
    said = _said(case, role, last, engine.rulebook)
    wanted = action or ("" if said else next(iter(open_now), ""))
    form = Form(request, case, got, engine, wanted) if wanted in open_now else None
    refused: list[Reason] = []
    if form and request.method == "POST":
        if waits := limits.reached("answer", word):
            return slow_down(request, waits)
        limits.count("answer", word)
    if form and request.method == "POST" and not any(f.errors for f in form.fields):
        done = act(
            number=case.number, action=wanted, actor=got.actor, at=now, facts=form.facts, reason=request.POST.get("reason", "")
        )  # fmt: skip
        if not isinstance(done, Refusal):
            return redirect("answer", word)
        refused = place_errors(form.fields, done.reasons)
    log_reading(case, got.actor, now)
    return render(request, "web/answer.html", {
        "case": case, "book": engine.rulebook, "state": engine.rulebook.states[case.state], "word": word, "form": form.fields if form else (),
        "action": engine.rulebook.actions[wanted] if form else None, "name": wanted, "refused": refused,
        "others": [(n, engine.rulebook.actions[n]) for n in open_now if n != wanted],
        "last": last, "said": said, "next_instance": engine.rulebook.next_instance,
    }, status=422 if request.method == "POST" else 200)  # fmt: skip


def _said(case: Case, role: str, last: Notice | None, book: Rulebook) -> tuple[Action, str] | None:
    """What this side did last since it was last told something, and when; to have filed the case answers nothing."""
    events = EventRow.objects.filter(case=case, stored__role=role, seq__gte=max(last.seq if last else 0, 2))
    row = events.order_by("seq").last()
    return (book.actions[row.action], row.at) if row else None
