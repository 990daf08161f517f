"""The same step in many cases: tick them, fill in one form, and see what became of each."""

from __future__ import annotations

import secrets

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import bulk, catalogue
from mingduan.cases.bulk import Outcome
from mingduan.cases.queries import DueItem, owed_items
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.rulebook import Rulebook

from .forms import facts, fields
from .reader import reader, whole


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def many(request: HttpRequest, body: str, procedure: str, action: str) -> HttpResponse:
    """The cases in which the reader owes the step, with its form; and what became of those ticked."""
    user, now = reader(request), clock.now()
    engine = catalogue.current(f"{body}/{procedure}")
    if engine is None or not bulk.serves_many(engine.rulebook, action) or not _may(user, engine.rulebook, action):
        raise Http404
    post = request.POST if request.method == "POST" else None
    form = fields(engine.inputs(action), (), post, {}, request.FILES)
    ticked = post.getlist("case") if post is not None else []
    outcomes: list[Outcome] = []
    wrong = post is not None and (not ticked or any(f.errors for f in form))
    if post is not None and not wrong:
        seen = {n: length for n in ticked if (length := whole(post.get(f"seen-{n}"))) is not None}
        outcomes = bulk.each(user, ticked, action, facts(form), now, key=post.get("key", "")[:100], seen=seen)
    group = next((g for g in bulk.groups(user, now) if (g.book.id, g.action) == (engine.rulebook.id, action)), None)
    return render(request, "web/bulk.html", {
        "book": engine.rulebook, "action": engine.rulebook.actions[action], "form": form, "items": group.items[: bulk.MOST] if group else _one(user, engine.rulebook.id, action),
        "ticked": ticked, "outcomes": outcomes, "done": sum(o.done for o in outcomes), "none_ticked": post is not None and not ticked,
        "now": now, "key": secrets.token_urlsafe(12) if outcomes or post is None else post.get("key", ""),
    }, status=422 if wrong else 200)  # fmt: skip


def _may(user: User, book: Rulebook, action: str) -> bool:
    """Whether the reader holds an office by which the step is done."""
    held = user.offices.filter(body=book.id.split("/")[0]).values_list("role", flat=True)
    return bool(set(held) & set(book.actions[action].by))


def _one(user: User, rulebook: str, action: str) -> list[DueItem]:
    """The case that is left when there is no group any more."""
    return [i for i in owed_items(user, clock.now()) if i.case.rulebook == rulebook and action in i.deadline.met_by]
