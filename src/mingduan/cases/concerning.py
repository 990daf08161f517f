"""Whose data a request about personal data is about, and in which cases (PIPL 45, 47)."""

from __future__ import annotations

import re

from mingduan.procedure.uses import PersonalRequests

from . import catalogue
from .models import Case, Party
from .personal import persons

_NUMBER = re.compile(r"[A-Za-z0-9-]{6,40}")


def terms(case: Case) -> PersonalRequests | None:
    """What the rulebook of a request says of requests; None where the case is none."""
    return catalogue.kept(case.digest).rulebook.personal_requests


def about(request: Case) -> list[Party]:
    """Whose data a request is about: the person of each case it names, and of their others where it says so and who they are
    was verified by an account or a contact.
    """
    how = terms(request)
    if how is None:
        return []
    numbers = named(request, how)
    there = {c.number: c for c in Case.objects.prefetch_related("parties").filter(number__in=numbers)}
    found = [own[0] for n in dict.fromkeys(numbers) if n in there and (own := persons(there[n]))]
    if request.facts.get(how.everywhere):
        seen = {p.case_id for p in found}
        found += [p for p in _others(request, how) if p.case_id not in seen]
    return found


def cases_of(request: Case) -> list[Case]:
    """The cases that a request to erase is about: those of `about`, and what came of them and is followed with the same secret."""
    own = [p.case for p in about(request)]
    followed = (
        Case.objects.prefetch_related("parties").filter(secret__in={c.secret for c in own}).order_by("opened_at", "id")
    )
    found = {c.pk: c for c in (*own, *followed) if terms(c) is None}
    return list(found.values())


def named(request: Case, how: PersonalRequests) -> list[str]:
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


__all__ = ["about", "cases_of", "named", "reached_by", "terms"]
