"""Personal data shown on the case page to somebody who says what they need it for, for a quarter of an hour (PIPL 6, 51)."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from mingduan.cases.access import log_reading
from mingduan.cases.models import Reading
from mingduan.cases.personal import Veil, veil
from mingduan.config import clock
from mingduan.procedure.text import Text

from .reader import case_for
from .templatetags.mingduan import words

LASTS = timedelta(minutes=15)


@login_required
@require_POST
def show(request: HttpRequest, number: str) -> HttpResponse:
    """Lift the mask from one case for whoever the rulebook lets, and note who, when and why."""
    found, got = case_for(request, number)
    if not veil(found, got).liftable:
        raise Http404
    why, now = request.POST.get("why", "").strip(), clock.now()
    if not why:
        messages.error(request, words(Text(zh="请写明为什么需要看客户的个人信息", en="Say why you need to see the personal data")))  # fmt: skip
    else:
        log_reading(found, got.actor, now, Reading.What.PERSONAL, why)
        request.session[f"personal:{number}"] = (now + LASTS).isoformat()
    return redirect("case", number)


def hidden(request: HttpRequest, number: str, view: Veil) -> HttpResponse:
    """Back to the case of a file with personal data that may not be opened, saying what would let it."""
    said = Text(zh="该材料含个人信息，须先写明理由", en="That file holds personal data: say first why you need it")
    never = Text(
        zh="该材料含个人信息，不向您的身份展示", en="That file holds personal data and is not shown to your role"
    )
    messages.error(request, words(said if view.liftable else never))
    return redirect("case", number)


def lifted(request: HttpRequest, number: str, at: datetime) -> bool:
    """Whether this session said why, a short while ago."""
    until = request.session.get(f"personal:{number}")
    return until is not None and at <= datetime.fromisoformat(until)
