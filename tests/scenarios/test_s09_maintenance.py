"""S09 and S14 3, network maintenance: conditions and the ten documents, each missing one told with its clause."""

from __future__ import annotations

from typing import Any

import pytest

from mingduan.procedure.engine import Engine

from .scheme import ENTERPRISE, PAPER, engine
from .story import Story

DOCUMENTS = {
    "application": "3.2.1(1)", "licence": "3.2.1(2)", "profile": "3.2.1(3)", "leader": "3.2.1(4)", "staff": "3.2.1(5)", "equipment": "3.2.1(5)",
    "performance": "3.2.1(6)", "sites": "3.2.1(7)", "working": "3.2.1(9)",
}  # fmt: skip
FULL: dict[str, Any] = {
    "specialty": "zh", "grade": "j", "independent": True, "meets_standard": True, "accepts": True, "quality__held": False,
    **{f"{name}__papers": PAPER for name in DOCUMENTS},
}  # fmt: skip


@pytest.fixture(scope="module")
def book() -> Engine:
    return engine("qualification")


def apply(book: Engine, register: dict[str, Any] | None = None, **facts: Any) -> Story:
    given = {k: v for k, v in {**FULL, **facts}.items() if v is not None}
    return Story(book, {**ENTERPRISE, **(register or {})}).attempt("applicant", "file", "2026-03-02 09:00", **given)


def clauses(story: Story) -> list[str | None]:
    return [r.clause for r in story.refusal.reasons] if story.refusal else []


def test_s09_3_2_1_a_complete_application_is_filed(book: Engine) -> None:
    assert apply(book).refusal is None


@pytest.mark.parametrize(("name", "clause"), DOCUMENTS.items())
def test_s09_3_2_1_each_missing_document_is_told_with_its_clause(book: Engine, name: str, clause: str) -> None:
    assert clauses(apply(book, **{f"{name}__papers": None})) == [clause]


def test_s09_3_2_1_all_missing_documents_are_told_at_once(book: Engine) -> None:
    story = apply(book, **{f"{name}__papers": None for name in DOCUMENTS})
    assert sorted(clauses(story)) == sorted(DOCUMENTS.values())


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, ["缺少质量管理体系认证证书、保持有效的证据、质量手册", "未写明质量管理体系认证的有效期"]),
        ({"quality__papers": PAPER}, ["未写明质量管理体系认证的有效期"]),
        ({"quality__papers": PAPER, "quality__expires_on": "2026-03-01"}, ["质量管理体系认证证书、保持有效的证据、质量手册已过期"]),
        ({"quality__papers": PAPER, "quality__expires_on": "2026-03-02"}, []),
    ],
)  # fmt: skip
def test_s09_3_2_1_8_a_quality_certificate_only_where_held_and_in_force(
    book: Engine, given: dict[str, Any], told: list[str]
) -> None:
    story = apply(book, quality__held=True, **given)
    assert [r.text.zh for r in story.refusal.reasons] if story.refusal else told == []
    assert set(clauses(story)) <= {"3.2.1(8)"}


@pytest.mark.parametrize(("expires", "refused"), [("2026-03-01", True), ("2026-03-02", False)])
def test_s09_3_2_1_2_an_expired_licence_is_told(book: Engine, expires: str, refused: bool) -> None:
    assert clauses(apply(book, licence__expires_on=expires)) == (["3.2.1(2)"] if refused else [])


@pytest.mark.parametrize(
    ("register", "facts", "clause"),
    [
        ({"applicant.credit_code": None}, {}, "3.1.2(1)"),
        ({}, {"independent": False}, "3.1.2(2)"),
        ({"applicant.sites": 0}, {}, "3.1.2(3)"),
        ({"applicant.vehicles": 0}, {}, "3.1.2(3)"),
        ({}, {"meets_standard": False}, "3.1.2(4)"),
        ({}, {"accepts": False}, "3.1.2(5)"),
        ({"holding.number": "2025ZH0001JR0"}, {}, "3.1.1"),
        ({}, {"grade": "l"}, "S02 11"),
    ],
)  # fmt: skip
def test_s09_3_1_conditions_of_an_application(
    book: Engine, register: dict[str, Any], facts: dict[str, Any], clause: str
) -> None:
    assert clauses(apply(book, register, **facts)) == [clause]


def test_s02_11_a_new_enterprise_may_apply_for_the_temporary_grade(book: Engine) -> None:
    assert apply(book, grade="l", temporary_reason="新设立").refusal is None
    assert clauses(apply(book, grade="l")) == ["S02 11"]


def test_s09_2_3_returned_for_completion_and_lapsed_when_nobody_completes(book: Engine) -> None:
    story = apply(book).do("centre", "return_for_completion", "2026-03-03 09:00", completion__what="绩效证明不清晰")
    assert story.duty("put_right", "2026-03-04 09:00").due.date().isoformat() == "2026-03-24"
    story.refused("timer", "lapse", "2026-03-24 23:59:59", "2.3")
    story.do("timer", "lapse", "2026-03-25 00:00")
    assert story.case.state == "refused"
    assert story.case.facts["decision.entry"] == "C-1#3"


def test_s09_2_3_a_licence_that_expired_meanwhile_stops_acceptance(book: Engine) -> None:
    story = apply(book, licence__expires_on="2026-03-10")
    story.refused("centre", "accept", "2026-03-11 09:00", "3.2.1(2)")
    story.do("centre", "return_for_completion", "2026-03-11 10:00", completion__what="营业执照")
    story.do("applicant", "complete", "2026-03-12 09:00", licence__papers=PAPER, licence__expires_on="2030-01-01")
    story.do("centre", "accept", "2026-03-12 10:00")
