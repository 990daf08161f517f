"""The page of one case, and its papers."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from mingduan.cases import catalogue, files, requests
from mingduan.cases.access import log_reading
from mingduan.cases.act import events_of
from mingduan.cases.erasing import erasure
from mingduan.cases.models import Reading
from mingduan.cases.personal import person, veil
from mingduan.cases.queries import may_see, notices_for
from mingduan.config import clock
from mingduan.paper import delivery
from mingduan.paper.notices import said
from mingduan.procedure.attachments import attachments
from mingduan.procedure.case import fold
from mingduan.procedure.engine import Engine

from . import casefile, personal
from .diagram import draw, moves
from .enterprise import readable_profiles
from .personal import hidden
from .reader import case_for, linked
from .serving import attachment, not_now
from .templatetags.mingduan import lang


@never_cache
def case(request: HttpRequest, number: str) -> HttpResponse:
    """One case: what comes next, what happened, what is due, who, money, notices, and the actions open to the reader."""
    found, got = case_for(request, number)
    now = clock.now()
    engine = catalogue.kept(found.digest)
    book, events = engine.rulebook, events_of(found)
    state = fold(events)
    view = veil(found, got, events, personal.lifted(request, number, now))
    told_of = notices_for(found, got)
    log_reading(found, got.actor, now, name=view.log)
    told = view.facts(state.facts)
    duties = [d for d in engine.duties(state, now) if got.inside or not (book.deadlines[d.deadline].not_before and d.due > now)]  # fmt: skip
    owed = casefile.owed(book, duties, found.state)
    options = casefile.choices(
        book, engine.options(state, got.actor, now), duties, state.state, casefile.ends(engine, state)
    )
    seen = {n: told[n] for n in book.facts if n in told and may_see(book, n, got.inside)}
    # What the register was asked and had nothing to tell of says nothing about the case.
    seen = {n: v for n, v in seen.items() if book.facts[n].told is None or v not in (None, False, "", [])}
    parties = list(found.parties.all())
    profiles = readable_profiles(request.user, found)
    return render(request, "web/case.html", {
        "case": found, "book": book, "state": state, "current": book.states[found.state], "inside": got.inside,
        "my_roles": [book.roles[r] for r in got.actor.roles if r in book.roles],
        "stages": _stages(engine, found.state), "now": now,
        "diagram": draw(book, lang(), here=found.state, gone=moves(events, book)), "about": f"/procedures/{book.id}/",
        "awaited": casefile.awaited(book, owed, options, got.actor.roles),
        "late": sum(d.status == "late" for d in owed), "choices": options, "opened": {c.name for c in options.open},
        "correction": next((c.name for c in options.other if c.action.corrects), None),
        "overridable": casefile.overridable(book, got.actor.roles, state.state, options),
        "timeline": casefile.timeline(book, view.events(events), got.inside),
        "duties": [(d, book.deadlines[d.deadline], book.roles[d.owner]) for d in duties],
        "inferred": any(book.deadlines[d.deadline].inferred for d in duties),
        "facts": [(book.facts[n], v) for n, v in seen.items() if book.facts[n].type != "records"],
        "records": [(book.facts[n], v) for n, v in seen.items() if book.facts[n].type == "records"],
        # An organisation engaged is assigned and a party: it is shown as the party it is.
        "people": [(book.roles[r], people) for r, people in state.assigned.items() if people and r not in {p.role for p in parties}],
        "parties": [(book.roles[p.role], view.party(p), profiles.get(p.organisation_id)) for p in parties],
        "ledger": [(line, book.accounts[line.debit], book.accounts[line.credit]) for line in found.ledger.all()],
        "balances": [(book.accounts[n], -b if book.accounts[n].kind in ("liability", "income") else b) for n, b in found.balances.items() if b],
        "notices": [(t.notice, [view(words) for words in said(t.notice, events, lang())], [(book.roles[n.role], n, view.clear or n.role in got.actor.roles) for n in t.all]) for t in told_of],
        "unopened": [] if got.inside else [(view(said(n, events, lang())[0]), n) for n in delivery.unopened(found, got)],
        "view": view, "linked": linked(request, found), "destroyed": found.destroyed_at is not None,
        "mine": person(found, got) is not None and requests.procedure(found) is not None,
        "erased": erasure(found), "copied": requests.given(found) and bool(requests.about(found)),
    })  # fmt: skip


@never_cache
def paper(request: HttpRequest, number: str, sha256: str) -> HttpResponse:
    """A file of the case, for whoever may read the fact or record it belongs to; never shown inside a page."""
    found, got = case_for(request, number)
    book = catalogue.kept(found.digest).rulebook
    shown = [v for n, v in found.facts.items() if n in book.facts and may_see(book, n, got.inside)]
    # What a later entry put in a fact's place is still in the entry that gave it.
    for event in events_of(found):
        shown += [v for n, v in event.facts.items() if may_see(book, n.partition("[")[0], got.inside)]
        if event.entry is not None and may_see(book, event.entry.records, got.inside):
            shown.append(dict(event.entry.values))
    name = next((n for n, held in attachments(shown) if held == sha256), None)
    if name is None:
        raise Http404
    view = veil(found, got, events_of(found), personal.lifted(request, number, clock.now()))
    if sha256 in view.closed:
        return hidden(request, number, view)
    try:
        content = files.read(sha256)
    except files.FileHeld as held:
        return not_now(request, held)
    log_reading(found, got.actor, clock.now(), Reading.What.PAPER, name)
    return attachment(name, content)


def _stages(engine: Engine, state: str) -> list[tuple[Any, str]]:
    """The procedure's stages with where the case stands: 'past', 'here' or 'ahead'."""
    names = list(engine.rulebook.stages)
    here = names.index(engine.rulebook.states[state].stage)
    place = ["past" if i < here else "here" if i == here else "ahead" for i in range(len(names))]
    return list(zip(engine.rulebook.stages.values(), place, strict=True))
