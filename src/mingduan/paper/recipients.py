"""Whom a notice is for, as of the moment it goes out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from mingduan.cases.access import access
from mingduan.cases.models import Case, Notice
from mingduan.people.models import User


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody a notice is for: an account, or (`user` None) a party that follows the case with its secret."""

    id: str
    name: str
    user: User | None = None


def recipients(notice: Notice, at: datetime) -> Iterator[Recipient]:
    """Everybody who holds the notice's role in its case at `at`; whoever an interest bars is left out (S01 8.3)."""
    case = Case.objects.prefetch_related("parties").get(pk=notice.case_id)
    for user in _candidates(case, notice.role):
        if notice.role in access(user, case, at).actor.roles:
            yield Recipient(str(user.pk), named(user), user)
    for party in case.parties.all():
        if party.role == notice.role and party.user_id is None and party.organisation_id is None:
            yield Recipient(f"case:{party.follows}", party.name)


def _candidates(case: Case, role: str) -> QuerySet[User]:
    """The accounts that could hold the role: of its party, appointed to it, or in the body's office."""
    active = User.objects.filter(is_active=True)
    parties = [p for p in case.parties.all() if p.role == role]
    return (
        active.filter(pk__in=[p.user_id for p in parties if p.user_id])
        | active.filter(organisation__in=[p.organisation_id for p in parties if p.organisation_id])
        | active.filter(mandates__body=case.rulebook.split("/")[0], mandates__role=role)
        | active.filter(assignment__case=case, assignment__role=role)
        | active.filter(offices__body=case.rulebook.split("/")[0], offices__role=role)
    ).distinct().order_by("pk")  # fmt: skip


def named(user: User) -> str:
    """What a person is called where it matters whom they are with."""
    return f"{user}（{user.organisation}）" if user.organisation else str(user)
