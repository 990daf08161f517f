"""Unguessable links for customers without an account: to answer, to rate, to reopen, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.urls import reverse

from mingduan.procedure.case import Actor

from . import catalogue
from .access import Access
from .act import state_of
from .models import Case, Party

_SALT = "mingduan.answer"


def word(party: Party) -> str:
    """The word that stands for a party of a case: signed, so that nobody makes one up."""
    return signing.dumps([party.case_id, party.pk], salt=_SALT)


def address(party: Party) -> str:
    """The whole address, for a message."""
    return f"{settings.PUBLIC_URL}{reverse('answer', args=[word(party)])}"


def opened(said: str) -> tuple[Case, Access] | None:
    """The case and who the link was sent to; None for a word that nobody signed, or a case that is destroyed."""
    try:
        case, pk = signing.loads(said, salt=_SALT)
    except signing.BadSignature:
        return None
    party = Party.objects.select_related("case").filter(pk=pk, case=case).first()
    if party is None or party.case.destroyed_at:
        return None
    actor = Actor(f"case:{party.follows}", party.name, frozenset([party.role]), bool(party.joined_from))
    return party.case, Access(actor, False)


def answers(case: Case, role: str, at: datetime) -> Sequence[str]:
    """What somebody in this role may do through their link as the case stands."""
    engine = catalogue.kept(case.digest)
    options = engine.options(state_of(case), Actor("", "", frozenset([role])), at)
    return [o.action for o in options if o.open and engine.rulebook.actions[o.action].by_link]
