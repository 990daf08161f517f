"""The archive, for a body's officers: which files are kept until when, which are held, which may be disposed of now."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from mingduan.cases import catalogue
from mingduan.cases.access import overseen
from mingduan.cases.archive import files, kept, narrowed
from mingduan.config import clock

from .reader import officer

TABS = (
    ("kept", "按期保存", "Kept for a time"), ("over", "保存期已满", "Time is over"), ("gone", "已销毁", "Disposed of"), ("all", "全部", "All"),
)  # fmt: skip
PAGE = 25


@login_required
def archive(request: HttpRequest) -> HttpResponse:
    """The files of closed cases."""
    now = clock.now()
    cases = overseen(officer(request), now)
    which = request.GET.get("which") or "kept"
    text = request.GET.get("text", "").strip()[:100]
    found = files(cases, now, which)
    rulebook = request.GET.get("rulebook", "")
    used = set(found.values_list("rulebook", flat=True).distinct())
    books = [e.rulebook for i, e in catalogue.in_force().items() if i in used]
    page = Paginator(narrowed(found, rulebook, text).prefetch_related("packages"), PAGE).get_page(
        request.GET.get("page")
    )
    return render(request, "web/archive.html", {
        "page": page, "rows": kept(page.object_list, now), "which": which, "text": text, "rulebook": rulebook, "books": books,
        "tabs": [(name, zh, en, files(cases, now, name).count()) for name, zh, en in TABS],
    })  # fmt: skip
