"""Who may see a case and in which roles they act in it: the one place where that is decided."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from django.db.models import Q, QuerySet

from mingduan.people.interests import Tie, ties
from mingduan.people.models import Office, Organisation, User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor, Reason
from mingduan.procedure.interests import conflicts
from mingduan.procedure.period import Period
from mingduan.procedure.rulebook import Action, Rulebook
from mingduan.procedure.text import Text

from . import catalogue
from .models import Assignment, Case, Party, Reading, RulebookVersion

_LASTING = Period.parse("0d")


class Tied(Protocol):
    """A party of a case that is opened: its role, name, and the organisation or account behind it."""

    @property
    def role(self) -> str:
        """Its role."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def organisation(self) -> Organisation | None:
        """The organisation it is."""

    @property
    def user(self) -> User | None:
        """The account it is."""


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

    An officer or somebody appointed who is a party, or has an interest in one within the role's look-back, has no part in it
    but a party's own: they can't even open the case (S01 8.3).
    """
    if user is None or not user.is_authenticated:
        filer = _by_secret(case, secret) if secret else None
        if filer is None:
            return Access(Actor("", "", frozenset()), False)
        joined = bool(filer.joined_from)
        return Access(Actor(f"case:{filer.follows}", filer.name, frozenset([filer.role]), joined), False)
    every = case.parties.all()
    own = {p.role for p in every if p.organisation_id and p.organisation_id == user.organisation_id}
    mine = [
        p
        for p in every
        if p.user_id == user.pk or (p.everybody and p.organisation_id and p.organisation_id == user.organisation_id)
    ]
    sides = {p.role for p in mine}
    body, book = case.rulebook.split("/")[0], catalogue.kept(case.digest).rulebook
    held = {role for where, role in user.posts if where == body} - _within(book)
    held |= {a.role for a in case.assignments.all() if a.user_id == user.pk}  # asked once where they were prefetched
    held |= {role for where, role in user.mandated if where == body} & book.mandated
    held -= {role for role in _within(book) if book.roles[role].within not in own}
    offices = set()
    if held:
        near, handling = _near(user), _handling(book)
        others = [p for p in every if p.role not in handling]
        parties, themselves = {p.organisation_id for p in others}, any(p.user_id == user.pk for p in others)
        offices = {r for r in held if not (themselves or parties & _barring(near, _look_back(book, r), at))}
    roles = frozenset(sides | offices)
    joined = bool(mine) and all(p.joined_from for p in mine)
    return Access(Actor(str(user.pk), str(user), roles, joined), bool(offices - _within(book)))


def _by_secret(case: Case, secret: str) -> Party | None:
    """The party without an account that follows this case with `secret`: who opened it, or a case joined to it."""
    sent, parties = hash_secret(secret), sorted(case.parties.all(), key=lambda p: p.pk)
    if hmac.compare_digest(sent, case.secret):
        return parties[0]  # whoever opened it is its first party
    for number, kept in Case.objects.filter(number__in=[p.joined_from for p in parties if p.joined_from]).values_list(
        "number", "secret"
    ):
        if hmac.compare_digest(sent, kept):
            return next(p for p in parties if p.joined_from == number)
    return None


def opener(user: User | None, name: str, role: str) -> Actor:
    """Whoever files: an account, or a name given at the counter or in the public form."""
    if user is not None and user.is_authenticated:
        return Actor(str(user.pk), str(user), frozenset([role]))
    return Actor("public", name, frozenset([role]))


def opponents(user: User | None, book: Rulebook, role: str) -> QuerySet[Organisation]:
    """The organisations a case of this procedure may be filed against, in `role`: agencies and the body itself, nobody
    of another body, nobody's own organisation; agencies only where that party handles the case.
    """
    officers = Office.objects.exclude(user__organisation=None)
    here, others = (q.values("user__organisation") for q in (
        officers.filter(body=book.id.split("/")[0]), officers.exclude(body=book.id.split("/")[0])))  # fmt: skip
    found = Organisation.objects.exclude(pk=(user and user.organisation_id) or 0)
    agencies = Q(kind=Organisation.Kind.AGENCY)
    if book.roles[role].handles:
        return found.filter(agencies)
    body = Q(kind=Organisation.Kind.BODY) & (Q(pk__in=here) | ~Q(pk__in=others))
    return found.filter(agencies | body)


def openings(user: User | None, book: Rulebook) -> dict[str, str]:
    """The opening actions this person may do by an office of the body or a mandate of their organisation, each with the role."""
    if user is None or not user.is_authenticated:
        return {}
    body = book.id.split("/")[0]
    held = {role for where, role in user.posts if where == body} - _within(book)
    held |= {role for where, role in user.mandated if where == body} & book.mandated
    found = ((a, next((r for r in book.actions[a].by if r in held), "")) for a in book.opening)
    return {action: role for action, role in found if role}


class Opener:
    """Somebody who opens cases of a procedure, with what they have an interest in, looked up when it is first asked for."""

    def __init__(self, actor: Actor, book: Rulebook, at: datetime) -> None:
        self.actor, self.book, self.at = actor, book, at

    def barred(self, action: Action, parties: Iterable[Tied]) -> Reason | None:
        """Why an officer, or somebody who acts by a mandate, may not open a case between these parties: they are one, or have
        an interest in one. It is their role in `action` that says how far back. Whoever files for themselves is barred by
        nothing.
        """
        actor, book = self.actor, self.book
        role = next((r for r in action.by if r in actor.roles), "")
        if not actor.id.isdigit() or not role or not book.roles[role].inside:
            return None
        others = [p for p in parties if p.role not in _handling(book) and (p.organisation or p.user)]
        user = self._user if others else None
        if user is None:
            return None
        near = _barring(self._near, _look_back(book, role), self.at)
        party = next((p for p in others if p.user == user or (p.organisation and p.organisation.pk in near)), None)
        if party is None:
            return None
        return Reason(
            "interest", _recusal(book, role),
            Text(zh=f"您与当事人{party.name}有利害关系，不能办理本案", en=f"You have an interest in {party.name}, a party, and may not act in this case"),
            Text(zh="由与当事人没有利害关系的人员办理", en="Somebody without an interest in a party does it"),
        )  # fmt: skip

    @cached_property
    def _user(self) -> User | None:
        return User.objects.filter(pk=self.actor.id).first()

    @cached_property
    def _near(self) -> list[Tie]:
        return _near(self._user) if self._user else []


def visible(user: User, at: datetime) -> QuerySet[Case]:
    """The cases that may appear in this person's lists at `at`, leaving out those an interest bars them from."""
    sides = Q(user=user)
    if user.organisation_id is not None:
        sides |= Q(organisation=user.organisation_id, everybody=True)
    wanted = Q(pk__in=Party.objects.filter(sides).values("case"))
    offices = user.posts
    given = set(Assignment.objects.filter(user=user).values_list("role", "case__digest"))
    mandates = user.mandated
    near = _near(user) if offices or given or mandates else []
    versions = list(RulebookVersion.objects.values_list("rulebook", "digest")) if offices or mandates else []
    # How far back, and to which parties no tie counts → the versions in which an office of theirs looks so.
    reach: dict[tuple[Period, frozenset[str]], set[str]] = {}
    for body, role in offices:
        for rulebook, digest in versions:
            if rulebook.startswith(f"{body}/") and role not in _within(catalogue.kept(digest).rulebook):
                book = catalogue.kept(digest).rulebook
                reach.setdefault((_look_back(book, role), _handling(book)), set()).add(digest)
    held = [(Q(digest__in=digests), *bounds) for bounds, digests in reach.items()]
    for role, digest in given:
        theirs = Q(pk__in=Assignment.objects.filter(user=user, role=role).values("case"), digest=digest)
        book = catalogue.kept(digest).rulebook
        held.append((theirs & _engaged(user, digest, role), _look_back(book, role), _handling(book)))
    for body, role in mandates:
        for rulebook, digest in versions:
            if rulebook.startswith(f"{body}/") and role in catalogue.kept(digest).rulebook.mandated:
                theirs = Q(digest=digest) & _engaged(user, digest, role)
                book = catalogue.kept(digest).rulebook
                held.append((theirs, _look_back(book, role), _handling(book)))
    for cases, look_back, handling in held:
        barred = Party.objects.filter(organisation__in=_barring(near, look_back, at)).exclude(role__in=handling)
        wanted |= cases & ~Q(pk__in=barred.values("case"))
    return Case.objects.filter(wanted)


