"""S02 6–10 and S18 3: every decision of the scheme is signed by one person, and nobody signs two steps of one case."""

from __future__ import annotations

from typing import Any

import pytest

from mingduan.procedure.case import Act, Actor, Event, Signature

from .scheme import AUDITORS, CERTIFICATE, ENTERPRISE, MEMBERS, PAPER, engine
from .story import Story, at
from .test_s09_maintenance import FULL
from .test_s18_grant import audited, evaluated

SIGNED = {
    "qualification": {"approve_report", "evaluate", "fail", "review", "decline_review", "approve", "disapprove"},
    "repair-qualification": {"approve_report", "evaluate", "fail", "review", "decline_review", "approve", "disapprove"},
    "renewal": {"approve_report", "examine", "decline", "review", "decline_review", "approve", "disapprove"},
    "surveillance": {"approve_report", "examine", "maintain"},
    "change": {"approve_report", "examine", "decide_grade", "decide_change", "decline"},
    "suspension": {"suspend", "dismiss", "lift"},
    "withdrawal": {"withdraw", "dismiss"},
    "cancellation": {"cancel", "decline"},
    "misuse": {"decide"},
}
SUSPEND: dict[str, Any] = {
    "certificate__number": "2026ZH0001JR0", "ground": "serious_problem", "reasons": "重大质量事故",
}  # fmt: skip


@pytest.mark.parametrize("book", SIGNED)
def test_s02_6_to_9_whoever_decides_signs(book: str) -> None:
    actions = engine(book).rulebook.actions
    assert {name for name, action in actions.items() if action.signed} == SIGNED[book]


@pytest.mark.parametrize("book", SIGNED)
def test_s02_6_to_9_what_changes_the_register_is_signed(book: str) -> None:
    changing = {n: {c.effect for c in a.registers} - {"announce"} for n, a in engine(book).rulebook.actions.items()}
    assert {name for name, effects in changing.items() if effects} <= SIGNED[book]


def test_s02_6_a_signature_is_whoevers_acts_and_not_of_a_time_to_come() -> None:
    story = evaluated(engine("qualification")).do("committee", "review", "2026-03-25 09:00", review__opinion="同意")
    now, actor = at("2026-03-26 09:00"), Actor("association", "协会", frozenset(["association"]))
    spec = story.engine.rulebook.actions["approve"]
    supplied = {f: story.register.get(f) for f in spec.reads} | dict.fromkeys(spec.draws, 1)
    for by, when, lawful in (
        ("other", now, False),
        ("association", at("2026-03-26 09:01"), False),
        ("association", now, True),
    ):
        act = Act("approve", actor, now, supplied=supplied, number="C-1", signature=Signature(by, "totp", when))
        assert isinstance(story.engine.decide(story.case, act), Event) == lawful


def test_s18_4_1_3_an_approval_without_a_signature_is_refused() -> None:
    story = evaluated(engine("qualification")).do("committee", "review", "2026-03-25 09:00", review__opinion="同意")
    story.refused("association", "approve", "2026-03-26 09:00", "S02 6", signs=False)
    story.do("association", "approve", "2026-03-26 09:00")
    signature = story.events[-1].signature
    assert signature is not None
    assert (signature.by, signature.method) == ("association", "totp")


@pytest.mark.parametrize(("first", "clause"), [("agency", "S02 10"), ("centre", "S02 10"), ("committee", "S02 10")])
def test_s02_10_whoever_signed_an_earlier_step_does_not_approve(first: str, clause: str) -> None:
    story = evaluated(engine("qualification")).do("committee", "review", "2026-03-25 09:00", review__opinion="同意")
    story.refused("association", "approve", "2026-03-26 09:00", clause, who=first)
    assert [r.rule for r in story.refusal.reasons] == ["apart"] if story.refusal else False


@pytest.mark.parametrize("first", ["agency", "centre"])
def test_s02_10_whoever_signed_an_earlier_step_does_not_review(first: str) -> None:
    story = evaluated(engine("qualification"))
    story.refused("committee", "review", "2026-03-25 09:00", "S02 10", who=first, review__opinion="同意")


