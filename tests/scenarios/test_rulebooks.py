"""Every rulebook, whatever it is about: sound, its clauses carried, its notices readable, its roles told."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mingduan.procedure.loading import load
from mingduan.procedure.verify import coverage, verify

RULEBOOKS = sorted((Path(__file__).resolve().parents[2] / "rulebooks").rglob("*.yaml"))
CORE = [
    p for p in RULEBOOKS
    if p.parent.name in ("csp", "ccrc") or (p.parent.name == "cace" and p.stem in ("appeal", "complaint", "dispute"))
]  # fmt: skip
every = pytest.mark.parametrize("path", RULEBOOKS, ids=lambda p: f"{p.parent.name}-{p.stem}")
core = pytest.mark.parametrize("path", CORE, ids=lambda p: f"{p.parent.name}-{p.stem}")


@every
def test_every_rulebook_is_sound_and_every_clause_is_carried_or_excused(path: Path) -> None:
    book = load(path)
    assert verify(book) == ()
    assert all(row.covered for row in coverage(book))


@core
def test_whoever_is_told_of_a_step_is_told_in_words_of_its_own(path: Path) -> None:
    book = load(path)
    silent = [name for name, action in book.actions.items() if action.tells and action.notice is None]
    assert silent == []


@core
def test_a_decision_against_somebody_names_the_next_instance(path: Path) -> None:
    book = load(path)
    against = {"refuse", "lapse", "rule", "settle", "answer", "arbitrate", "decide_commission"} & set(book.actions)
    if "adds" in str(book.actions["answer"].model_dump(exclude_defaults=True)):
        against.discard("answer")  # in the appeal it is a party's statement
    for name in against:
        notice = book.actions[name].notice
        assert notice is not None, name
        assert notice.remedies is not None, name


@core
def test_chinese_sentences_of_notices_end_and_hold_no_latin_punctuation(path: Path) -> None:
    for name, action in load(path).actions.items():
        if action.notice is None:
            continue
        words = re.sub(r"\{[^}]*\}|\[\[|\]\]", "", action.notice.body.zh)
        assert not re.search(r"[,;!?]|(?<![0-9])\.", words), name


# Conditions that an earlier step, and nothing else, makes hold.
_STEP = re.compile(r"'\w+' in taken|assigned\.\w+\.size\(\) > 0|[\w.]+\.size\(\) > 0")


@every
def test_a_guard_that_waits_for_an_earlier_step_says_which(path: Path) -> None:
    guards = [(name, guard) for name, action in load(path).actions.items() for guard in action.when]
    silent = [(n, g.that) for n, g in guards if _STEP.fullmatch(g.that) and not (g.remedied_by or g.remedy)]
    assert silent == []


@every
def test_a_remedy_says_more_than_the_refusal(path: Path) -> None:
    guards = [(name, guard) for name, action in load(path).actions.items() for guard in action.when]
    assert [(n, g.remedy.zh) for n, g in guards if g.remedy and g.remedy.zh == g.otherwise.zh] == []


# What time alone brings, or has taken away.
_TIME = re.compile(r"'(\w+)' in late|now >= ([\w.]+)|until <=? due\.(\w+)|[\w.]+ <= due\.(\w+)|until > due\.(\w+)")


@every
def test_a_refusal_about_time_names_the_day(path: Path) -> None:
    guards = [(name, guard) for name, action in load(path).actions.items() for guard in action.when]
    assert [(n, g.that) for n, g in guards if _TIME.fullmatch(g.that) and "{" not in g.otherwise.zh] == []
