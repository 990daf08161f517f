"""Who is asking, and for which case: shared by the pages."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.http import Http404, HttpRequest

from mingduan.cases import catalogue
from mingduan.cases.access import Access, access
from mingduan.cases.models import Case
from mingduan.config import clock
from mingduan.people.models import User
from mingduan.procedure.rulebook import State
from mingduan.procedure.text import Text

from .casefile import relation


def reader(request: HttpRequest) -> User:
    """The account behind a request to a page that demands one."""
    assert isinstance(request.user, User)  # noqa: S101  login_required has seen to it
    prefetch_related_objects([request.user], "offices", "mandates")  # every page asks for them many times
    return request.user


def officer(request: HttpRequest) -> User:
    """The account behind a request to a page for officers; for anybody else there is no such page."""
    user = reader(request)
    if not user.offices.exists():
        raise Http404
    return user


def case_for(request: HttpRequest, number: str) -> tuple[Case, Access]:
    """The case and what the reader is in it. Whoever may not read it can't tell that it exists."""
    found = Case.objects.prefetch_related("parties").filter(number=number).first()
    if found is None:
        raise Http404
    user = request.user if isinstance(request.user, User) else None
    got = access(user, found, clock.now(), request.session.get(f"secret:{number}", ""))
    if not got.reads and user is not None and request.session.get(f"secret:{number}"):
        got = access(None, found, clock.now(), request.session[f"secret:{number}"])
    if not got.reads:
        raise Http404
    return found, got


@dataclass(frozen=True, slots=True)
class Linked:
    """A case linked to the one shown: how, and the case itself where the reader may read it."""

    relation: Text
    number: str
    case: Case | None
    state: State | None


def linked(request: HttpRequest, case: Case) -> list[Linked]:
    """The cases this one is linked to; each side records its link. A secret opens what follows from its case."""
    book = catalogue.kept(case.digest).rulebook
    told = [(relation(book, x.relation), x.number) for x in case.links.all()]
    found = []
    for words, number in told:
        if secret := request.session.get(f"secret:{case.number}"):
            request.session.setdefault(f"secret:{number}", secret)
        try:
            other, _ = case_for(request, number)
        except Http404:
            found.append(Linked(words, number, None, None))
        else:
            found.append(Linked(words, number, other, catalogue.kept(other.digest).rulebook.states[other.state]))
    return found


def whole(written: str | None) -> int | None:
    """A whole number as written, or None."""
    try:
        return int(written) if written else None
    except ValueError:
        return None
