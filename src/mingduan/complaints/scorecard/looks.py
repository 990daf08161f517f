"""What somebody may see of scorecards.

Managers (whoever holds an office of the card's body) see all; a contractor's people see their own card and the ranking of
their group, others' scores only once they are published, and never others' deductions.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime

from mingduan.cases import catalogue
from mingduan.people.models import User
from mingduan.procedure.period import TZ

from .board import Board, Sheet, board, sheet
from .card import Card
from .cards import in_force
from .store import reads_of


@dataclass(frozen=True, slots=True)
class Look:
    """What somebody may see of a card: everything, or what concerns their own organisation."""

    card: Card
    own: str = ""

    @property
    def all(self) -> bool:
        """Whether they manage contractors."""
        return not self.own

    def cut(self, found: Board) -> Board:
        """The month as this reader may see it."""
        if self.all:
            return found
        mine = found.place(self.own)
        shown = tuple(
            p for p in found.places
            if p.contractor == self.own or (mine is not None and p.group == mine.group and p.published)
        )  # fmt: skip
        return replace(found, places=shown)

    def sheet(self, found: Board, contractor: str) -> Sheet | None:
        """A contractor's card, if it is this reader's to see and what it was worked out from is still kept."""
        place = found.place(contractor)
        if place is None or not (self.all or self.own == contractor):
            return None
        try:
            return sheet(found, place)
        except LookupError:
            return None


def look(user: User, card: Card) -> Look | None:
    """What this person may see of a card; None for nothing."""
    procedure = catalogue.of_body(card.id.split("/")[0], reads_of(card).settled_by)
    engine, body = catalogue.current(procedure), procedure.split("/")[0]
    if any(where == body for where, _ in user.posts):
        return Look(card)
    held = {role for where, role in user.mandated if where == body}
    if engine is not None and held & engine.rulebook.mandated:
        return Look(card, str(user.organisation_id))
    return None


def looks(user: User) -> list[Look]:
    """What this person may see of each card in force."""
    return [found for card in in_force().values() if (found := look(user, card)) is not None]


def asked(user: User, card: str, month: str, now: datetime) -> tuple[Look, Board] | None:
    """A card's month (`2026-10`) as this person may see it; None where there is none for them, or it has not begun."""
    found = in_force().get(card)
    one = look(user, found) if found is not None else None
    try:
        first = date.fromisoformat(f"{month}-01")
    except ValueError:
        return None
    if one is None or first > now.astimezone(TZ).date():
        return None
    return one, one.cut(board(one.card, first, now))
