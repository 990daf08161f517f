"""The hotline desk: one screen from the caller's number to the number read out to them, by keyboard alone."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from mingduan.cases import catalogue
from mingduan.cases.access import opener, openings, visible
from mingduan.cases.act import Done, Side, open_case
from mingduan.cases.models import Case
from mingduan.complaints import caller, training
from mingduan.complaints.models import Training
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.case import Reason, Refusal
from mingduan.procedure.masking import mask
from mingduan.procedure.rulebook import Input, Rulebook
from mingduan.procedure.text import Text
from mingduan.procedure.uses import Matter

from .forms import Field, facts, fields, place_errors
from .reader import reader

CHANNEL, HOTLINE = "channel", "hotline"
FIRST = (caller.PHONE, training.DETAILS)  # what is asked of every caller, in the order it is asked


class Desk:
    """The form of one call: every filing of a body's desk at once, and which of them the matter chosen leads to."""

    def __init__(self, request: HttpRequest, user: User, body: str) -> None:
        self.request, self.user, self.body, self.now = request, user, body, clock.now()
        self.books = [b for b in _books(user) if b.id.split("/")[0] == body]
        self.matters = [(f"{n}.{k}", b, m) for n, b in enumerate(self.books) for k, m in enumerate(b.matters)]
        post = request.POST if request.method == "POST" else None
        self.form: list[Field] = fields(self._inputs(), (), post, {}, request.FILES)
        for field in self.form:  # what only some of the procedures ask for
            field.sometimes = field.optional and any(
                i.name == field.input.name and i.required for b in self.books for i in b.inputs((b.filing or ("",))[0])
            )
        self.chosen = next((m for m in self.matters if m[0] == request.POST.get("matter")), None)
        phone = self._typed(caller.PHONE) or request.GET.get("phone", "")
        self.beside = caller.beside(user, body, phone, self._typed(training.DETAILS), self.now)

    def open(self) -> Done | Refusal:
        """Open the case of what was told, in the caller's name."""
        if self.chosen is None:
            wanted = Text(zh="请选择投诉什么", en="Choose what it is about")
            return Refusal("file", (Reason("input", None, wanted, None, "matter"),))
        _, book, matter = self.chosen
        action, filer = book.filing or ("", "")
        asked = {i.name for i in book.inputs(action)}
        given = {n: v for n, v in facts(self.form).items() if n in asked} | dict(matter.answers)
        phone = caller.number(str(given.get(caller.PHONE, "")))
        given |= {caller.PHONE: phone or given.get(caller.PHONE)} if caller.PHONE in given else {}
        given |= {CHANNEL: HOTLINE} if CHANNEL in asked else {}
        named = book.roles[filer].named
        name = str(given.get(named or "", "")).strip() or mask("phone", phone)
        return open_case(
            rulebook=book.id, action=action, actor=opener(self.user, "", openings(self.user, book)[action]), at=self.now, facts=given,
            sides=[Side(filer, name)], title="", key=self.request.POST.get("key", "")[:100],
        )  # fmt: skip

    @property
    def first(self) -> list[Field]:
        """The fields that come first."""
        return [f for f in self.form if f.input.name in FIRST]

    @property
    def rest(self) -> list[Field]:
        """The other fields, those some procedure needs before those none does."""
        return [f for f in self.form if f.input.name not in FIRST]

    @property
    def groups(self) -> list[tuple[Rulebook, list[tuple[str, Matter, bool]]]]:
        """The matters by procedure, each with whether the model would say so."""
        said = set(self.said)
        return [(b, [(key, m, key in said) for key, of, m in self.matters if of is b]) for b in self.books]

    @property
    def said(self) -> list[str]:
        """The matters of the class that the model would say first."""
        first = {s.choice for s in self.beside.suggestions[:1]}
        return [key for key, book, m in self.matters if training.class_of(book, m) in first]

    @property
    def suggested(self) -> list[tuple[Text, float, Sequence[str]]]:
        """What the model would say, with how sure it is and the pieces of text that spoke for it."""
        names = {k: c.text for b in self.books for k, c in b.facts[training.CLASS].choices.items()}
        return [
            (names.get(s.choice, Text(zh=s.choice, en=s.choice)), s.probability, s.because)
            for s in self.beside.suggestions
        ]

    def _typed(self, name: str) -> str:
        return next((str(f.value) for f in self.form if f.input.name == name), "")

    def _inputs(self) -> list[Input]:
        """Everything any of the filings asks for, once; what the matter or the desk itself answers is left out."""
        answered = {CHANNEL, *(n for b in self.books for m in b.matters for n in m.answers)}
        found: dict[str, list[Input]] = {}
        for book in self.books:
            for i in book.inputs((book.filing or ("",))[0]):
                if i.name not in answered and not i.name.startswith("source."):
                    found.setdefault(i.name, []).append(i)
        merged = [
            same[0].model_copy(update={"required": len(same) == len(self.books) and all(i.required for i in same)})
            for same in found.values()
        ]
        some = {n for n, same in found.items() if any(i.required for i in same)}
        order = {n: k for k, n in enumerate(FIRST)}
        return sorted(merged, key=lambda i: (order.get(i.name, 9), i.name not in some, i.fact.type == "files"))


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def desk(request: HttpRequest, body: str = "") -> HttpResponse:
    """The screen; what stands beside it as the call goes on; and the case when it is told."""
    user = reader(request)
    bodies = desks(user)
    if not bodies or (body and body not in bodies):
        raise Http404
    if not body:
        return redirect("desk", bodies[0])
    page = Desk(request, user, body)
    go = request.POST.get("go", "")
    if go == "beside":
        return render(request, "web/_desk_beside.html", {"desk": page})
    refused: list[Reason] = []
    if request.method == "POST" and go != "look" and not any(f.errors for f in page.form):
        done = page.open()
        if not isinstance(done, Refusal):
            return redirect(f"{reverse('desk', args=[body])}?opened={done.case.number}")
        refused = place_errors(page.form, done.reasons)
    failed = request.method == "POST" and go != "look"
    number = request.GET.get("opened", "")
    opened = visible(user, page.now).filter(number=number).first() if number else None
    return render(request, "web/desk.html", {
        "desk": page, "book": page.books[0], "refused": refused, "key": request.POST.get("key") or secrets.token_urlsafe(12), "opened": opened,
        "spoken": _spoken(opened) if opened else (), "matter": request.POST.get("matter", ""), "bodies": bodies, "body": body,
    }, status=422 if failed else 200)  # fmt: skip


@login_required
@never_cache
@require_safe
def model(request: HttpRequest, body: str) -> HttpResponse:
    """How good the suggestions of a body's desk are, by day."""
    if body not in desks(reader(request)):
        raise Http404
    rows = Training.objects.filter(body=body).order_by("-pk")[:30]
    return render(request, "web/desk_model.html", {"rows": rows, "body": body})


def desks(user: User) -> list[str]:
    """The bodies at whose desk this person sits."""
    return sorted({b.id.split("/")[0] for b in _books(user)})


def _books(user: User) -> list[Rulebook]:
    """The procedures with a door that this person may file under at the desk."""
    books = (e.rulebook for e in catalogue.in_force().values())
    found = [b for b in books if b.matters and b.filing and b.filing[0] in openings(user, b)]
    return sorted(found, key=lambda b: -len(b.matters))


def _spoken(case: Case) -> Any:
    """The pieces of a case's number, as one reads it out."""
    return case.number.split("-")