@pytest.mark.parametrize("action", ["suspend", "dismiss"])
def test_s18_3_4_whoever_proposed_a_suspension_does_not_decide_it(action: str) -> None:
    story = Story(engine("suspension"), CERTIFICATE).do("centre", "propose", "2027-01-04 09:00", **SUSPEND)
    story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明")
    until = {"suspension__until": "2027-03-01"} if action == "suspend" else {}
    story.refused("committee", action, "2027-01-06 09:00", "3.4", who="centre", reasoning="同意", **until)
    story.do("committee", action, "2027-01-06 09:00", reasoning="同意", **until)


def test_s18_3_5_whoever_proposed_a_withdrawal_does_not_decide_it() -> None:
    story = Story(engine("withdrawal"), CERTIFICATE).do("centre", "propose", "2027-01-04 09:00", **SUSPEND)
    story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明")
    story.refused("association", "withdraw", "2027-01-06 09:00", "3.5", who="centre", reasoning="同意")


def test_s18_4_4_whoever_received_a_cancellation_does_not_decide_it() -> None:
    told = {"certificate__number": "2026ZH0001JR0", "reasons": "转产", "signed_request": PAPER}
    story = Story(engine("cancellation"), CERTIFICATE).do("holder", "file", "2027-01-04 09:00", **told)
    story.do("centre", "accept", "2027-01-05 09:00")
    story.refused("committee", "cancel", "2027-01-06 09:00", "3.4", who="centre")


def test_s10_2_3_whoever_proposed_a_measure_against_misuse_does_not_decide_it() -> None:
    told = {"certificate__number": "2026ZH0001JR0", "ground": "unreported_change", "reasons": "未申请变更仍使用"}
    story = Story(engine("misuse"), CERTIFICATE).do("centre", "open", "2027-01-04 09:00", **told)
    story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明")
    story.do("centre", "propose", "2027-01-06 09:00", measure="warn", proposal="改正")
    story.refused("committee", "decide", "2027-01-07 09:00", "2.3", who="centre", measure="warn", reasoning="同意")


@pytest.mark.parametrize(
    ("until", "lawful"), [("2024-03-10", False), ("2024-03-09", True), (None, False)]
)  # two years before 2026-03-10
def test_s02_9_no_auditor_had_an_interest_in_the_enterprise_within_two_years(until: str | None, lawful: bool) -> None:
    story = Story(engine("qualification"), ENTERPRISE).do("applicant", "file", "2026-03-02 09:00", **FULL)
    story.do("centre", "accept", "2026-03-03 09:00")
    tied = {**AUDITORS[0], "interests": [{"party": "恒通", "kind": "任职"} | ({"until": until} if until else {})]}
    story.attempt("agency", "appoint_team", "2026-03-10 08:00", people=[tied, AUDITORS[1]])
    assert (story.refusal is None) == lawful, story.reasons()


def test_s02_9_an_auditor_who_is_challenged_leaves_and_another_comes() -> None:
    story = Story(engine("qualification"), ENTERPRISE).do("applicant", "file", "2026-03-02 09:00", **FULL)
    story.do("centre", "accept", "2026-03-03 09:00").do("agency", "appoint_team", "2026-03-04 09:00", people=AUDITORS)
    story.do("applicant", "challenge_team", "2026-03-05 09:00", entry__member="审查员11", entry__why="曾任顾问")
    story.do("agency", "recuse_auditor", "2026-03-06 09:00", person=AUDITORS[0])
    story.do("agency", "appoint_team", "2026-03-06 10:00", people=[{"id": "13", "name": "审查员13"}])
    assert [p["id"] for p in story.case.assigned["team"]] == ["12", "13"]


def test_s02_9_an_auditor_who_leaves_after_the_audit_is_replaced_so_that_corrections_are_verified() -> None:
    story = Story(engine("qualification"), ENTERPRISE).do("applicant", "file", "2026-03-02 09:00", **FULL)
    story.do("centre", "accept", "2026-03-03 09:00").do("agency", "appoint_team", "2026-03-04 08:00", people=AUDITORS)
    plan = {"starts_on": "2026-03-04", "ends_on": "2026-03-04", "place": "北京", "scope": "全部"}
    story.do("agency", "plan_audit", "2026-03-04 08:10", **{f"audit__{n}": v for n, v in plan.items()})
    story.do(
        "team", "record_finding", "2026-03-04 10:00", entry__severity="minor", entry__requirement="6", entry__text="缺"
    )
    found = story.case.facts["findings"][0]["seq"]
    story.do("team", "submit_report", "2026-03-04 17:00", audit__conclusion="pass", audit__summary="一项")
    story.do("applicant", "challenge_team", "2026-03-05 09:00", entry__member="审查员11", entry__why="曾任顾问")
    story.do("agency", "recuse_auditor", "2026-03-05 10:00", person=AUDITORS[0])
    story.do("agency", "appoint_team", "2026-03-05 11:00", people=[{"id": "13", "name": "审查员13"}])
    story.do(
        "applicant", "plan_correction", "2026-03-06 09:00", entry__finding=found, entry__cause="漏", entry__action="补"
    )
    story.do(
        "team", "verify_correction", "2026-03-09 09:00", who="13", entry__finding=found, entry__verdict="effective"
    )
    story.refused("agency", "approve_report", "2026-03-10 09:00", "S18 4.1.1", who="11")
    story.do("agency", "approve_report", "2026-03-10 10:00")
    story.refused("agency", "recuse_auditor", "2026-03-11 09:00", "S02 9", person=AUDITORS[1])


