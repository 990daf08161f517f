"""What a person asks about their personal data (PIPL 45): a case of its own, under the procedure that its rulebook names.

Somebody who shows the case's secret, or has its account, has proved who they are: a copy is given at once and is recorded as any
other answer. For whoever asks at the desk or by a form, an officer notes how they proved it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from mingduan.people.models import User
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.uses import PersonalRequests

from . import catalogue, erasing
from .act import Done, Side, act, open_case
from .concerning import about, cases_of, named, reached_by, terms
from .models import Case, Party
from .timer import system

COPY, ERASURE = "copy", "erase"


def procedure(case: Case) -> Engine | None:
    """The procedure for requests about a case's data: the body's own, or that of the body it is a branch of; None for a request."""
    book = catalogue.kept(case.digest).rulebook
    if book.personal_requests is not None:
        return None
    bodies = [case.rulebook.split("/")[0], (book.extends or book.id).split("/")[0]]
    offered = [e for e in catalogue.in_force().values() if e.rulebook.personal_requests]
    return next((e for body in bodies for e in offered if e.rulebook.id.startswith(f"{body}/")), None)


def ask(
    party: Party, user: User | None, at: datetime, why: str = "", everywhere: bool = False, secret: str = "", contact: str = "",
    wanted: str = COPY,
) -> Done | Refusal:  # fmt: skip
    """Ask as this party of a case, who has shown its secret, has its account, or has answered from its `contact`; a copy is given
    at once, what forbids erasing is told at once. The request is followed with the same secret.
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
    given: dict[str, Any] = {how.wanted: wanted, how.cases: party.case.number, how.everywhere: everywhere}
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
    if wanted == ERASURE:
        return _look(asked, how, engine, at)
    given_ = act(number=asked.case.number, action=how.gives, actor=system(book), at=at)
    return asked if not isinstance(given_, Refusal) else given_


def _look(asked: Done, how: PersonalRequests, engine: Engine, at: datetime) -> Done | Refusal:
    """Say what forbids erasing what is asked for, where anything does; an officer decides."""
    reasons = erasing.hindrances(Case.objects.get(pk=asked.case.pk), at)
    if not reasons or how.notes is None:
        return asked
    said = "".join(
        f"{r.text.zh}{f'（{r.clause}）' if r.clause else ''}；{r.remedy.zh if r.remedy else ''}。" for r in reasons
    )
    (fact,) = engine.rulebook.actions[how.notes].asks
    noted = act(number=asked.case.number, action=how.notes, actor=system(engine.rulebook), at=at, facts={fact: said})
    return noted if isinstance(noted, Refusal) else asked


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
    return [c for c in asked.order_by("-opened_at", "-id") if case.number in named(c, how)]


__all__ = ["COPY", "ERASURE", "about", "ask", "cases_of", "given", "of", "procedure", "reached_by", "terms"]
