"""Who may see a case and in which roles they act in it: the one place where that is decided."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from mingduan.people.interests import person_record
from mingduan.people.models import User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor
from mingduan.procedure.interests import conflicts
from mingduan.procedure.period import Period

from .models import Assignment, Case, Party, Reading

_PLAIN = Period.parse("0d")


@dataclass(frozen=True, slots=True)
class Access:
    """What somebody is in a case: their roles, and whether they see what parties don't."""

    actor: Actor
    inside: bool

    @property
    def reads(self) -> bool:
        """Whether the case may be opened at all."""
        return bool(self.actor.roles)


def access(user: User | None, case: Case, at: datetime, secret: str = "") -> Access:
    """The roles of `user`, or of whoever shows the case's `secret`, in this case at `at`.

    An officer or expert with an interest in a party has none: they can't even open it (S01 8.3).
    """
    if user is None or not user.is_authenticated:
        if secret and hmac.compare_digest(hash_secret(secret), case.secret):
            filer = next(p for p in case.parties.all() if p.user_id is None and p.organisation_id is None)
            return Access(Actor(f"case:{case.number}", filer.name, frozenset([filer.role])), False)
        return Access(Actor("", "", frozenset()), False)
    sides = {
        p.role
        for p in case.parties.all()
        if p.user_id == user.pk or (p.organisation_id is not None and p.organisation_id == user.organisation_id)
    }
    offices = set(user.offices.filter(body=case.rulebook.split("/")[0]).values_list("role", flat=True))
    offices |= set(case.assignments.filter(user=user).values_list("role", flat=True))
    if offices - sides and _barred(user, case, at):
        offices = set()
    roles = frozenset(sides | offices)
    return Access(Actor(str(user.pk), str(user), roles), bool(offices))


def opener(user: User | None, name: str, role: str) -> Actor:
    """Whoever files: an account, or a name given at the counter or in the public form."""
    if user is not None and user.is_authenticated:
        return Actor(str(user.pk), str(user), frozenset([role]))
    return Actor("public", name, frozenset([role]))


def visible(user: User) -> QuerySet[Case]:
    """The cases that may appear in this person's lists, leaving out those an interest bars them from."""
    sides = Q(user=user)
    if user.organisation_id is not None:
        sides |= Q(organisation=user.organisation_id)
    wanted = Q(pk__in=Party.objects.filter(sides).values("case"))
    barred = Party.objects.filter(organisation__in=user.interests.filter(until=None).values("organisation"))
    own = Q(pk__in=Assignment.objects.filter(user=user).values("case"))
    for body in user.offices.values_list("body", flat=True).distinct():
        own |= Q(rulebook__startswith=f"{body}/")
    return Case.objects.filter(wanted | (own & ~Q(pk__in=barred.values("case"))))


def log_reading(case: Case, reader: str, at: datetime) -> None:
    """Note that somebody opened the case (S01 8.1)."""
    Reading.objects.create(case=case, reader=reader, at=at)


def hash_secret(secret: str) -> str:
    """How a case's secret is kept: it has 128 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _barred(user: User, case: Case, at: datetime) -> bool:
    parties = [
        p.organisation_id for p in case.parties.all() if p.organisation_id and p.organisation_id != user.organisation_id
    ]
    return bool(conflicts(person_record(user, parties)["interests"], _PLAIN, at, WorkingCalendar.china()))