@pytest.mark.parametrize("before", ["appointed", "found"])
def test_s02_10_an_auditor_who_left_the_team_is_kept_from_its_report_the_panel_and_the_decision(before: str) -> None:
    story = Story(engine("qualification"), ENTERPRISE).do("applicant", "file", "2026-03-02 09:00", **FULL)
    story.do("centre", "accept", "2026-03-03 09:00").do("agency", "appoint_team", "2026-03-04 08:00", people=AUDITORS)
    if before == "found":
        plan = {"starts_on": "2026-03-04", "ends_on": "2026-03-12", "place": "北京", "scope": "全部"}
        story.do("agency", "plan_audit", "2026-03-04 08:10", **{f"audit__{n}": v for n, v in plan.items()})
        told = {"severity": "observation", "requirement": "6", "text": "建议"}
        story.do("team", "record_finding", "2026-03-04 10:00", who="11", **{f"entry__{n}": v for n, v in told.items()})
    story.do("team", "recuse_auditor", "2026-03-05 09:00", who="11", person=AUDITORS[0])
    audited(story, "applicant", others=[AUDITORS[1], {"id": "13", "name": "审查员13"}])
    story.refused("agency", "approve_report", "2026-03-11 09:00", "S18 4.1.1", who="11")
    story.do("agency", "approve_report", "2026-03-11 10:00")
    story.refused("centre", "form_panel", "2026-03-20 09:00", "S18 4.1.2", people=[*MEMBERS[:2], AUDITORS[0]])
    story.do("centre", "form_panel", "2026-03-20 10:00", people=MEMBERS)
    for member in MEMBERS:
        story.do("panel", "score", "2026-03-23 09:00", who=member["id"], entry__score=90, entry__comment="评语")
        story.do("panel", "vote", "2026-03-23 09:00", who=member["id"], entry__vote="pass")
    opinion = {"granted": "j", "evaluation__opinion": "同意"}
    story.refused("centre", "evaluate", "2026-03-24 09:00", "S02 10", who="11", **opinion)
    story.do("centre", "evaluate", "2026-03-24 10:00", **opinion)
    story.refused("committee", "review", "2026-03-25 09:00", "S02 10", who="11", review__opinion="同意")
    story.do("committee", "review", "2026-03-25 10:00", review__opinion="同意")
    story.refused("association", "approve", "2026-03-26 09:00", "S02 10", who="11")


def test_s18_4_1_2_each_expert_scores_and_votes_once_and_scores_first() -> None:
    story = audited(
        Story(engine("qualification"), ENTERPRISE)
        .do("applicant", "file", "2026-03-02 09:00", **FULL)
        .do("centre", "accept", "2026-03-03 09:00"),
        "applicant",
    ).do("agency", "approve_report", "2026-03-11 09:00")
    story.do("centre", "form_panel", "2026-03-20 09:00", people=MEMBERS)
    story.refused("panel", "vote", "2026-03-23 09:00", "S18 4.1.2", who="1", entry__vote="pass")
    story.do("panel", "score", "2026-03-23 09:00", who="1", entry__score=90, entry__comment="好")
    story.refused("panel", "score", "2026-03-23 09:10", "S18 4.1.2", who="1", entry__score=80, entry__comment="好")
    story.do("panel", "vote", "2026-03-23 09:20", who="1", entry__vote="pass")
    story.refused("panel", "vote", "2026-03-23 09:30", "S18 4.1.2", who="1", entry__vote="fail")
