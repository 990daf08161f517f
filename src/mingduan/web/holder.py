"""What an enterprise's own people see when they come in: their certificates, where each application stands, what they can do next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from urllib.parse import urlencode

from mingduan.cases import catalogue, registrar
from mingduan.cases.access import visible
from mingduan.cases.board import Line, lines
from mingduan.people.models import Organisation, User
from mingduan.procedure import landmarks
from mingduan.procedure.period import TZ
from mingduan.procedure.rulebook import Action, Rulebook
from mingduan.registry import keeping, profile, search
from mingduan.registry.keeping import Standing, nears
from mingduan.registry.life import IN_FORCE
from mingduan.registry.models import Certificate
from mingduan.registry.wording import StandingWords, Words, wording

SHOWN = 30


@dataclass(frozen=True, slots=True)
class Step:
    """Something the enterprise can file now, and the address of its form; or of the `case` in which it is under way."""

    book: Rulebook
    action: Action
    address: str
    case: str = ""


@dataclass(frozen=True, slots=True)
class Own:
    """A certificate of the enterprise as it is today, and what can be filed about it."""

    row: Certificate
    specialty: Words
    grade: Words
    status: str
    standing: StandingWords
    expiry: Standing
    surveillance: Standing
    steps: Sequence[Step]


@dataclass(frozen=True, slots=True)
class Desk:
    """Everything of the enterprise on one page."""

    organisation: Organisation
    registered: bool
    certificates: Sequence[Own]
    cases: Sequence[Line]
    apply: Sequence[Step]


def desk(user: User, now: datetime) -> Desk | None:
    """The desk of who acts for an enterprise; None for anybody else, as for an expert whose employer is none of the scheme's."""
    organisation = user.organisation
    if organisation is None or organisation.kind != Organisation.Kind.ENTERPRISE:
        return None
    registered = keeping.of(organisation) is not None
    if user.expert and not registered:
        return None
    today = now.astimezone(TZ).date()
    filed = (e.rulebook for e in catalogue.in_force().values() if e.rulebook.filing)
    books = sorted(filed, key=lambda book: (book.place, book.id))
    held = Certificate.objects.filter(holder=organisation).order_by("-issued_on", "number")
    owned = sorted((_own(row, books, today) for row in held), key=lambda own: own.status not in IN_FORCE)
    theirs = visible(user, now).filter(ended=False, parties__organisation=organisation).order_by("-opened_at")
    under_way = [line for line in lines(theirs, now) if line.case.state not in landmarks.filed_away(line.book)]
    return Desk(
        organisation, registered, owned, under_way[:SHOWN],
        [_step(book) for book in books if profile.asked_by(book)],
    )  # fmt: skip


def _own(row: Certificate, books: Sequence[Rulebook], today: date) -> Own:
    words, status = wording(), search.status_on(row, today)
    steps = [
        _under_way(b, row.number) or _step(b, {name: row.number})
        for b in books
        if (name := profile.certificate_fact(b)) in _asks(b)
    ]
    in_force = status in IN_FORCE
    return Own(
        row, words.specialty(row.specialty), words.grade(row.grade), status, words.standing(status),
        nears(row.valid_until, today) if in_force else "", nears(row.next_surveillance_on, today) if in_force else "",
        steps if in_force else (),
    )  # fmt: skip


def _asks(book: Rulebook) -> tuple[str, ...]:
    action = book.actions[book.filing[0]] if book.filing else None
    return (*action.asks, *action.may_ask) if action else ()


def _under_way(book: Rulebook, number: str) -> Step | None:
    """The case in which a procedure about the certificate is under way already, where it lets only one be."""
    for fact in book.facts.values():
        if (
            fact.told is not None
            and fact.told.ask == "running"
            and (case := registrar.running(book.id, fact.told, number))
        ):
            return replace(_step(book), address=f"/cases/{case}/", case=case)
    return None


def _step(book: Rulebook, brings: dict[str, str] | None = None) -> Step:
    query = f"?{urlencode(brings)}" if brings else ""
    return Step(book, book.actions[book.filing[0] if book.filing else ""], f"/file/{book.id}/{query}")
