"""What a person asks about their personal data (PIPL 45): a case of its own, under the procedure that its rulebook names.

Somebody who shows the case's secret, or has its account, has proved who they are: a copy is given at once and is recorded as any
other answer. For whoever asks at the desk or by a form, an officer notes how they proved it.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from mingduan.people.models import User
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.uses import PersonalRequests

from . import catalogue
from .act import Done, Side, act, open_case
from .models import Case, Party
from .personal import persons
from .timer import system

COPY = "copy"
_NUMBER = re.compile(r"[A-Za-z0-9-]{6,40}")


def procedure(case: Case) -> Engine | None:
    """The procedure for requests about a case's data: the body's own, or that of the body it is a branch of; None for a request."""
    book = catalogue.kept(case.digest).rulebook
    if book.personal_requests is not None:
        return None
    bodies = [case.rulebook.split("/")[0], (book.extends or book.id).split("/")[0]]
    offered = [e for e in catalogue.in_force().values() if e.rulebook.personal_requests]
    return next((e for body in bodies for e in offered if e.rulebook.id.startswith(f"{body}/")), None)


def terms(case: Case) -> PersonalRequests | None:
    """What the rulebook of a request says of requests; None where the case is none."""
    return catalogue.kept(case.digest).rulebook.personal_requests


def ask(
    party: Party, user: User | None, at: datetime, why: str = "", everywhere: bool = False, secret: str = "", contact: str = ""
) -> Done | Refusal:  # fmt: skip
    """Ask as this party of a case, who has shown its secret, has its account, or has answered from its `contact`; a copy is given
    at once. The request is followed with the same secret.
    """
    engine = procedure(party.case)
    if engine is None:
        raise ValueError(f"no procedure takes requests about {party.case.number}")
    book, how = engine.rulebook, engine.rulebook.personal_requests
    if how is None or book.filing is None:
        raise ValueError(f"{book.id} takes no requests of a person")
    action, role = book.filing
    who = Actor(str(user.pk), str(user), frozenset([role])) if user else Actor(f"case:{party.follows}", party.name, frozenset([role]))  # fmt: skip
    known = book.actions[action]
    given: dict[str, Any] = {how.wanted: COPY, how.cases: party.case.number, how.everywhere: everywhere}
    reason = next((n for n in known.may_ask if book.facts[n].type == "long_text"), "")
    if why and reason:
        given[reason] = why
    asked = open_case(
        rulebook=book.id, action=action, actor=who, at=at, facts=given, sides=[Side(role, party.name, user=user)], title="", secret=secret
    )  # fmt: skip
    if isinstance(asked, Refusal):
        return asked
    proof = "contact" if contact else "account" if user else "secret"
    shown = {how.identity: proof} | ({how.contact: contact} if contact else {})
    proved = act(number=asked.case.number, action=how.proves, actor=system(book), at=at, facts=shown)
    if isinstance(proved, Refusal):
        return proved
    given_ = act(number=asked.case.number, action=how.gives, actor=system(book), at=at)
    return asked if not isinstance(given_, Refusal) else given_


def about(request: Case) -> list[Party]:
    """Whose data a request is about: the person of each case it names, and of their others where it says so and who they are
    was verified by an account or a contact.
    """
    how = terms(request)
    if how is None:
        return []
    numbers = _named(request, how)
    named = {c.number: c for c in Case.objects.prefetch_related("parties").filter(number__in=numbers)}
    found = [own[0] for n in dict.fromkeys(numbers) if n in named and (own := persons(named[n]))]
    if request.facts.get(how.everywhere):
        seen = {p.case_id for p in found}
        found += [p for p in _others(request, how) if p.case_id not in seen]
    return found


def given(request: Case) -> bool:
    """Whether a copy was given in answer to this request."""
    how = terms(request)
    return how is not None and request.events.filter(action=how.gives).exists()


def of(case: Case) -> list[Case]:
    """The requests that name this case, newest first."""
    engine = procedure(case)
    how = engine.rulebook.personal_requests if engine else None
    if engine is None or how is None:
        return []
    asked = Case.objects.filter(rulebook=engine.rulebook.id, **{f"facts__{how.cases}__icontains": case.number})
    return [c for c in asked.order_by("-opened_at", "-id") if case.number in _named(c, how)]


def _named(request: Case, how: PersonalRequests) -> list[str]:
    """The numbers of the cases that a request is about."""
    return _NUMBER.findall(str(request.facts.get(how.cases, "")).upper())


def _others(request: Case, how: PersonalRequests) -> list[Party]:
    """The same person in other cases: known by the account, or by the contact that was verified."""
    proof, contact = request.facts.get(how.identity), str(request.facts.get(how.contact) or "")
    users = {p.user_id for p in request.parties.all() if p.user_id}
    if proof == "account" and users:
        mine = (
            Party.objects.filter(user__in=users)
            .exclude(case=request)
            .select_related("case")
            .order_by("case__opened_at")
        )
        return [p for p in mine if terms(p.case) is None and p in persons(p.case)]
    if proof == "contact" and contact:
        return [p for c in reached_by(contact) if terms(c) is None for p in persons(c)[:1]]
    return []


def reached_by(contact: str) -> list[Case]:
    """The cases whose person gave exactly this telephone number or address as personal data."""
    found: dict[int, Case] = {}
    for book in catalogue.in_use():
        names = [n for n, f in book.facts.items() if f.personal in ("phone", "email") and f.type == "text"]
        for name in names:
            for case in Case.objects.prefetch_related("parties").filter(
                digest=book.digest, **{f"facts__{name}": contact}
            ):
                found[case.pk] = case
    return sorted(found.values(), key=lambda c: c.opened_at)


__all__ = ["COPY", "about", "ask", "given", "of", "procedure", "reached_by", "terms"]
