"""The certificates whose day comes near, for the officers of their body; and opening the cases they call for, many at once."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases.access import opener, openings
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.registry import importing, nearing
from mingduan.registry.nearing import Opened, Plan
from mingduan.registry.wording import wording

from .lists import AHEAD
from .reader import officer, whole

PAGE, SPANS = 100, (30, 60, 90, 180)


@never_cache
@login_required
@require_http_methods(["GET", "POST"])
def due(request: HttpRequest) -> HttpResponse:
    """Those that expire, or whose surveillance is due, soonest first."""
    user, now = officer(request), clock.now()
    plans = {name: p for name, p in nearing.plans().items() if _of_body(user, p)}
    if not plans:
        raise Http404
    plan = plans.get(request.GET.get("before", ""), plans.get("valid_until", next(iter(plans.values()))))
    days = days if (days := whole(request.GET.get("days"))) in SPANS else AHEAD
    role, opened = openings(user, plan.engine.rulebook).get(plan.action), list[Opened]()
    ticked = request.POST.getlist("number")[:PAGE]
    if request.method == "POST":
        if role is None:
            raise Http404
        opened = nearing.open_each(plan, ticked, opener(user, "", role), now)
    found = nearing.nearing(plan, now, days)
    page, book = Paginator(found, PAGE).get_page(request.GET.get("page")), wording()
    rows = [(n, book.specialty(n.certificate.specialty), book.grade(n.certificate.grade), book.standing(n.certificate.status)) for n in page.object_list]  # fmt: skip
    return render(request, "web/certificates_due.html", {
        "plans": plans, "plan": plan, "list": "expiring" if plan.name == "valid_until" else "surveillance", "days": days, "spans": SPANS, "page": page, "rows": rows, "waiting": any(not n.case for n, *_ in rows), "may_open": role is not None,
        "opened": opened, "none_ticked": request.method == "POST" and not ticked, "all": request.GET.get("all") == "1", "book": plan.engine.rulebook, "action": plan.engine.rulebook.actions[plan.action],
        "may_import": _may_import(user),
    }, status=422 if request.method == "POST" and not ticked else 200)  # fmt: skip


def _of_body(user: User, plan: Plan) -> bool:
    return user.offices.filter(body=plan.engine.rulebook.id.split("/")[0]).exists()


def _may_import(user: User) -> bool:
    engine, action = importing.procedure()
    return action in openings(user, engine.rulebook)
