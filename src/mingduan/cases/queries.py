"""What pages and programs read: lists of cases and duties, never changing anything."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from django.db.models import Q, QuerySet

from mingduan.people.models import User
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Rulebook

from . import catalogue
from .access import visible
from .models import Case, DutyRow


@dataclass(frozen=True, slots=True)
class DueItem:
    """One duty as a list shows it."""

    case: Case
    label: str
    label_en: str
    clause: str
    due: datetime
    provisional: bool
    action: str


def my_duties(user: User, at: datetime) -> dict[str, list[DueItem]]:
    """What this person owes: 'late', 'today', 'week', 'later', each by deadline; provisional ones are marked."""
    today_ends = datetime.combine(at.astimezone(TZ).date(), time.max, TZ)
    groups: dict[str, list[DueItem]] = {"late": [], "today": [], "week": [], "later": []}
    rows = DutyRow.objects.filter(case__in=visible(user), status__in=("open", "late"), case__stayed=False)
    offices = set(user.offices.values_list("body", "role"))
    for row in rows.select_related("case").prefetch_related("case__parties", "case__assignments").order_by("due")[:500]:
        case = row.case
        owns = (case.rulebook.split("/")[0], row.owner) in offices
        owns |= any(
            p.role == row.owner
            and (p.user_id == user.pk or (p.organisation_id and p.organisation_id == user.organisation_id))
            for p in case.parties.all()
        )
        owns |= any(a.role == row.owner and a.user_id == user.pk for a in case.assignments.all())
        spec = catalogue.kept(case.digest).rulebook.deadlines[row.deadline]
        if not owns or (spec.not_before is not None and row.due > at):
            continue
        late = row.due < at and spec.not_before is None
        name = (
            "late"
            if late
            else "today"
            if row.due <= today_ends
            else "week"
            if row.due <= today_ends + timedelta(7)
            else "later"
        )
        groups[name].append(DueItem(case, spec.zh, spec.en, row.clause, row.due, row.provisional, spec.met_by[0]))
    return groups


def may_see(book: Rulebook, fact: str, inside: bool) -> bool:
    """Whether a reader may see a fact or list of a case: confidential ones are for the body's own people (S01 8.1)."""
    spec = book.facts.get(fact)
    return inside or spec is None or not spec.confidential


def board(user: User, *, text: str = "", rulebook: str = "", state: str = "") -> QuerySet[Case]:
    """The cases this person may see, newest first, by number, title or party, rulebook and state."""
    cases = visible(user)
    if text:
        found = Q(number__icontains=text) | Q(title__icontains=text) | Q(parties__name__icontains=text)
        cases = cases.filter(pk__in=Case.objects.filter(found).values("pk"))
    if rulebook:
        cases = cases.filter(rulebook=rulebook)
    if state:
        cases = cases.filter(state=state)
    return cases.prefetch_related("parties", "duties").order_by("-opened_at", "-id")