def overseen(user: User, at: datetime) -> QuerySet[Case]:
    """The cases that this person answers for as an officer: those of the bodies they hold an office of."""
    bodies = {body for body, _ in user.posts}
    theirs = Q(pk__in=())
    for body in bodies:
        theirs |= Q(rulebook__startswith=f"{body}/")
    return visible(user, at).filter(theirs)


def log_listing(read: Iterable[tuple[Case, Actor]], at: datetime, what: str, name: str) -> None:
    """Note that somebody was shown these cases one below the other, in one go."""
    Reading.objects.bulk_create(
        Reading(case=case, reader=reader.name[:80], reader_id=reader.id, at=at, what=what, name=name[:200]) for case, reader in read
    )  # fmt: skip


def log_reading(case: Case, reader: Actor, at: datetime, what: str = Reading.What.PAGE, name: str = "") -> None:
    """Note that somebody opened the case, or the file or notice called `name` in it (S01 8.1)."""
    Reading.objects.create(case=case, reader=reader.name[:80], reader_id=reader.id, at=at, what=what, name=name[:200])


def hash_secret(secret: str) -> str:
    """How a case's secret is kept: it has 128 random bits, so a plain hash is enough."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _within(book: Rulebook) -> set[str]:
    """The roles held only by people of an organisation that is a party."""
    return {name for name, role in book.roles.items() if role.within}


def _engaged(user: User, digest: str, role: str) -> Q:
    """The cases in which the organisation that a role is held within is this person's; all, where it is within none."""
    spec = catalogue.kept(digest).rulebook.roles.get(role)
    if spec is None or spec.within is None:
        return Q()
    parties = Party.objects.filter(role=spec.within, organisation=user.organisation_id)
    return Q(pk__in=parties.values("case"))


