"""Which case a letter belongs to, and as whom its writer acts there.

An answer to a message of ours does, for nobody guesses its id. A letter of an address that the case knows, which answers an earlier
one of theirs or bears the case's number, does only when the receiving server vouches for the address: numbers and addresses are no
secrets. A text message does by its number, for which the signed gateway answers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from mingduan.cases import catalogue
from mingduan.cases.access import access
from mingduan.cases.models import Case, Party
from mingduan.paper.models import Delivery
from mingduan.procedure.case import Actor
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.uses import Post

from ..models import Letter

RECENT = timedelta(days=30)  # a text message does not wake a case that has rested longer
_NUMBER = re.compile(r"[A-Z][A-Z0-9]{1,19}(?:-[A-Z0-9]{1,20}){1,4}-\d{4}-\d{4,9}")


@dataclass(frozen=True, slots=True)
class Belongs:
    """A case and who writes in it; `known`: from an address or number that the case knows; `claimed`: nothing but the sender's
    address, which anybody can write, says that it belongs there.
    """

    case: Case
    actor: Actor
    known: bool
    claimed: bool = False


def by_mail(body: str, sender: str, answers: Sequence[str], subject: str, at: datetime) -> Belongs | None:
    """The case that an e-mail belongs to."""
    return _by_answer(body, sender, answers, at) or _by_subject(body, sender, subject, at)


def named_in(body: str, subject: str) -> Case | None:
    """The case of a body whose number stands in a subject."""
    numbers = _NUMBER.findall(subject.upper())[:5]
    return Case.objects.filter(number__in=numbers, rulebook__startswith=f"{body}/").first() if numbers else None


def by_number(body: str, number: str, at: datetime) -> list[Belongs]:
    """The cases that a text message from this number may belong to, the latest first."""
    told = Delivery.objects.filter(channel=Delivery.Channel.TEXT, address=number).values("notice__case")
    wrote = Letter.objects.filter(channel=Letter.Channel.TEXT, sender=number).exclude(case=None).values("case")
    said = Q()
    for book in _books(body):
        said |= Q(rulebook=book.id, **{f"facts__{post_of(book).number}": number})
    found = Case.objects.filter(
        Q(pk__in=told) | Q(pk__in=wrote) | said, rulebook__startswith=f"{body}/", ended=False, changed_at__gte=at - RECENT
    ).order_by("-opened_at", "-pk")[:10]  # fmt: skip
    return [Belongs(case, _filer(party), True) for case in found if (party := _outside(case))]


def contacts(case: Case) -> set[str]:
    """The e-mail addresses that a case knows its filer by."""
    book = catalogue.kept(case.digest).rulebook
    known = {str(case.facts.get(book.post.address, ""))} if book.post else set()
    known |= {
        p.user.email for p in case.parties.select_related("user") if p.user and book.roles[p.role].side == "filer"
    }
    return {_same(a) for a in known if a}


def post_of(book: Rulebook) -> Post:
    """What a rulebook says of letters, where it says so."""
    assert book.post is not None  # noqa: S101  only such rulebooks are asked
    return book.post


def _by_answer(body: str, sender: str, answers: Sequence[str], at: datetime) -> Belongs | None:
    posts = {
        d.message_id: d
        for d in Delivery.objects.filter(
            message_id__in=answers, channel=Delivery.Channel.MAIL, notice__case__rulebook__startswith=f"{body}/"
        ).select_related("notice__case", "user")
    }
    theirs = {
        x.message_id: x
        for x in Letter.objects.filter(body=body, message_id__in=answers, sender__iexact=sender).exclude(case=None).select_related("case")
    } if sender else {}  # fmt: skip
    for said in answers:
        if (post := posts.get(said)) and (actor := _addressee(post, at)):
            return Belongs(post.notice.case, actor, _same(post.address) == _same(sender))
        letter = theirs.get(said)
        if letter and letter.case and _same(sender) in contacts(letter.case) and (party := _outside(letter.case)):
            return Belongs(letter.case, _filer(party), True, claimed=True)
    return None


def _by_subject(body: str, sender: str, subject: str, at: datetime) -> Belongs | None:
    case = named_in(body, subject)
    if case is None or not sender or _same(sender) not in contacts(case):
        return None
    party = _outside(case)
    if party is not None:
        return Belongs(case, _filer(party), True, claimed=True)
    user = next(
        (p.user for p in case.parties.select_related("user") if p.user and _same(p.user.email) == _same(sender)), None
    )
    return Belongs(case, access(user, case, at).actor, True, claimed=True) if user else None


def _addressee(post: Delivery, at: datetime) -> Actor | None:
    """Whoever a mail of ours went to, as they act in its case: the filer's side only, officers do not act by e-mail."""
    case = post.notice.case
    book = catalogue.kept(case.digest).rulebook
    if post.user is None:
        party = next(
            (p for p in case.parties.all() if p.role == post.notice.role and f"case:{p.follows}" == post.recipient),
            None,
        )
        return _filer(party) if party else None
    actor = access(post.user, case, at).actor
    roles = frozenset(r for r in actor.roles if book.roles[r].side == "filer")
    return Actor(actor.id, actor.name, roles, actor.joined) if roles else None


def _filer(party: Party) -> Actor:
    return Actor(f"case:{party.follows}", party.name, frozenset([party.role]), bool(party.joined_from))


def _outside(case: Case) -> Party | None:
    """The filer of a case, where that is somebody without an account."""
    roles = catalogue.kept(case.digest).rulebook.roles
    parties = case.parties.filter(user=None, organisation=None, joined_from="")
    return next((p for p in parties if roles[p.role].side == "filer"), None)


def _books(body: str) -> list[Rulebook]:
    return [e.rulebook for i, e in catalogue.in_force().items() if i.startswith(f"{body}/") and e.rulebook.post]


def _same(address: str) -> str:
    return address.strip().casefold()
