"""S13: the same kind of procedure in another body, by clause."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load

from .story import Story

ENGINE = Engine(load(Path(__file__).resolve().parents[2] / "rulebooks" / "csp" / "appeal-complaint.yaml"))
SUBMISSION = {"kind": "complaint", "details": "答复迟延", "proof_text": "往来函件", "signed_by": "王某"}
KNOWN = {"identity_checked": True, "in_court": False, "outside_business": False, "with_authority": False}
PEOPLE = [{"id": str(n), "name": f"成员{n}"} for n in (1, 2, 3)]
DECISION = {"outcome": "upheld", "opinion": "改正", "at_fault": True}


def filed(**facts: object) -> Story:
    return Story(ENGINE).do("submitter", "file", "2026-09-21 09:00", **{**SUBMISSION, **facts})


def accepted(**facts: object) -> Story:
    story = filed(**facts).do("general_office", "identify", "2026-09-22 09:00", **KNOWN)
    return story.do("management", "approve", "2026-09-22 10:00").do("general_office", "accept", "2026-09-22 11:00")


@pytest.mark.parametrize(
    ("clause", "fact"), [("2.2.1", "in_court"), ("2.2.2", "outside_business"), ("2.2.4", "with_authority")]
)
def test_s13_2_2_what_is_not_accepted(clause: str, fact: str) -> None:
    story = filed().do("general_office", "identify", "2026-09-22 09:00", **{**KNOWN, fact: True})
    story.do("management", "approve", "2026-09-22 10:00")
    story.refused("general_office", "accept", "2026-09-22 11:00", clause)
    story.do("general_office", "refuse", "2026-09-22 12:00", refusal__reason="不属受理范围", refusal__basis=clause)


def test_s13_2_2_3_no_fact_or_evidence() -> None:
    story = Story(ENGINE).do("submitter", "file", "2026-09-21 09:00", kind="complaint", details="x", signed_by="y")
    story.do("general_office", "identify", "2026-09-22 09:00", **KNOWN).do("management", "approve", "2026-09-22 10:00")
    story.refused("general_office", "accept", "2026-09-22 11:00", "2.2.3")


def test_s13_5_1_identified_then_approved_then_accepted() -> None:
    story = filed().refused("management", "approve", "2026-09-21 10:00", "5.1.1")
    story.do("general_office", "identify", "2026-09-22 09:00", **KNOWN)
    story.refused("general_office", "accept", "2026-09-22 10:00", "5.1.2")
    story.do("management", "approve", "2026-09-22 10:00").do("general_office", "accept", "2026-09-22 11:00")
    assert story.duty("accept", "2026-09-29 09:00").status == DutyStatus.MET


def test_s13_4_2_what_is_addressed_to_the_committee_is_only_passed_on() -> None:
    story = filed(kind="appeal", addressed_to="committee")
    story.do("general_office", "identify", "2026-09-22 09:00", **KNOWN).do("management", "approve", "2026-09-22 10:00")
    story.refused("general_office", "accept", "2026-09-22 11:00", "4.2")
    story.do("general_office", "pass_on", "2026-09-22 12:00")
    story.do("respondent", "answer_claim", "2026-09-23 09:00", entry__text="原决定有据")
    story.refused("general_office", "decide_commission", "2026-09-24 09:00", "4.2", **DECISION)
    story.do("appeals_commission", "decide_commission", "2026-09-24 09:00", **DECISION)
    assert story.case.state == "answered"
    assert story.duty("answer_commission", "2026-09-25 09:00").status == DutyStatus.MET


def test_s13_5_2_1_a_working_group_where_needed() -> None:
    story = accepted().do("general_office", "form_group", "2026-09-23 09:00")
    story.do("general_office", "form_panel", "2026-09-23 10:00", people=PEOPLE)
    for n in ("1", "2"):
        story.refused("general_office", "arbitrate", "2026-09-24 10:00", "5.2.1", **DECISION)
        story.do("panel", "vote", "2026-09-24 10:00", who=n, entry__vote="upheld")
    story.do("general_office", "arbitrate", "2026-09-25 09:00", **DECISION)


def test_s13_5_2_2_own_fault_cause_action_and_a_handling_notice() -> None:
    story = accepted().do("respondent", "answer_claim", "2026-09-23 09:00", entry__text="确有迟延")
    story.do("general_office", "answer", "2026-09-24 09:00", **DECISION)
    story.refused("general_office", "close", "2026-09-24 10:00", "5.2.2")
    story.refused("general_office", "notify_handling", "2026-09-24 10:00", "5.2.2", accountability="通报批评")
    plan = {"corrective__cause": "无人接收", "corrective__action": "专人值守"}
    story.do("respondent", "plan_correction", "2026-09-25 09:00", **plan)
    story.do("general_office", "verify_correction", "2026-09-28 09:00", corrective__verified="有效")
    story.refused("general_office", "close", "2026-09-28 10:00", "5.2.2")
    story.do("general_office", "notify_handling", "2026-09-28 11:00", accountability="通报批评")
    story.do("general_office", "close", "2026-09-28 12:00")


def test_s13_5_2_2_still_unsatisfied_the_next_addressee_is_named() -> None:
    notice = ENGINE.rulebook.actions["notify_handling"].notice
    assert notice is not None
    assert notice.remedies is not None
    assert "其他管理部门" in notice.remedies.zh


def test_s13_5_2_3_a_dispute_goes_to_the_department_concerned() -> None:
    story = accepted(kind="dispute").do("respondent", "answer_claim", "2026-09-23 09:00", entry__text="说明")
    story.refused("general_office", "answer", "2026-09-24 09:00", "5.2.3", **DECISION)
    story.do("general_office", "assign_department", "2026-09-24 10:00", department="审核部")
    story.do("general_office", "answer", "2026-09-25 09:00", **DECISION)
    accepted().refused("general_office", "assign_department", "2026-09-24 10:00", "5.2.3", department="审核部")


def test_s13_retention_holds_after_the_archive() -> None:
    story = filed().do("submitter", "withdraw", "2026-09-22 09:00").do("general_office", "close", "2026-09-22 10:00")
    story.do("general_office", "archive", "2026-09-23 09:00")
    story.refused("management", "dispose", "2031-09-23 09:00", "5.2.2", disposal__decision="1号")
    story.do("management", "dispose", "2031-09-24 09:00", disposal__decision="1号")