def _near(user: User) -> list[Tie]:
    """The ties that count against `user`: all but working for the body itself, whose officers act for it."""
    own = user.organisation
    body = own.pk if own is not None and own.kind == Organisation.Kind.BODY else None
    return [tie for tie in ties(user) if tie.organisation.pk != body]


def _handling(book: Rulebook) -> frozenset[str]:
    """The parties that handle a case themselves under this version of a rulebook: ties to them bar nobody."""
    return frozenset(name for name, role in book.roles.items() if role.handles)


def _look_back(book: Rulebook, role: str) -> Period:
    """How far back an interest bars somebody in `role` under this version of a rulebook."""
    spec = book.roles.get(role)
    return (spec.no_interest_within if spec else None) or _LASTING


def _recusal(book: Rulebook, role: str) -> str | None:
    """The clause that keeps whoever has an interest out: of the role, of another of the rulebook, or of another procedure of
    the body; None where its sources have none.
    """
    own = [book.roles[role], *book.roles.values()]
    if found := next((r.clause for r in own if r.no_interest_within), None):
        return found
    body = book.id.split("/")[0]
    for name, engine in sorted(catalogue.in_force().items()):
        other = engine.rulebook
        clauses = (r.clause for r in other.roles.values() if r.no_interest_within and r.clause)
        if name.startswith(f"{body}/") and (clause := next(clauses, None)):
            return clause if " " in clause else f"{other.source.document} {clause}"
    return None


def _barring(near: list[Tie], look_back: Period, at: datetime) -> set[int]:
    """The organisations whose cases these ties bar: ties that last at `at`, or ended within `look_back` before it."""
    calendar = WorkingCalendar.china()
    return {tie.organisation.pk for tie in near if conflicts([tie.to_json()], look_back, at, calendar)}
