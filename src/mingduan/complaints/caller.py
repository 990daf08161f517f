"""What the desk has beside it while somebody speaks: the caller's cases, those that may be the same, and a suggestion."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Q, QuerySet

from mingduan.cases import catalogue
from mingduan.cases.access import visible
from mingduan.cases.models import Case, DutyRow
from mingduan.people.models import User
from mingduan.procedure.rulebook import Deadline, State

from . import training
from .models import Training
from .training import DETAILS
from .triage import WITHIN, Suggestion, Told, alike

PHONE, LINE = "customer.phone", "customer.line"
NEAR = 400  # the newest cases that are compared with what is being said


@dataclass(frozen=True, slots=True)
class Seen:
    """A case as the desk shows it: what it is, where it stands, what is due in it next, and how alike it is to what is being said."""

    case: Case
    state: State
    likeness: float = 0
    same_person: bool = False
    due: datetime | None = None
    deadline: Deadline | None = None

    @property
    def details(self) -> str:
        """How it begins."""
        return str(self.case.facts.get(DETAILS, ""))[:80]


@dataclass(frozen=True, slots=True)
class Beside:
    """All of it. `training` says how good the model is, or why there is none."""

    history: tuple[Seen, ...]
    alike: tuple[Seen, ...]
    suggestions: tuple[Suggestion, ...]
    training: Training | None

    @property
    def open(self) -> int:
        """How many of the caller's cases are still open."""
        return sum(not s.state.end for s in self.history)


def number(written: str) -> str:
    """A telephone number without what people put between its digits, and without China's code.

    Examples:
        >>> number("+86 138-0000 0000"), number("（0750）3366554")
        ('13800000000', '07503366554')
    """
    digits = re.sub(r"[^0-9+]", "", unicodedata.normalize("NFKC", written))
    return re.sub(r"^(?:\+|00)86", "", digits)


def beside(user: User, body: str, phone: str, text: str, at: datetime) -> Beside:
    """What is known of a caller and of what they say, as far as this person may see it."""
    theirs = visible(user, at).filter(rulebook__startswith=f"{body}/")
    called = number(phone)
    history = list(_of(theirs, called).order_by("-opened_at")[:20]) if len(called) >= 5 else []
    found: list[Seen] = []
    if text.strip():
        near = [*history, *theirs.filter(opened_at__gte=at - WITHIN).order_by("-opened_at")[:NEAR]]
        by_number = {c.number: c for c in near}
        told = [Told(c.number, number(str(c.facts.get(PHONE, ""))), c.opened_at, str(c.facts.get(DETAILS, ""))) for c in by_number.values()]  # fmt: skip
        found = [_seen(by_number[a.key], a.likeness, a.same_person) for a in alike(Told("", called, at, text), told)]
    model = training.model(body)
    return Beside(
        tuple(_owed(history)), tuple(found[:5]), model.suggest(text) if model and text.strip() else (), training.latest(body)
    )  # fmt: skip


def _of(cases: QuerySet[Case], called: str) -> QuerySet[Case]:
    return cases.filter(Q(**{f"facts__{PHONE}": called}) | Q(**{f"facts__{LINE}": called}))


def _owed(cases: list[Case]) -> Iterator[Seen]:
    """The cases, each with the first of its deadlines that nobody has met."""
    unmet = DutyRow.objects.filter(case__in=cases, status__in=("open", "late")).order_by("-due")
    first = {row.case_id: row for row in unmet}
    for case in cases:
        row, seen = first.get(case.pk), _seen(case)
        deadlines = catalogue.kept(case.digest).rulebook.deadlines
        yield replace(seen, due=row.due, deadline=deadlines[row.deadline]) if row else seen


def _seen(case: Case, likeness: float = 0, same_person: bool = False) -> Seen:
    return Seen(case, catalogue.kept(case.digest).rulebook.states[case.state], likeness, same_person)
