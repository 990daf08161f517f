"""How somebody comes to act for an enterprise: by entering a new one, or by an administrator's approval."""

from __future__ import annotations

import unicodedata
from datetime import datetime

from django.db import transaction

from .models import Enrolment, Organisation, User


def plain_name(name: str) -> str:
    """An organisation's name in one writing: full-width and half-width letters alike, no stray spaces.

    >>> plain_name("  恒通（北京）  有限公司 ") == plain_name("恒通(北京) 有限公司")
    True
    """
    return " ".join(unicodedata.normalize("NFKC", name).split())


def known_as(name: str) -> Organisation | None:
    """The organisation that already bears this name, however it is typed."""
    wanted = _key(name)
    return next((o for o in Organisation.objects.all() if _key(o.name) == wanted), None)


def enrol(user: User, name: str, at: datetime) -> Enrolment:
    """Note whom a new account wants to act for. Nothing is entered before its e-mail is confirmed."""
    return Enrolment.objects.create(user=user, name=plain_name(name), at=at)


@transaction.atomic
def confirmed(user: User) -> Enrolment | None:
    """The account's e-mail is confirmed: enter a new enterprise, or wait for approval to join one that is there."""
    found = Enrolment.objects.select_for_update().filter(user=user, state=Enrolment.State.UNCONFIRMED).first()
    if found is None:
        return None
    if known_as(found.name) is None:
        user.organisation = Organisation.objects.create(name=found.name, kind=Organisation.Kind.ENTERPRISE)
        user.save(update_fields=["organisation"])
        found.state = Enrolment.State.APPROVED
    else:
        found.state = Enrolment.State.PENDING
    found.save()
    return found


@transaction.atomic
def decide(enrolment: Enrolment, *, approved: bool, by: User, at: datetime) -> bool:
    """An administrator lets somebody join the enterprise, or does not; whether there was anything to decide."""
    found = Enrolment.objects.select_for_update().get(pk=enrolment.pk)
    organisation = known_as(found.name)
    if found.state != Enrolment.State.PENDING or organisation is None:
        return False
    if approved:
        found.user.organisation = organisation
        found.user.save(update_fields=["organisation"])
    found.state = Enrolment.State.APPROVED if approved else Enrolment.State.REFUSED
    found.decided_by, found.decided_at = by, at
    found.save()
    return True


def _key(name: str) -> str:
    return plain_name(name).casefold().replace(" ", "")
