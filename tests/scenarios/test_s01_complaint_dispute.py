"""S01 7 and 8, complaints and disputes on the ordinary and the major track, by clause."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load

from .story import Story

RULEBOOKS = Path(__file__).resolve().parents[2] / "rulebooks" / "cace"
ENGINES = {name: Engine(load(RULEBOOKS / f"{name}.yaml")) for name in ("complaint", "dispute")}
FILER = {"complaint": "complainant", "dispute": "disputant"}
FILING = {
    "complaint": {"grounds": "charge", "details": "多收费用", "proof_text": "发票", "signed_by": "王某"},
    "dispute": {"matter": "扣分项", "theoretical": False, "details": "理由", "proof_text": "记录", "signed_by": "李某"},
}
PEOPLE = [{"id": str(n), "name": f"专家{n}"} for n in (1, 2, 3)]
DECISION = {"outcome": "rejected", "opinion": "维持", "at_fault": False}
MEDIATION = {
    "entry__on": "2026-09-28",
    "entry__mediator": "专家1",
    "entry__present": "双方",
    "entry__terms": "退还费用",
}
both = pytest.mark.parametrize("kind", ["complaint", "dispute"])


def filed(kind: str, when: str = "2026-09-21 09:00", **facts: object) -> Story:
    return Story(ENGINES[kind]).do(FILER[kind], "file", when, **{**FILING[kind], **facts})


def ordinary(kind: str, when: str = "2026-09-21") -> Story:
    return filed(kind, f"{when} 09:00").do("secretariat", "accept", f"{when} 10:00")


def major(kind: str) -> Story:
    story = filed(kind).do("secretariat", "accept_major", "2026-09-25 09:00")
    return story.do("secretariat", "form_panel", "2026-09-26 10:00", people=PEOPLE)


@both
def test_s01_7_1_details_proof_and_a_signature_are_needed(kind: str) -> None:
    for missing in ("details", "proof_text", "signed_by"):
        story = Story(ENGINES[kind])
        story.attempt(
            FILER[kind], "file", "2026-09-25 09:00", **{k: v for k, v in FILING[kind].items() if k != missing}
        )
        assert story.refusal is not None
        assert story.refusal.reasons[0].input == missing


def test_s01_4_2_a_complaint_may_take_any_form() -> None:
    assert filed("complaint", channel="phone").case.facts["channel"] == "phone"


@pytest.mark.parametrize("grounds", ["delay", "auditor", "team", "conduct", "charge"])
def test_s01_5_2_each_ground_of_a_complaint(grounds: str) -> None:
    assert filed("complaint", grounds=grounds).case.state == "filed"


def test_s01_5_2_other_grounds_need_words() -> None:
    Story(ENGINES["complaint"]).refused(
        "complainant", "file", "2026-09-21 09:00", "5.2", **{**FILING["complaint"], "grounds": "other"}
    )
    assert filed("complaint", grounds="other", grounds_text="泄露商业秘密").case.state == "filed"


def test_s01_5_3_a_purely_theoretical_question_is_no_dispute() -> None:
    story = filed("dispute", theoretical=True)
    story.refused("secretariat", "accept", "2026-09-22 09:00", "5.3")
    story.refused("secretariat", "accept_major", "2026-09-22 09:00", "5.3")
    story.do("secretariat", "refuse", "2026-09-22 10:00", refusal__reason="纯理论问题", refusal__basis="5.3")


@both
def test_s01_7_1_a_complaint_or_dispute_has_no_time_limit(kind: str) -> None:
    assert not [d for d in filed(kind, "2036-09-22 09:00").engine.rulebook.deadlines.values() if "file" in d.met_by]


@both
@pytest.mark.parametrize(
    ("filed_on", "last"), [("2026-02-06", "2026-03-12"), ("2026-09-25", "2026-10-29")], ids=["Spring", "National"]
)
@pytest.mark.parametrize(("clock", "status"), [("23:59:59", DutyStatus.MET), ("+1s", DutyStatus.MET_LATE)])
def test_s01_7_2_2_answered_within_20_working_days_and_a_second_later(
    kind: str, filed_on: str, last: str, clock: str, status: DutyStatus
) -> None:
    when = f"{last} 23:59:59" if clock == "23:59:59" else f"{last[:-2]}{int(last[-2:]) + 1} 00:00:00"
    story = ordinary(kind, filed_on).do("respondent", "answer_claim", f"{filed_on} 11:00", entry__text="有据")
    story.do("secretariat", "answer", when, **DECISION)
    assert story.duty("answer", when).status == status


@both
def test_s01_7_2_2_no_answer_before_the_other_side_is_heard_or_evidence_taken(kind: str) -> None:
    story = ordinary(kind)
    story.refused("secretariat", "answer", "2026-09-22 09:00", "7.2.2", **DECISION)
    story.do(FILER[kind], "answer_claim", "2026-09-22 10:00", entry__text="补充")
    story.refused("secretariat", "answer", "2026-09-22 11:00", "7.2.2", **DECISION)
    site = {"entry__kind": "site", "entry__on": "2026-09-23", "entry__who": "站长", "entry__what": "核查"}
    story.do("secretariat", "take_evidence", "2026-09-23 10:00", **site)
    story.do("secretariat", "answer", "2026-09-23 11:00", **DECISION)


@both
def test_s01_7_2_3_a_major_case_goes_to_a_panel_and_is_answered_within_15_working_days_of_acceptance(kind: str) -> None:
    story = filed(kind).do("secretariat", "accept_major", "2026-09-25 09:00")
    assert story.duty("arbitrate", "2026-09-25 10:00").due.isoformat() == "2026-10-22T15:59:59.999999+00:00"
    assert story.duty("answer", "2026-09-25 10:00").status == DutyStatus.WAIVED
    story.refused("secretariat", "arbitrate", "2026-09-26 09:00", "7.2.3", **DECISION)
    story.do("secretariat", "form_panel", "2026-09-26 10:00", people=PEOPLE)
    for n in ("1", "2"):
        story.refused("secretariat", "arbitrate", "2026-09-29 10:00", "7.2.3", **DECISION)
        story.do("panel", "vote", "2026-09-29 10:00", who=n, entry__vote="rejected")
    story.do("secretariat", "arbitrate", "2026-10-22 23:59:59", **DECISION)
    assert story.duty("arbitrate", "2026-10-23 09:00").status == DutyStatus.MET


@both
def test_s01_7_2_1_an_ordinary_case_found_to_be_major_is_turned_over(kind: str) -> None:
    story = ordinary(kind).do("secretariat", "accept_major", "2026-09-25 09:00")
    assert story.duty("arbitrate", "2026-09-25 10:00").status == DutyStatus.OPEN


@both
def test_s01_7_2_3_each_attempt_at_mediation_is_recorded_and_an_agreement_closes(kind: str) -> None:
    story = major(kind)
    end = {"mediation__terms": "退还五百元", "mediation__signed_by": "王某、许安"}
    story.do("panel", "mediate", "2026-09-28 10:00", entry__agreed=False, **MEDIATION)
    story.refused("secretariat", "conclude_mediation", "2026-09-28 11:00", "7.2.3", **end)
    story.do("secretariat", "mediate", "2026-09-29 10:00", entry__agreed=True, **MEDIATION)
    story.do("secretariat", "conclude_mediation", "2026-09-29 11:00", **end)
    assert [m["agreed"] for m in story.case.facts["mediations"]] == [False, True]
    assert (story.case.state, story.case.facts["outcome"]) == ("answered", "agreed")
    assert story.duty("arbitrate", "2026-09-30 09:00").status == DutyStatus.MET
    story.do("secretariat", "close", "2026-09-30 10:00")


@both
def test_s01_7_2_3_an_agreement_is_no_outcome_that_can_be_imposed(kind: str) -> None:
    story = major(kind)
    story.refused("secretariat", "arbitrate", "2026-09-29 09:00", "7.2.3", **{**DECISION, "outcome": "agreed"})
    story.attempt("secretariat", "mediate", "2026-09-29 10:00", **MEDIATION)
    assert story.refusal is not None, "whether it was agreed must be said"


@both
def test_s01_7_2_2_where_the_body_was_at_fault_it_corrects_before_the_case_closes(kind: str) -> None:
    story = ordinary(kind).do("respondent", "answer_claim", "2026-09-22 10:00", entry__text="有据")
    story.do(
        "secretariat", "answer", "2026-09-23 09:00", **{**DECISION, "outcome": "upheld", "at_fault": True}
    ).refused("secretariat", "close", "2026-09-23 10:00", "7.2.2")
    assert story.duty("plan_correction", "2026-09-23 10:00").owner == "respondent"
    plan = {"corrective__cause": "培训不足", "corrective__action": "复训"}
    story.do("respondent", "plan_correction", "2026-09-24 09:00", **plan)
    story.do("secretariat", "verify_correction", "2026-09-28 09:00", corrective__verified="有效")
    story.do("secretariat", "close", "2026-09-28 10:00")


@both
def test_s01_7_3_costs_are_the_committees(kind: str) -> None:
    story = ordinary(kind).do("secretariat", "record_costs", "2026-09-23 09:00", costs__amount=30_000)
    assert (story.balance("handling_costs"), story.balance("bank")) == (30_000, -30_000)


@both
@pytest.mark.parametrize(("until", "lawful"), [("2024-09-27", False), ("2024-09-25", True)], ids=["729", "731"])
def test_s01_8_3_a_panel_member_with_an_interest_729_and_731_days_ago(kind: str, until: str, lawful: bool) -> None:
    story = filed(kind).do("secretariat", "accept_major", "2026-09-25 09:00")
    tied = {"id": "9", "name": "赵某", "interests": [{"party": "恒通", "kind": "顾问", "until": until}]}
    story.attempt("secretariat", "form_panel", "2026-09-26 10:00", people=[*PEOPLE[:2], tied])
    assert (story.refusal is None) == lawful


@both
def test_s01_8_3_a_challenge_is_decided_before_the_panel_goes_on(kind: str) -> None:
    story = major(kind).do(FILER[kind], "challenge", "2026-09-27 10:00", entry__member="专家3", entry__why="同学")
    seq = story.events[-1].seq
    story.refused("panel", "vote", "2026-09-28 09:00", "8.3", who="1", entry__vote="rejected")
    decided = {"entry": seq, "entry__decision_why": "属实"}
    story.do("committee", "uphold_challenge", "2026-09-28 10:00", person=PEOPLE[2], **decided)
    assert story.duty("replace_member", "2026-09-28 11:00").status == DutyStatus.OPEN
    for n in ("1", "2"):
        story.do("panel", "vote", "2026-09-28 12:00", who=n, entry__vote="rejected")
    story.refused("secretariat", "arbitrate", "2026-09-28 13:00", "7.2.3", **DECISION)
    story.refused("secretariat", "form_panel", "2026-09-28 14:00", "8.3", people=[PEOPLE[2]])
    story.do("secretariat", "form_panel", "2026-09-28 14:00", people=[{"id": "4", "name": "专家4"}])
    story.do("secretariat", "arbitrate", "2026-09-28 15:00", **DECISION)


@both
def test_s01_8_1_votes_are_confidential(kind: str) -> None:
    assert ENGINES[kind].rulebook.facts["votes"].confidential


@both
def test_s01_8_4_handled_again_by_others_stayed_or_reported(kind: str) -> None:
    story = major(kind)
    for n in ("1", "2"):
        story.do("panel", "vote", "2026-09-29 10:00", who=n, entry__vote="rejected")
    story.do("secretariat", "arbitrate", "2026-09-30 09:00", **DECISION)
    story.do(FILER[kind], "report_outside", "2026-10-08 09:00", entry__addressee="工信部", entry__on="2026-10-08")
    story.do("respondent", "readjudicate", "2026-10-09 09:00", details="新的证据")
    opens = story.events[-1].opens
    assert opens is not None
    assert [p["id"] for p in opens["remembers"]["earlier_members"]] == ["1", "2", "3"]
    story.attempt(FILER[kind], "readjudicate", "2026-10-09 10:00", details="再来")
    assert story.refusal is not None, "one further round comes of one case"
    story.do("secretariat", "stay", "2026-10-10 09:00", court="北京市西城区人民法院")
    story.attempt("secretariat", "close", "2026-10-11 09:00")
    assert story.refusal is not None
    story.do("secretariat", "resume", "2026-10-12 09:00").do("secretariat", "close", "2026-10-12 10:00")


@both
def test_s01_8_5_archived_kept_five_years_held_and_disposed_of(kind: str) -> None:
    story = ordinary(kind).do(FILER[kind], "withdraw", "2026-09-22 09:00")
    story.do("secretariat", "close", "2026-09-22 10:00")
    story.do("secretariat", "hold", "2026-09-22 11:00", hold_reason="诉讼")
    story.do("secretariat", "archive", "2026-09-23 09:00")
    end = {"disposal__decision": "决〔2031〕1号"}
    story.refused("committee", "dispose", "2031-09-23 23:59:59", "8.5", **end)
    story.refused("committee", "dispose", "2031-09-24 09:00", "8.5", **end)
    story.do("committee", "release_hold", "2031-09-24 10:00", hold_released_because="判决生效")
    story.refused("secretariat", "dispose", "2031-09-24 11:00", "8.5", **end)
    story.do("committee", "dispose", "2031-09-24 11:00", disposal__method="碎浆", **end)
    assert story.case.state == "disposed"


@both
def test_s01_8_6_the_law_prevails_on_the_record(kind: str) -> None:
    story = ordinary(kind)
    story.attempt("secretariat", "answer", "2026-09-22 09:00", legal_basis="行政许可法", **DECISION)
    assert story.refusal is not None, "the secretariat may not override"
    story.do("committee", "answer", "2026-09-22 09:00", legal_basis="某法第一条", **DECISION)
    assert story.events[-1].overrode == ("role:7.2.2", "guard:7.2.2")
