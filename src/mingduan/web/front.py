"""The public's pages: the front desk, filing a case, following one."""

from __future__ import annotations

import secrets
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import catalogue
from mingduan.cases.access import access, opener
from mingduan.cases.act import Side, open_case
from mingduan.cases.models import Case
from mingduan.people.models import Organisation, User
from mingduan.procedure.case import Refusal

from .forms import facts, fields, place_errors
from .reader import whole


def front(request: HttpRequest) -> HttpResponse:
    """The public's way in: file, follow, read the procedures."""
    return render(
        request, "web/front.html", {"engines": [e for e in catalogue.in_force().values() if e.rulebook.filing]}
    )


@never_cache
@require_http_methods(["GET", "POST"])
def file(request: HttpRequest, body: str, procedure: str) -> HttpResponse:
    """File a case: with an account or without; the case's number and secret are told once."""
    engine = catalogue.current(f"{body}/{procedure}")
    filing = engine.rulebook.filing if engine is not None else None
    if engine is None or filing is None:
        raise Http404
    book = engine.rulebook
    action, filer = filing
    spec = book.actions[action]
    post = request.POST if request.method == "POST" else None
    typed = request.POST
    form = fields(engine.inputs(action), (), post, {}, request.FILES)
    user = request.user if isinstance(request.user, User) else None
    name = typed.get("name", "").strip()
    opponent = next((n for n, r in book.roles.items() if r.side == "opponent" and not r.told), "")
    organisations = Organisation.objects.exclude(pk=(user and user.organisation_id) or 0).exclude(kind="enterprise")
    chosen = organisations.filter(pk=whole(typed.get("opponent")) or 0).first()
    errors: dict[str, tuple[str, str]] = {}
    refused: list[Any] = []
    if post is not None:
        if user is None and not name:
            errors["name"] = ("请填写您的姓名或单位名称", "Give your name or your organisation's")
        if opponent and chosen is None:
            errors["opponent"] = ("请选择对方机构", "Choose the organisation concerned")
        if not errors and not any(f.errors for f in form):
            shown = (user.organisation.name if user.organisation else str(user)) if user else name
            sides = [
                Side(
                    filer, shown, user.organisation if user else None, user if user and not user.organisation else None
                )
            ]
            if chosen is not None:
                sides.append(Side(opponent, chosen.name, chosen))
            done = open_case(
                rulebook=book.id, action=action, actor=opener(user, name, filer), at=timezone.now(), facts=facts(form), sides=sides,
                title=f"{shown}{book.title.zh}{chosen.name if chosen else ''}", key=post.get("key", "")[:100],
            )  # fmt: skip
            if not isinstance(done, Refusal):
                request.session[f"secret:{done.case.number}"] = done.secret
                return render(request, "web/filed.html", {"case": done.case, "secret": done.secret, "book": book})
            refused = place_errors(form, done.reasons)
    return render(request, "web/file.html", {
        "book": book, "action": spec, "form": form, "refused": refused, "errors": errors, "name": name, "signed_in": user is not None,
        "opponent": book.roles.get(opponent), "organisations": organisations, "chosen": chosen,
        "key": typed.get("key") or secrets.token_urlsafe(12),
    }, status=422 if post is not None else 200)  # fmt: skip


@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Open a case with its number and secret, without an account."""
    wrong = False
    if request.method == "POST":
        number, secret = request.POST.get("number", "").strip(), request.POST.get("secret", "").strip()
        found = Case.objects.filter(number=number).first()
        if found is not None and access(None, found, timezone.now(), secret).reads:
            request.session[f"secret:{number}"] = secret
            return redirect("case", number)
        wrong = True
    return render(request, "web/follow.html", {"wrong": wrong}, status=422 if wrong else 200)
