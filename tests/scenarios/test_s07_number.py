"""S07 and S10 3.1: the number of 13 characters."""

from __future__ import annotations

import re

import pytest

from mingduan.procedure.engine import Engine

from .scheme import engine
from .story import Story
from .test_s09_maintenance import FULL
from .test_s18_grant import evaluated


@pytest.fixture(scope="module")
def book() -> Engine:
    return engine("qualification")


def approved(book: Engine, specialty: str, grade: str) -> Story:
    facts = {**FULL, "specialty": specialty, "grade": grade, "temporary_reason": "新设立"}
    story = evaluated(book, facts).do("committee", "review", "2026-03-25 09:00", review__opinion="同意")
    return story.do("association", "approve", "2026-03-26 09:00")


@pytest.mark.parametrize(
    ("specialty", "grade", "number"),
    [
        ("xl", "j", "2026XL0001JR0"), ("jz", "y", "2026JZ0001YR0"), ("zw", "b", "2026ZW0001BR0"), ("zh", "l", "2026ZH0001LR0"), ("tt", "j", "2026TT0001JR0"),
    ],
)  # fmt: skip
def test_s07_3_1_year_specialty_serial_grade_and_recertifications(
    book: Engine, specialty: str, grade: str, number: str
) -> None:
    found = approved(book, specialty, grade).case.facts["certificate.number"]
    assert found == number
    assert re.fullmatch(r"\d{4}[A-Z]{2}\d{4}[JYBL]R\d", found)


@pytest.mark.parametrize(("when", "year"), [("2026-12-31 23:59:59", "2026"), ("2027-01-01 00:00", "2027")])
def test_s07_3_1_the_year_is_the_local_one(book: Engine, when: str, year: str) -> None:
    story = evaluated(book).do("committee", "review", "2026-03-25 09:00", review__opinion="同意")
    assert story.do("association", "approve", when).case.facts["certificate.number"].startswith(year)
