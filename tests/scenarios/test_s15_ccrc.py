"""S15: the same kind of procedure in a third body, by clause."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load

from .story import Story

ENGINE = Engine(load(Path(__file__).resolve().parents[2] / "rulebooks" / "ccrc" / "appeal-complaint.yaml"))
SUBMISSION = {"kind": "complaint", "details": "答复迟延", "proof_text": "往来函件", "signed_by": "王某"}
PEOPLE = [{"id": str(n), "name": f"处理人{n}"} for n in (1, 2, 3)]
DECISION = {"outcome": "upheld", "opinion": "改正", "at_fault": False}
EXTENSION = {"extension__ground": "hard", "reason": "需赴现场取证"}


def filed() -> Story:
    return Story(ENGINE).do("submitter", "file", "2026-09-21 09:00", **SUBMISSION)


def accepted(*, about_holder: bool = False) -> Story:
    return filed().do("quality", "accept", "2026-09-22 09:00", about_holder=about_holder)


@pytest.mark.parametrize(("until", "lawful"), [("2027-03-22", True), ("2027-03-23", False)])
def test_s15_5_7_ninety_days_and_at_most_180(until: str, lawful: bool) -> None:
    """180 days after 2026-09-21 is 2027-03-20, a Saturday: the period rolls to Monday 22 March."""
    story = accepted()
    assert story.duty("answer", "2026-09-22 10:00").due.isoformat() == "2026-12-21T15:59:59.999999+00:00"
    story.refused("quality", "extend_answer", "2026-12-01 09:00", "5.7", until="2027-01-20", **EXTENSION)
    story.attempt("deputy_director", "extend_answer", "2026-12-01 09:00", until=until, **EXTENSION)
    assert (story.refusal is None) == lawful


@pytest.mark.parametrize("missing", ["extension__ground", "reason"])
def test_s15_5_7_only_a_wide_or_hard_case_is_extended_with_its_reason(missing: str) -> None:
    given = {k: v for k, v in EXTENSION.items() if k != missing}
    story = accepted().attempt("deputy_director", "extend_answer", "2026-12-01 09:00", until="2027-01-20", **given)
    assert story.refusal is not None
    assert story.refusal.reasons[0].input == missing.replace("__", ".")


@pytest.mark.parametrize(("until", "lawful"), [("2024-09-24", False), ("2024-09-22", True)], ids=["729", "731"])
def test_s15_5_2_handlers_have_no_interest_within_two_years(until: str, lawful: bool) -> None:
    story = accepted().do("quality", "name_handlers", "2026-09-22 10:00")
    tied = {"id": "1", "name": "甲", "interests": [{"party": "某公司", "kind": "顾问", "until": until}]}
    story.attempt("quality", "form_panel", "2026-09-23 09:00", people=[tied])
    assert (story.refusal is None) == lawful


def test_s15_5_2_the_offices_that_handle_have_the_same_look_back() -> None:
    roles = ENGINE.rulebook.roles
    assert all(str(roles[r].no_interest_within) == "2y" for r in ("panel", "quality", "deputy_director"))


@pytest.mark.parametrize("addressee", ["认可", "认监", "人民法院"])
def test_s15_5_3_the_next_instance_is_named_in_the_answer(addressee: str) -> None:
    notice = ENGINE.rulebook.actions["answer"].notice
    assert notice is not None
    assert notice.remedies is not None
    assert addressee in notice.remedies.zh


def test_s15_2_1_a_complaint_about_a_holder_needs_the_holders_own_records() -> None:
    story = accepted(about_holder=True).do("respondent", "answer_claim", "2026-09-23 09:00", entry__text="说明")
    story.refused("quality", "answer", "2026-09-24 09:00", "2.1", **DECISION)
    story.do("quality", "examine_records", "2026-09-24 10:00", holder_records="两年内三件同类投诉")
    story.do("quality", "answer", "2026-09-24 11:00", **DECISION)
    accepted().refused("quality", "examine_records", "2026-09-24 10:00", "2.1", holder_records="x")


def test_s15_5_6_a_nonconformity_is_corrected_and_followed_up_before_the_case_closes() -> None:
    story = accepted().do("respondent", "answer_claim", "2026-09-23 09:00", entry__text="说明")
    story.do("quality", "answer", "2026-09-24 09:00", **{**DECISION, "at_fault": True})
    story.refused("quality", "close", "2026-09-24 10:00", "5.6")
    assert story.duty("plan_correction", "2026-09-24 10:00").owner == "respondent"
    plan = {"corrective__cause": "流程缺失", "corrective__action": "修订流程"}
    story.do("respondent", "plan_correction", "2026-09-25 09:00", **plan)
    story.do("quality", "verify_correction", "2026-10-09 09:00", corrective__verified="有效")
    story.do("quality", "close", "2026-10-09 10:00")


def test_s15_5_4_votes_are_confidential_and_5_5_filing_costs_nobody() -> None:
    book = ENGINE.rulebook
    assert book.facts["votes"].confidential
    notice = book.actions["file"].notice
    assert notice is not None
    assert "歧视" in notice.body.zh


def test_s15_5_8_a_challenged_handler_is_decided_on_by_the_deputy_director() -> None:
    story = accepted().do("quality", "name_handlers", "2026-09-22 10:00")
    story.do("quality", "form_panel", "2026-09-23 09:00", people=PEOPLE)
    story.do("submitter", "challenge", "2026-09-24 09:00", entry__member="处理人2", entry__why="旧同事")
    decided = {"entry": story.events[-1].seq, "entry__decision_why": "已满五年"}
    story.refused("quality", "reject_challenge", "2026-09-25 09:00", "5.2", **decided)
    story.do("deputy_director", "reject_challenge", "2026-09-25 09:00", **decided)
    assert story.duty("decide_challenge", "2026-09-25 10:00").status == DutyStatus.MET
