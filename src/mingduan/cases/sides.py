"""The sides of a case: who is a party of it."""

from __future__ import annotations

from dataclasses import dataclass

from mingduan.people.models import Organisation, User
from mingduan.procedure.rulebook import Rulebook

from .models import Case, Party


@dataclass(frozen=True, slots=True)
class Side:
    """A party as a case is opened: its role, name, the account or organisation behind it, and, where another case
    brought it, that case's number.
    """

    role: str
    name: str
    organisation: Organisation | None = None
    user: User | None = None
    joined_from: str = ""

    def party(self, case: Case, book: Rulebook) -> Party:
        """The side as it is stored."""
        return Party(
            case=case, role=self.role, name=self.name, organisation=self.organisation, user=self.user,
            joined_from=self.joined_from, everybody=everybody(book, self.role),
        )  # fmt: skip


def sides_of(case: Case) -> list[Side]:
    """The case's parties, its own before those that another case brought."""
    parties = case.parties.select_related("organisation", "user")
    return [Side(p.role, p.name, p.organisation, p.user, p.joined_from) for p in parties]


def everybody(book: Rulebook, role: str) -> bool:
    """Whether a party that is an organisation acts through all its people, or through those it gave the mandate."""
    return book.roles[role].within != role
