"""Every code that a rulebook can put into the register has words on a certificate."""

from __future__ import annotations

import pytest

from mingduan.cases import catalogue
from mingduan.registry.life import IN_FORCE
from mingduan.registry.wording import wording

ISSUING = [
    engine.rulebook
    for engine in catalogue.in_force().values()
    if any(change.effect == "issue" for action in engine.rulebook.actions.values() for change in action.registers)
]


@pytest.mark.parametrize("book", ISSUING, ids=lambda book: book.id)
def test_every_specialty_grade_and_title_a_rulebook_grants_has_words(book) -> None:
    words = wording()
    assert {code.upper() for code in book.facts["specialty"].choices} <= words.specialties.keys()
    assert {code.upper() for code in book.facts["grade"].choices} <= words.grades.keys()
    assert all(words.specialties[code.upper()].title in words.titles for code in book.facts["specialty"].choices)


def test_only_what_is_valid_may_be_used_and_what_left_force_is_revoked() -> None:
    standings = wording().standings
    assert standings.keys() >= IN_FORCE | {"withdrawn", "cancelled", "replaced", "annulled", "expired"}
    assert [code for code, words in standings.items() if words.usable] == ["valid"]
    assert {c for c, w in standings.items() if w.shown_in == "revocation"} == {"withdrawn", "cancelled", "replaced", "annulled"}  # fmt: skip
