"""S01 7, S13 and S15: complaints and disputes on both tracks, and two other bodies on the same engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load
from mingduan.procedure.verify import coverage, verify

from .story import Story

RULEBOOKS = Path(__file__).resolve().parents[2] / "rulebooks"
PEOPLE = [{"id": str(n), "name": f"专家{n}"} for n in (1, 2, 3)]
COMPLAINT = {"grounds": "charge", "details": "多收费用", "proof_text": "发票", "signed_by": "王某"}
SUBMISSION = {"kind": "complaint", "details": "答复迟延", "proof_text": "往来函件", "signed_by": "王某"}


def engine(name: str) -> Engine:
    return Engine(load(RULEBOOKS / f"{name}.yaml"))


@pytest.mark.parametrize("path", sorted(RULEBOOKS.rglob("*.yaml")), ids=lambda p: f"{p.parent.name}-{p.stem}")
def test_every_rulebook_is_sound_and_every_clause_is_carried_or_excused(path: Path) -> None:
    book = load(path)
    assert verify(book) == ()
    assert all(row.covered for row in coverage(book))


def test_s01_7_1_a_complaint_needs_details_proof_and_a_signature() -> None:
    story = Story(engine("cace/complaint"))
    for missing in ("details", "proof_text", "signed_by"):
        story.attempt("complainant", "file", "2026-09-25 09:00", **{k: v for k, v in COMPLAINT.items() if k != missing})
        assert story.refusal is not None
        assert story.refusal.reasons[0].input == missing


def test_s01_7_2_2_an_ordinary_complaint_is_answered_within_20_working_days() -> None:
    story = (
        Story(engine("cace/complaint"))
        .do("complainant", "file", "2026-02-06 09:00", **COMPLAINT)
        .do("secretariat", "accept", "2026-02-09 09:00")
    )
    assert story.duty("answer", "2026-02-10 09:00").due.isoformat() == "2026-03-12T15:59:59.999999+00:00"
    opinion = {"outcome": "upheld", "opinion": "退还", "at_fault": True}
    story.refused("secretariat", "answer", "2026-03-01 09:00", "7.2.2", **opinion)
    story.do("respondent", "answer_claim", "2026-03-01 10:00", entry__text="收费有据").do(
        "secretariat", "answer", "2026-03-12 23:59:59", **opinion
    )
    assert story.duty("answer", "2026-03-13 09:00").status == DutyStatus.MET
    story.refused("secretariat", "close", "2026-03-13 10:00", "7.2.2")
    story.do(
        "respondent", "plan_correction", "2026-03-14 09:00", corrective__cause="培训不足", corrective__action="复训"
    )
    story.do("secretariat", "verify_correction", "2026-03-20 09:00", corrective__verified="有效").do(
        "secretariat", "close", "2026-03-20 10:00"
    )


def test_s01_7_2_3_a_major_dispute_goes_to_a_panel_and_is_answered_within_15_working_days_of_acceptance() -> None:
    story = Story(engine("cace/dispute"))
    story.do(
        "disputant",
        "file",
        "2026-09-21 09:00",
        matter="扣分项",
        theoretical=False,
        details="理由",
        proof_text="记录",
        signed_by="李某",
    )
    story.do("secretariat", "accept_major", "2026-09-25 09:00")
    assert story.duty("arbitrate", "2026-09-25 10:00").due.isoformat() == "2026-10-22T15:59:59.999999+00:00"
    assert story.duty("answer", "2026-09-25 10:00").status == DutyStatus.WAIVED
    story.refused("secretariat", "mediate", "2026-09-26 09:00", "7.2.3", mediation__result="x")
    story.do("secretariat", "form_panel", "2026-09-26 10:00", people=PEOPLE).do(
        "panel", "mediate", "2026-09-28 10:00", mediation__result="未达成"
    )
    decision = {"outcome": "rejected", "opinion": "维持", "at_fault": False}
    story.refused("secretariat", "arbitrate", "2026-09-29 09:00", "7.2.3", **decision)
    for n in ("1", "2"):
        story.do("panel", "vote", "2026-09-29 10:00", who=n, entry__vote="rejected")
    story.do("secretariat", "arbitrate", "2026-09-30 09:00", **decision)
    assert story.case.state == "answered"


def test_s01_5_3_a_purely_theoretical_question_is_no_dispute() -> None:
    story = Story(engine("cace/dispute"))
    story.do(
        "disputant",
        "file",
        "2026-09-21 09:00",
        matter="理论",
        theoretical=True,
        details="理由",
        proof_text="论文",
        signed_by="李某",
    )
    story.refused("secretariat", "accept", "2026-09-22 09:00", "5.3").do(
        "secretariat", "refuse", "2026-09-22 10:00", refusal__reason="纯理论问题"
    )


def test_s01_7_3_costs_are_the_committees() -> None:
    story = (
        Story(engine("cace/complaint"))
        .do("complainant", "file", "2026-09-21 09:00", **COMPLAINT)
        .do("secretariat", "accept", "2026-09-22 09:00")
    )
    story.do("secretariat", "record_costs", "2026-09-23 09:00", costs__amount=30_000)
    assert (story.balance("handling_costs"), story.balance("bank")) == (30_000, -30_000)


@pytest.mark.parametrize(
    ("clause", "fact"), [("2.2.1", "in_court"), ("2.2.2", "outside_business"), ("2.2.4", "with_authority")]
)
def test_s13_2_2_what_is_not_accepted(clause: str, fact: str) -> None:
    story = Story(engine("csp/appeal-complaint")).do("submitter", "file", "2026-09-21 09:00", **SUBMISSION)
    known = {
        "identity_checked": True,
        "in_court": False,
        "outside_business": False,
        "with_authority": False,
        fact: True,
    }
    story.do("general_office", "identify", "2026-09-22 09:00", **known).do("management", "approve", "2026-09-22 10:00")
    story.refused("general_office", "accept", "2026-09-22 11:00", clause)


def test_s13_2_2_3_and_5_1_no_evidence_or_no_approval_no_acceptance() -> None:
    story = Story(engine("csp/appeal-complaint")).do(
        "submitter", "file", "2026-09-21 09:00", kind="complaint", details="x", signed_by="y"
    )
    story.refused("management", "approve", "2026-09-21 10:00", "5.1.1")
    story.do(
        "general_office",
        "identify",
        "2026-09-22 09:00",
        identity_checked=True,
        in_court=False,
        outside_business=False,
        with_authority=False,
    )
    story.refused("general_office", "accept", "2026-09-22 11:00", "2.2.3")
    assert "5.1.2" in [r.clause for r in (story.refusal.reasons if story.refusal else ())]


def test_s13_4_2_an_appeal_to_the_committee_is_only_passed_on() -> None:
    story = Story(engine("csp/appeal-complaint")).do(
        "submitter", "file", "2026-09-21 09:00", **{**SUBMISSION, "kind": "appeal"}
    )
    story.do("general_office", "pass_on", "2026-09-22 09:00")
    assert story.case.state == "major"


@pytest.mark.parametrize(("until", "lawful"), [("2027-03-22", True), ("2027-03-23", False)])
def test_s15_5_7_ninety_days_and_at_most_180(until: str, lawful: bool) -> None:
    """180 days after 2026-09-21 is 2027-03-20, a Saturday: the period rolls to Monday 22 March."""
    story = Story(engine("ccrc/appeal-complaint")).do("submitter", "file", "2026-09-21 09:00", **SUBMISSION)
    story.do("quality", "accept", "2026-09-22 09:00", about_holder=False)
    assert story.duty("answer", "2026-09-22 10:00").due.isoformat() == "2026-12-21T15:59:59.999999+00:00"
    story.refused("quality", "extend_answer", "2026-12-01 09:00", "5.7", until="2027-01-20")
    story.attempt("deputy_director", "extend_answer", "2026-12-01 09:00", until=until)
    assert (story.refusal is None) == lawful


def test_s15_5_2_handlers_have_no_interest_within_two_years() -> None:
    story = Story(engine("ccrc/appeal-complaint")).do("submitter", "file", "2026-09-21 09:00", **SUBMISSION)
    story.do("quality", "accept", "2026-09-22 09:00", about_holder=True).do(
        "quality", "name_handlers", "2026-09-22 10:00"
    )
    tied = {"id": "1", "name": "甲", "interests": [{"party": "某公司", "kind": "顾问", "until": "2025-01-01"}]}
    story.refused("quality", "form_panel", "2026-09-23 09:00", "5.2", people=[tied])
    story.do("quality", "form_panel", "2026-09-23 09:00", people=PEOPLE[:1])
    story.do("panel", "examine_records", "2026-09-24 09:00", holder_records="两年内三件同类投诉")
