"""What a form needs by the answers given so far: exactly what its rules would refuse the application without."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from mingduan.procedure.asked import needed
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load

CACE = Path(__file__).resolve().parents[2] / "rulebooks" / "cace"


@pytest.fixture(scope="module")
def repair() -> Engine:
    return Engine(load(CACE / "repair-qualification.yaml"))


def asked(engine: Engine, **facts: object) -> set[str]:
    found = needed(engine, "file", {n.replace("__", "."): v for n, v in facts.items()})
    return {name for name, rule in found.items() if rule is not None}


ALWAYS = {f"{n}.papers" for n in ("application", "licence", "profile", "leader", "staff", "working")}


@pytest.mark.parametrize(
    ("grade", "mode", "more"),
    [
        ("j", "own", {"equipment.papers", "performance.papers", "performance.years"}),
        ("j", "repair", {"equipment.papers", "spares.papers", "performance.papers", "performance.years"}),
        ("j", "whole", {"spares.papers", "performance.papers", "performance.years"}),
        ("b", "own", {"equipment.papers"}),
        ("b", "repair", {"equipment.papers", "spares.papers"}),
        ("b", "whole", {"spares.papers", "performance.papers", "performance.years"}),
    ],
)
def test_s06_3_2_1_the_documents_that_a_grade_and_mode_need(
    repair: Engine, grade: str, mode: str, more: set[str]
) -> None:
    assert asked(repair, grade=grade, mode=mode, quality__held=False) == ALWAYS | more


@pytest.mark.parametrize("held", [True, False])
def test_s06_3_2_1_8_quality_papers_and_their_date_only_where_a_certificate_is_held(repair: Engine, held: bool) -> None:
    found = asked(repair, grade="b", mode="own", quality__held=held)
    assert ({"quality.papers", "quality.expires_on"} <= found) is held
    assert bool({"quality.papers", "quality.expires_on"} & found) is held


def test_what_no_rule_asks_for_may_always_be_given(repair: Engine) -> None:
    assert not {"other.papers", "licence.expires_on"} & set(needed(repair, "file", {}))


def test_before_anything_is_answered_nothing_is_ruled_out(repair: Engine) -> None:
    assert {"equipment.papers", "spares.papers", "performance.papers", "performance.years"} <= asked(repair)


def test_the_form_needs_what_the_rules_refuse_the_lack_of(repair: Engine) -> None:
    """Every grade × mode × quality certificate: the documents asked for are those whose lack is told."""
    from ..scenarios.scheme import ENTERPRISE
    from ..scenarios.story import Story

    for grade, mode, held in product("jyb", ("own", "repair", "whole"), (True, False)):
        facts = {"specialty": "cs", "grade": grade, "mode": mode, "independent": True, "meets_standard": True, "accepts": True, "quality__held": held}  # fmt: skip
        story = Story(repair, ENTERPRISE).attempt("applicant", "file", "2026-03-02 09:00", **facts)
        assert story.refusal is not None
        refused = {r.text.zh for r in story.refusal.reasons}
        rules = needed(repair, "file", {n.replace("__", "."): v for n, v in facts.items()}).values()
        assert refused == {r.guard.otherwise.zh for r in rules if r} | (
            {"未写明质量管理体系认证的有效期"} if held else set()
        )
