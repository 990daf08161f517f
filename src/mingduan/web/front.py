"""The public's way in: the front desk, and following a case with its number and secret."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from mingduan.cases import catalogue
from mingduan.cases.access import access
from mingduan.cases.models import Case
from mingduan.config import clock, limits
from mingduan.procedure.rulebook import Action, Rulebook
from mingduan.procedure.text import Text

from . import drafts


def front(request: HttpRequest) -> HttpResponse:
    """The public's way in: file, go on with a draft, follow, read the procedures."""
    desks: dict[Text, list[tuple[Rulebook, Action]]] = {}
    doors: dict[str, Text] = {}
    for book in sorted((e.rulebook for e in catalogue.in_force().values()), key=lambda b: (b.place, b.id)):
        if book.matters:
            doors.setdefault(book.id.split("/")[0], book.desk or book.title)
        elif book.filing:
            desks.setdefault(book.desk or book.title, []).append((book, book.actions[book.filing[0]]))
    return render(
        request,
        "web/front.html",
        {
            "desks": sorted(
                ((d, b) for d, b in desks.items() if d not in doors.values()), key=lambda desk: len(desk[1]) == 1
            ),
            "doors": [(body, desk, desks.get(desk, [])) for body, desk in doors.items()],
            "drafts": drafts.listed(request),
            "now": clock.now(),
        },
    )


def door(request: HttpRequest, body: str) -> HttpResponse:
    """One way in for whoever does not know the procedures: what they come with leads to the right form."""
    books = [e.rulebook for i, e in catalogue.in_force().items() if i.split("/")[0] == body and e.rulebook.matters]
    if not books:
        raise Http404
    matters = [
        (book, [(m, f"{reverse('file', args=book.id.split('/'))}?{urlencode(m.answers)}") for m in book.matters])
        for book in sorted(books, key=lambda b: -len(b.matters))
    ]
    return render(request, "web/door.html", {"desk": books[0].desk or books[0].title, "matters": matters})


@never_cache
@require_http_methods(["GET", "POST"])
def follow(request: HttpRequest) -> HttpResponse:
    """Open a case with its number and secret, without an account.

    A wrong secret and an unknown number look the same; after ten failures from one address that address waits a
    quarter of an hour. The number itself is never locked: nobody can keep a complainant out of their own case.
    """
    wrong, number = False, request.POST.get("number", "").strip()[:60]
    if request.method == "POST":
        if waits := limits.reached("follow", limits.address(request)):
            told = render(request, "web/follow.html", {"waits": -(-waits // 60), "number": number}, status=429)
            told.headers["Retry-After"] = str(waits)
            return told
        secret = request.POST.get("secret", "").strip()
        found = Case.objects.filter(number=number).first()
        if found is not None and access(None, found, clock.now(), secret).reads:
            request.session[f"secret:{number}"] = secret
            return redirect("case", number)
        limits.count("follow", limits.address(request))
        wrong = True
    return render(request, "web/follow.html", {"wrong": wrong, "number": number}, status=422 if wrong else 200)
