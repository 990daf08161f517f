"""S06 3, equipment repair: documents by grade and mode of work."""

from __future__ import annotations

from typing import Any

import pytest

from mingduan.procedure.engine import Engine

from .scheme import ENTERPRISE, PAPER, engine
from .story import Story

NAMES = ("application", "licence", "profile", "leader", "staff", "equipment", "spares", "performance", "working")
FULL: dict[str, Any] = {
    "specialty": "cs", "grade": "j", "mode": "repair", "independent": True, "meets_standard": True, "accepts": True, "quality__held": False,
    "performance__years": 2, **{f"{name}__papers": PAPER for name in NAMES},
}  # fmt: skip


@pytest.fixture(scope="module")
def book() -> Engine:
    return engine("repair-qualification")


def refused_by(book: Engine, **facts: Any) -> list[str | None]:
    given = {k: v for k, v in {**FULL, **facts}.items() if v is not None}
    story = Story(book, ENTERPRISE).attempt("applicant", "file", "2026-03-02 09:00", **given)
    return [r.clause for r in story.refusal.reasons] if story.refusal else []


def test_s06_3_2_1_a_full_application_is_filed(book: Engine) -> None:
    assert refused_by(book) == []


@pytest.mark.parametrize(
    ("paper", "clause"),
    [
        ("application", "3.2.1(1)"), ("licence", "3.2.1(2)"), ("profile", "3.2.1(3)"), ("leader", "3.2.1(4)"), ("staff", "3.2.1(4)"),
        ("equipment", "3.2.1(5)"), ("spares", "3.2.1(6)"), ("performance", "3.2.1(7)"), ("working", "3.2.1(9)"),
    ],
)  # fmt: skip
def test_s06_3_2_1_each_missing_document_is_told_with_its_clause(book: Engine, paper: str, clause: str) -> None:
    assert refused_by(book, **{f"{paper}__papers": None}) == [clause]


def test_s06_3_2_1_everything_that_is_missing_is_told_at_once(book: Engine) -> None:
    told = refused_by(book, **{f"{name}__papers": None for name in NAMES})
    assert told == [f"3.2.1({n})" for n in (1, 2, 3, 4, 4, 5, 6, 7, 9)]


@pytest.mark.parametrize(("paper", "clause"), [("licence", "3.2.1(2)"), ("quality", "3.2.1(8)")])
def test_s06_3_2_1_what_has_expired_is_told_and_its_last_day_counts(book: Engine, paper: str, clause: str) -> None:
    held = {"quality__held": True, "quality__papers": PAPER, "quality__expires_on": "2027-03-01"}
    assert refused_by(book, **{**held, f"{paper}__expires_on": "2026-03-01"}) == [clause]
    assert refused_by(book, **{**held, f"{paper}__expires_on": "2026-03-02"}) == []


def test_s06_3_2_1_10_whatever_else_the_form_asks_for_may_be_given_and_need_not(book: Engine) -> None:
    assert refused_by(book, other__papers=PAPER) == []


@pytest.mark.parametrize("condition", ["independent", "meets_standard", "accepts"])
def test_s06_3_1_conditions_of_an_application(book: Engine, condition: str) -> None:
    assert len(refused_by(book, **{condition: False})) == 1


@pytest.mark.parametrize(("mode", "asked"), [("own", True), ("repair", True), ("whole", False)])
def test_s06_3_2_1_5_no_equipment_list_under_whole_subcontracting(book: Engine, mode: str, asked: bool) -> None:
    assert refused_by(book, mode=mode, equipment__papers=None) == (["3.2.1(5)"] if asked else [])


@pytest.mark.parametrize(("mode", "asked"), [("own", False), ("repair", True), ("whole", True)])
def test_s06_3_2_1_6_spare_parts_under_repair_or_whole_subcontracting(book: Engine, mode: str, asked: bool) -> None:
    assert refused_by(book, mode=mode, spares__papers=None) == (["3.2.1(6)"] if asked else [])


@pytest.mark.parametrize(
    ("grade", "mode", "years", "lawful"),
    [
        ("j", "own", 2, True), ("j", "own", 1, False), ("y", "repair", 1, True), ("y", "repair", 0, False),
        ("b", "whole", 2, True), ("b", "whole", 1, False), ("b", "own", 0, True), ("b", "repair", 0, True),
    ],
)  # fmt: skip
def test_s06_3_2_1_7_years_of_performance_by_grade_and_mode(
    book: Engine, grade: str, mode: str, years: int, lawful: bool
) -> None:
    assert refused_by(book, grade=grade, mode=mode, performance__years=years) == ([] if lawful else ["3.2.1(7)"])


@pytest.mark.parametrize(("mode", "asked"), [("own", False), ("repair", False), ("whole", True)])
def test_s06_3_2_1_7_grade_three_shows_performance_under_whole_subcontracting_only(
    book: Engine, mode: str, asked: bool
) -> None:
    found = refused_by(book, grade="b", mode=mode, performance__papers=None)
    assert found == (["3.2.1(7)"] if asked else [])


def test_s06_3_2_1_8_quality_papers_only_where_a_certificate_is_held(book: Engine) -> None:
    assert refused_by(book, quality__held=False) == []
    assert refused_by(book, quality__held=True) == ["3.2.1(8)"] * 2
    assert refused_by(book, quality__held=True, quality__expires_on="2027-03-01") == ["3.2.1(8)"], "the papers"
    assert refused_by(book, quality__held=True, quality__papers=PAPER) == ["3.2.1(8)"], "until when"


def test_s06_3_1_1_a_repair_certificate_is_numbered_by_its_own_specialty(book: Engine) -> None:
    from .test_s18_grant import approve

    story = approve(book, FULL)
    assert story.case.facts["certificate.number"] == "2026CS0001JR0"
