"""The pages of one case: the case itself, its papers, and the form of each action."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import catalogue, files
from mingduan.cases.access import log_reading
from mingduan.cases.act import act, events_of
from mingduan.cases.meetings import propose
from mingduan.cases.models import Case, Reading
from mingduan.cases.queries import may_see, notices_for
from mingduan.people.models import User
from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import Refusal, fold
from mingduan.procedure.engine import Engine

from . import casefile
from .diagram import draw, moves
from .forms import SCALAR, Person, correction, facts, fields, place_errors
from .panel import panel_for
from .reader import case_for, linked, whole
from .templatetags.mingduan import lang


@never_cache
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case: what comes next, what happened, what is due, who, money, notices, and the actions open to the reader."""
    found, got = case_for(request, number)
    now = timezone.now()
    log_reading(found, got.actor, now)
    engine = catalogue.kept(found.digest)
    book, events = engine.rulebook, events_of(found)
    state = fold(events)
    duties = [d for d in engine.duties(state, now) if got.inside or not (book.deadlines[d.deadline].not_before and d.due > now)]  # fmt: skip
    options = casefile.choices(book, engine.options(state, got.actor, now), duties, state.state)
    seen = {n: v for n, v in state.facts.items() if n in book.facts and may_see(book, n, got.inside)}
    parties = list(found.parties.all())
    return render(request, "web/case.html", {
        "case": found, "book": book, "state": state, "current": book.states[found.state], "inside": got.inside,
        "my_roles": [book.roles[r] for r in got.actor.roles if r in book.roles],
        "stages": _stages(engine, found.state), "now": now,
        "diagram": draw(book, lang(), here=found.state, gone=moves(events, book)), "about": f"/procedures/{book.id}/",
        "awaited": casefile.awaited(book, duties, options, got.actor.roles),
        "late": sum(d.status == "late" for d in duties), "choices": options,
        "correction": next((c.name for c in options.other if c.action.corrects), None),
        "timeline": casefile.timeline(book, events, got.inside),
        "duties": [(d, book.deadlines[d.deadline], book.roles[d.owner]) for d in duties],
        "facts": [(book.facts[n], v) for n, v in seen.items() if book.facts[n].type != "records"],
        "records": [(book.facts[n], v) for n, v in seen.items() if book.facts[n].type == "records"],
        "people": [(book.roles[r], people) for r, people in state.assigned.items() if people],
        "parties": [(book.roles[p.role], p) for p in parties],
        "ledger": [(line, book.accounts[line.debit], book.accounts[line.credit]) for line in found.ledger.all()],
        "balances": [(book.accounts[n], -b if book.accounts[n].kind in ("liability", "income") else b) for n, b in found.balances.items() if b],
        "notices": [(t.notice, [(book.roles[n.role], n) for n in t.all]) for t in notices_for(found, got)], "linked": linked(request, found),
    })  # fmt: skip


@never_cache
def paper(request: HttpRequest, number: str, sha256: str) -> HttpResponse:
    """A file of the case, for whoever may read the fact or record it belongs to; never shown inside a page."""
    found, got = case_for(request, number)
    book = catalogue.kept(found.digest).rulebook
    shown = [v for n, v in found.facts.items() if n in book.facts and may_see(book, n, got.inside)]
    name = next((n for n, held in attachments(shown) if held == sha256), None)
    if name is None:
        raise Http404
    try:
        content = files.read(sha256)
    except files.FileHeld as held:
        return render(request, "web/error.html", {"zh": held.text.zh, "en": held.text.en, "status": 409}, status=409)
    log_reading(found, got.actor, timezone.now(), Reading.What.PAPER, name)
    response = HttpResponse(content, content_type="application/octet-stream")
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return response


@never_cache
@require_http_methods(["GET", "POST"])
def do(request: HttpRequest, number: str, action: str) -> HttpResponse:
    """The form of one action, and doing it."""
    found, got = case_for(request, number)
    engine = catalogue.kept(found.digest)
    spec = engine.rulebook.actions.get(action)
    override = engine.rulebook.override
    may_override = override is not None and bool(got.actor.roles & set(override.by))
    if spec is None or spec.opens or not (may_override or got.actor.roles & set(spec.by)):
        raise Http404
    state = fold(events_of(found))
    post = request.POST if request.method == "POST" else None
    typed = request.POST
    panel = panel_for(request, found, state, engine, action)
    people = panel.people if panel else _members(found, engine, action)
    before = {**state.facts, "people": [c.record["id"] for c in panel.proposed]} if panel else state.facts
    slots = propose(found, state, engine, action, got.actor, timezone.now()) if post is None else None
    chosen = next((s.written for s in slots.slots if s.written == request.GET.get("slot")), "") if slots else ""
    if slots and chosen:
        before = {**before, slots.name: chosen}
    form = fields(engine.inputs(action), people, post, before, request.FILES)
    refused: list[Any] = []
    correctable = [(n, f) for n, f in engine.rulebook.facts.items() if n in state.facts and f.type in SCALAR]
    if post is not None and not any(f.errors for f in form):
        done = act(
            number=number, action=action, actor=got.actor, at=timezone.now(), facts=facts(form), reason=post.get("reason", ""),
            legal_basis=post.get("legal_basis", "") if may_override else "",
            correction=correction(engine.rulebook, post) if spec.corrects else {},
            seen=whole(post.get("seen")), key=post.get("key", "")[:100],
        )  # fmt: skip
        if not isinstance(done, Refusal):
            messages.success(request, f"{spec.zh}：已办理" if lang() == "zh" else f"{spec.en}: done")
            return redirect("case", number)
        refused = place_errors(form, done.reasons)
    option = next((o for o in engine.options(state, got.actor, timezone.now()) if o.action == action), None)
    return render(request, "web/do.html", {
        "case": found, "book": engine.rulebook, "action": spec, "form": form, "refused": refused, "option": option, "panel": panel,
        "correctable": correctable if spec.corrects else [], "may_override": may_override, "reason": typed.get("reason", ""), "legal_basis": typed.get("legal_basis", ""),
        "seen": found.length, "key": typed.get("key") or secrets.token_urlsafe(12), "slots": slots, "slot_chosen": chosen,
    }, status=422 if post is not None else 200)  # fmt: skip


def _members(found: Case, engine: Engine, action: str) -> list[Person]:
    """Who can be released: the people assigned."""
    role = engine.rulebook.actions[action].releases
    users = User.objects.filter(assignment__case=found, assignment__role=role) if role else ()
    return [Person({"id": str(u.pk), "name": str(u)}, str(u), str(u)) for u in users]


def _stages(engine: Engine, state: str) -> list[tuple[Any, str]]:
    """The procedure's stages with where the case stands: 'past', 'here' or 'ahead'."""
    names = list(engine.rulebook.stages)
    here = names.index(engine.rulebook.states[state].stage)
    place = ["past" if i < here else "here" if i == here else "ahead" for i in range(len(names))]
    return list(zip(engine.rulebook.stages.values(), place, strict=True))
