"""S18 3 and 4: grant, maintenance, renewal, suspension, withdrawal, cancellation, change, each by the body that may."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine

from .scheme import AUDITORS, CERTIFICATE, ENTERPRISE, MEMBERS, PAPER, engine
from .story import Story
from .test_s09_maintenance import FULL


def audited(story: Story, party: str, day: str = "2026-03-10", others: list[dict[str, str]] = AUDITORS) -> Story:
    """Through the audit, the report before the agency."""
    story.do("agency", "appoint_team", f"{day} 08:00", people=others)
    story.do(
        "agency", "plan_audit", f"{day} 08:10", audit__starts_on=day, audit__ends_on=day, audit__place="北京", audit__scope="全部"
    )  # fmt: skip
    return story.do("team", "submit_report", f"{day} 17:00", audit__conclusion="pass", audit__summary="符合")


def reported(book: Engine, facts: dict[str, Any] = FULL) -> Story:
    story = Story(book, ENTERPRISE).do("applicant", "file", "2026-03-02 09:00", **facts)
    story.do("centre", "accept", "2026-03-03 09:00")
    return audited(story, "applicant").do("agency", "approve_report", "2026-03-11 09:00")


def evaluated(book: Engine, facts: dict[str, Any] = FULL, scores: tuple[int, ...] = (90, 80, 60)) -> Story:
    story = reported(book, facts).do("centre", "form_panel", "2026-03-20 09:00", people=MEMBERS)
    for member, score in zip(MEMBERS, scores, strict=True):
        story.do("panel", "score", "2026-03-23 09:00", who=member["id"], entry__score=score, entry__comment="评语")
        story.do("panel", "vote", "2026-03-23 09:00", who=member["id"], entry__vote="pass")
    return story.do("centre", "evaluate", "2026-03-24 09:00", granted=facts["grade"], evaluation__opinion="同意")


def approve(book: Engine, facts: dict[str, Any] = FULL) -> Story:
    story = evaluated(book, facts).do("committee", "review", "2026-03-25 09:00", review__opinion="同意")
    return story.do("association", "approve", "2026-03-26 09:00")


@pytest.fixture(scope="module")
def grant() -> Engine:
    return engine("qualification")


def test_s18_4_1_1_the_agency_approves_the_report_and_no_auditor_of_the_case_may(grant: Engine) -> None:
    story = Story(grant, ENTERPRISE).do("applicant", "file", "2026-03-02 09:00", **FULL).do("centre", "accept", "2026-03-03 09:00")  # fmt: skip
    audited(story, "applicant")
    story.refused("agency", "approve_report", "2026-03-11 09:00", "S18 4.1.1", who="11")
    story.refused("centre", "approve_report", "2026-03-11 09:00", "S18 4.1.1")
    story.do("agency", "approve_report", "2026-03-11 10:00")


def test_s02_9_a_nonconformity_is_corrected_and_verified_before_the_report_is_approved(grant: Engine) -> None:
    story = Story(grant, ENTERPRISE).do("applicant", "file", "2026-03-02 09:00", **FULL).do("centre", "accept", "2026-03-03 09:00")  # fmt: skip
    story.do("agency", "appoint_team", "2026-03-10 08:00", people=AUDITORS)
    story.do("agency", "plan_audit", "2026-03-10 08:10", audit__starts_on="2026-03-10", audit__ends_on="2026-03-10", audit__place="北京", audit__scope="全部")  # fmt: skip
    story.do(
        "team",
        "record_finding",
        "2026-03-10 10:00",
        entry__severity="minor",
        entry__requirement="5.2",
        entry__text="仪表未校准",
    )
    story.do(
        "team",
        "record_finding",
        "2026-03-10 10:30",
        entry__severity="observation",
        entry__requirement="6",
        entry__text="建议",
    )
    finding = story.case.facts["findings"][0]["seq"]
    story.do("team", "submit_report", "2026-03-10 17:00", audit__conclusion="pass", audit__summary="一项不符合")
    story.refused("agency", "approve_report", "2026-03-11 09:00", "S02 9")
    assert story.duty("correct", "2026-03-11 09:00").status == DutyStatus.OPEN
    story.refused(
        "team", "verify_correction", "2026-03-11 09:00", "S02 9", entry__finding=finding, entry__verdict="effective"
    )
    story.do(
        "applicant",
        "plan_correction",
        "2026-03-12 09:00",
        entry__finding=finding,
        entry__cause="漏检",
        entry__action="补校准",
    )
    story.do("team", "verify_correction", "2026-03-13 09:00", entry__finding=finding, entry__verdict="ineffective")
    story.refused("agency", "approve_report", "2026-03-13 10:00", "S02 9")
    story.do("team", "verify_correction", "2026-03-16 09:00", entry__finding=finding, entry__verdict="effective")
    story.do("agency", "approve_report", "2026-03-16 10:00")


def test_s18_4_1_2_the_panel_is_convened_within_one_month(grant: Engine) -> None:
    story = reported(grant)
    assert story.duty("convene", "2026-04-13 12:00").due.isoformat() == "2026-04-13T15:59:59.999999+00:00"
    assert story.duty("convene", "2026-04-14 00:00").status == DutyStatus.LATE


def test_s18_4_1_2_no_auditor_of_the_case_sits_on_its_panel(grant: Engine) -> None:
    story = reported(grant)
    story.refused("centre", "form_panel", "2026-03-20 09:00", "S18 4.1.2", people=[*MEMBERS[:2], AUDITORS[0]])
    story.refused("centre", "form_panel", "2026-03-20 09:00", "S18 4.1.2", people=MEMBERS[:2])
    tied = {**MEMBERS[0], "interests": [{"party": "恒通", "kind": "曾任职", "until": "2025-01-01"}]}
    story.refused("centre", "form_panel", "2026-03-20 09:00", "S18 4.1.2", people=[tied, *MEMBERS[1:]])


def test_s18_4_1_2_the_evaluation_needs_a_majority_of_votes_and_passing_scores(grant: Engine) -> None:
    with pytest.raises(AssertionError, match="合格分数"):
        evaluated(grant, scores=(90, 69, 69))
    assert evaluated(grant, scores=(90, 70, 10)).case.state == "evaluated"


@pytest.mark.parametrize("book", ["qualification", "repair-qualification"])
def test_s18_4_1_2_two_of_three_experts_against_it_do_not_pass_whatever_their_scores(book: str) -> None:
    from .test_s06_repair import FULL as REPAIR

    story = reported(engine(book), FULL if book == "qualification" else REPAIR)
    story.do("centre", "form_panel", "2026-03-20 09:00", people=MEMBERS)
    for member, vote in zip(MEMBERS, ("pass", "fail", "fail"), strict=True):
        story.do("panel", "score", "2026-03-23 09:00", who=member["id"], entry__score=90, entry__comment="评语")
        story.do("panel", "vote", "2026-03-23 09:00", who=member["id"], entry__vote=vote)
    story.refused("centre", "evaluate", "2026-03-24 09:00", "S18 4.1.2", granted="j", evaluation__opinion="同意")
    assert "过半数同意" in story.reasons()
    story.do("centre", "fail", "2026-03-24 09:00", decline__reason="过半数不同意")


def test_s18_4_1_2_the_grade_granted_is_not_above_the_one_applied_for(grant: Engine) -> None:
    facts = {**FULL, "grade": "b"}
    story = evaluated(grant, facts)
    assert story.case.facts["granted"] == "b"
    again = reported(grant, facts).do("centre", "form_panel", "2026-03-20 09:00", people=MEMBERS)
    again.refused("centre", "evaluate", "2026-03-24 09:00", "S18 4.1.2", granted="j", evaluation__opinion="同意")


def test_s18_4_1_3_approved_issued_announced_archived(grant: Engine) -> None:
    story = approve(grant)
    (change,) = story.events[-1].registers
    assert (change["effect"], change["number"], change["for"]) == ("issue", "2026ZH0001JR0", "applicant")
    assert (change["valid_until"], change["next_surveillance_on"]) == ("2029-03-25", "2027-03-26")
    story.refused("centre", "announce", "2026-03-27 08:00", "S18 4.1.3")
    story.do("centre", "issue", "2026-03-27 09:00", handover__on="2026-03-27", handover__receiver="张三")
    story.do("centre", "announce", "2026-03-27 10:00").do("centre", "archive", "2026-03-30 09:00")
    assert grant.rulebook.states[story.case.state].end


@pytest.mark.parametrize(
    ("after", "role", "action", "clause", "facts"),
    [
        ("evaluated", "centre", "review", "S02 7", {"review__opinion": "同意"}),
        ("evaluated", "association", "review", "S02 7", {"review__opinion": "同意"}),
        ("reviewed", "committee", "approve", "S02 6", {}),
        ("reviewed", "centre", "approve", "S02 6", {}),
        ("reviewed", "agency", "approve", "S02 6", {}),
    ],
)  # fmt: skip
def test_s02_6_to_9_an_act_by_the_wrong_body_is_refused_with_the_clause(
    grant: Engine, after: str, role: str, action: str, clause: str, facts: dict[str, Any]
) -> None:
    story = evaluated(grant)
    if after == "reviewed":
        story.do("committee", "review", "2026-03-25 09:00", review__opinion="同意")
    story.refused(role, action, "2026-03-26 09:00", clause, **facts)
    assert [r.rule for r in story.refusal.reasons] == ["role"]


def test_s02_10_whoever_reviewed_does_not_approve(grant: Engine) -> None:
    story = evaluated(grant).do("committee", "review", "2026-03-25 09:00", who="7", review__opinion="同意")
    story.refused("association", "approve", "2026-03-26 09:00", "S02 10", who="7")


def test_s01_6_1_every_refusal_on_the_way_can_be_appealed_for_30_working_days(grant: Engine) -> None:
    story = Story(grant, ENTERPRISE).do("applicant", "file", "2026-03-02 09:00", **FULL)
    appeal: dict[str, Any] = {
        "grounds": "refused_application",
        "statement": "不服",
        "requested": "受理",
        "signed_by": "王",
    }
    story.refused("applicant", "appeal", "2026-03-02 10:00", "S01 6.1", **appeal)
    story.do("centre", "refuse", "2026-03-03 09:00", refusal__reason="范围不符")
    story.refused("applicant", "appeal", "2026-04-16 00:00", "S01 6.1", **appeal)
    story.do("applicant", "appeal", "2026-04-15 23:59", **appeal)
    opened = story.events[-1].opens
    assert opened is not None
    assert (opened["rulebook"], opened["parties"]) == (
        "cace/appeal",
        {"appellant": "applicant", "respondent": "agency"},
    )
    assert opened["facts"]["decision.entry"] == "C-1#2"


def follow(book: str, action: str, role: str, register: dict[str, Any] | None = None, **facts: Any) -> Story:
    """A procedure about a certificate, opened in January 2027."""
    story = Story(engine(book), {**CERTIFICATE, **(register or {})})
    return story.attempt(role, action, "2027-01-04 09:00", certificate__number="2026ZH0001JR0", **facts)


def changed(story: Story) -> list[str]:
    return [change["effect"] for event in story.events for change in event.registers]


def test_s18_4_2_surveillance_agency_centre_committee_announcement() -> None:
    story = follow("surveillance", "open", "timer")
    audited(story, "holder", "2027-02-01").do("agency", "approve_report", "2027-02-02 09:00")
    story.attempt("committee", "maintain", "2027-02-03 08:00", surveillance__conclusion="maintain")
    assert story.refusal is not None, "not before the centre has examined the report"
    story.do("centre", "examine", "2027-02-03 09:00", examination__opinion="符合")
    story.refused("centre", "maintain", "2027-02-04 09:00", "S10 2.3", surveillance__conclusion="maintain")
    story.do("committee", "maintain", "2027-02-04 09:00", surveillance__conclusion="maintain")
    story.do("centre", "announce", "2027-02-05 09:00")
    assert changed(story) == ["maintain", "announce"]
    assert story.case.facts["surveillance.following"] == "2028-03-02"


def test_s18_3_3_after_missed_surveillance_the_centre_proposes_and_nobody_else() -> None:
    story = follow("surveillance", "open", "timer").do("timer", "miss", "2027-03-03 00:01")
    facts = {"ground": "missed_surveillance", "reasons": "拒绝监督"}
    story.refused("agency", "propose_suspension", "2027-03-04 09:00", "3.3", **facts)
    story.refused("committee", "propose_suspension", "2027-03-04 09:00", "3.3", **facts)
    story.do("centre", "propose_suspension", "2027-03-04 09:00", **facts)
    assert story.events[-1].opens["rulebook"] == "cace/suspension"


def test_s18_3_3_surveillance_is_not_missed_before_its_day() -> None:
    follow("surveillance", "open", "timer").refused("timer", "miss", "2027-03-01 23:59:59", "3.3")


PAPERS = {"application__papers": PAPER, "licence__papers": PAPER, "performance__papers": PAPER}


def test_s18_4_3_renewal_agency_centre_committee_association() -> None:
    story = follow("renewal", "file", "holder", {"certificate.renewals": 1}, **PAPERS)
    story.do("centre", "accept", "2027-01-05 09:00")
    audited(story, "holder", "2027-02-01").do("agency", "approve_report", "2027-02-02 09:00")
    story.do("centre", "examine", "2027-02-03 09:00", granted="j", examination__opinion="符合")
    story.do("committee", "review", "2027-02-04 09:00", review__opinion="同意")
    story.refused("committee", "approve", "2027-02-05 09:00", "S02 6", who="x")
    story.do("association", "approve", "2027-02-05 09:00")
    facts = story.case.facts
    assert (facts["new.number"], facts["new.valid_until"]) == ("2027ZH0001JR2", "2032-03-01")


@pytest.mark.parametrize(
    ("register", "clause"),
    [
        ({"certificate.own": False}, "4.3"),
        ({"certificate.status": "suspended"}, "4.3"),
        ({"certificate.valid_until": "2027-01-03"}, "4.3"),
    ],
)  # fmt: skip
def test_s18_4_3_who_may_renew_and_when(register: dict[str, Any], clause: str) -> None:
    story = follow("renewal", "file", "holder", register, **PAPERS)
    assert [r.clause for r in story.refusal.reasons] == [clause]


def test_s18_4_3_reminders_60_and_30_days_before_expiry_are_the_systems_duty() -> None:
    story = Story(engine("renewal"), CERTIFICATE).attempt(
        "timer", "invite", "2028-12-01 00:05", certificate__number="2026ZH0001JR0"
    )
    due = {n: story.duty(n, "2028-12-01 09:00").due for n in ("remind_second", "remind_third")}
    expiry = date(2029, 3, 1)
    assert [(expiry - (d + timedelta(hours=8)).date()).days for d in due.values()] == [60, 30]
    story.refused("timer", "lapse_uncalled", "2029-03-01 23:59", "4.3").do(
        "timer", "lapse_uncalled", "2029-03-02 00:01"
    )


SUSPEND = {"ground": "serious_problem", "reasons": "重大事故"}


def suspension() -> Story:
    story = follow("suspension", "propose", "centre", **SUSPEND)
    return story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明")


def test_s18_3_4_the_committee_suspends_after_the_centre_proposed_and_the_holder_was_heard() -> None:
    story = follow("suspension", "propose", "centre", **SUSPEND)
    decision = {"suspension__until": "2027-06-30", "reasoning": "事实清楚"}
    story.refused("committee", "suspend", "2027-01-05 09:00", "3.2", **decision)
    story.refused("centre", "suspend", "2027-01-05 09:00", "3.4", **decision)
    story.do("committee", "suspend", "2027-01-19 00:00", **decision)
    assert changed(story) == ["suspend"]


def test_s18_3_2_a_suspension_lasts_six_months_at_most() -> None:
    suspension().refused(
        "committee", "suspend", "2027-01-05 10:00", "3.2", suspension__until="2027-07-06", reasoning="x"
    )
    suspension().do("committee", "suspend", "2027-01-05 10:00", suspension__until="2027-07-05", reasoning="x")


def test_s18_3_2_a_suspension_nobody_asks_to_lift_runs_out_and_the_centre_may_propose_withdrawal() -> None:
    story = suspension().do("committee", "suspend", "2027-01-05 10:00", suspension__until="2027-03-01", reasoning="x")
    story.refused("centre", "overdue", "2027-03-01 23:59", "3.2")
    story.do("timer", "overdue", "2027-03-02 00:01").do("centre", "propose_withdrawal", "2027-03-03 09:00", **SUSPEND)
    assert story.events[-1].opens["rulebook"] == "cace/withdrawal"


def ran_out() -> Story:
    """A suspension that nobody asked to lift, the day after."""
    story = suspension().do("committee", "suspend", "2027-01-05 10:00", suspension__until="2027-03-01", reasoning="x")
    story.register["certificate.status"] = "suspended"
    return story.do("timer", "overdue", "2027-03-02 00:01")


def test_s18_3_2_once_a_suspension_ran_out_the_centre_owes_a_proposal_unless_lifting_is_applied_for() -> None:
    story = ran_out()
    duty = story.duty("follow_up", "2027-03-02 09:00")
    assert (duty.owner, duty.status) == ("centre", DutyStatus.OPEN)
    story.do("holder", "apply_lifting", "2027-03-03 09:00", correction__statement="已整改")
    assert story.duty("follow_up", "2027-03-03 10:00").status == DutyStatus.MET


def test_s10_4_2_lifting_sent_back_runs_out_like_the_suspension() -> None:
    story = suspension().do("committee", "suspend", "2027-01-05 10:00", suspension__until="2027-03-01", reasoning="x")
    story.register["certificate.status"] = "suspended"
    story.do("holder", "apply_lifting", "2027-02-01 09:00", correction__statement="已整改")
    story.do("centre", "return_lifting", "2027-02-02 09:00", verification__opinion="不合格")
    assert story.duty("apply_again", "2027-03-02 00:00").status == DutyStatus.LATE
    story.do("timer", "overdue", "2027-03-02 00:01")
    assert story.duty("follow_up", "2027-03-02 09:00").status == DutyStatus.OPEN


def test_s18_3_5_where_the_association_does_not_withdraw_the_suspension_can_still_be_lifted() -> None:
    story = ran_out().do("centre", "propose_withdrawal", "2027-03-03 09:00", **SUSPEND)
    story.refused("centre", "archive", "2027-03-20 09:00", "S10 4.2")
    story.do("holder", "apply_lifting", "2027-03-21 09:00", correction__statement="已整改")
    story.do("centre", "verify", "2027-03-22 09:00", verification__opinion="合格")
    story.do("committee", "lift", "2027-03-23 09:00", reasoning="合格").do("centre", "archive", "2027-03-24 09:00")


def test_s18_3_5_once_withdrawn_the_case_of_the_suspension_is_archived() -> None:
    story = ran_out().do("centre", "propose_withdrawal", "2027-03-03 09:00", **SUSPEND)
    story.register["certificate.status"] = "withdrawn"
    story.refused("holder", "apply_lifting", "2027-03-21 09:00", "S10 4.2", correction__statement="已整改")
    story.do("centre", "archive", "2027-03-20 09:00")


def test_s01_6_1_a_suspension_is_appealed_against_also_after_it_was_lifted() -> None:
    story = suspension().do("committee", "suspend", "2027-01-05 10:00", suspension__until="2027-03-01", reasoning="x")
    story.register["certificate.status"] = "suspended"
    story.do("holder", "apply_lifting", "2027-01-06 09:00", correction__statement="已整改")
    story.do("centre", "verify", "2027-01-07 09:00", verification__opinion="合格")
    story.do("committee", "lift", "2027-01-08 09:00", reasoning="合格")
    appeal = {"grounds": "change_of_status", "statement": "不服", "requested": "撤销", "signed_by": "王"}
    story.do("holder", "appeal", "2027-01-11 09:00", **appeal)
    assert story.events[-1].opens["facts"]["decision.entry"] == "C-1#3"


WINDOWED = ("qualification", "repair-qualification", "surveillance", "renewal", "change", "suspension", "cancellation", "withdrawal", "misuse")  # fmt: skip


@pytest.mark.parametrize("book", WINDOWED)
def test_s01_6_1_the_appeal_window_stays_open_wherever_the_case_goes(book: str) -> None:
    """Only what the enterprise took back itself, and a matter taken up again, has no decision left to appeal against."""
    made = engine(book).rulebook
    deciding = [a for a in made.actions.values() if "decision.entry" in a.sets]
    reached, found = set[str](), [a.to for a in deciding if a.to]
    while found:
        state = found.pop()
        if state not in reached:
            reached.add(state)
            found += [
                a.to for n, a in made.actions.items() if a.to and state in a.since and n not in ("reopen", "withdraw")
            ]
    given_up = {"withdrawn"} if book != "withdrawal" else set()
    assert deciding
    assert reached - given_up <= set(made.actions["appeal"].since)


@pytest.mark.parametrize("first", ["recall", "announce"])
def test_s10_4_2_a_withdrawn_certificate_is_recalled_and_announced_in_either_order(first: str) -> None:
    story = follow("withdrawal", "propose", "centre", **SUSPEND)
    story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明").do(
        "association", "withdraw", "2027-01-06 09:00", reasoning="x"
    )
    story.register["certificate.status"] = "withdrawn"
    assert story.duty("recall", "2027-01-06 10:00").owner == "centre"
    facts = {"recall__on": "2027-01-07", "recall__note": "交回"}
    steps = {"recall": facts, "announce": {}}
    for name in sorted(steps, key=lambda n: n != first):
        story.do("centre", name, "2027-01-07 09:00", **steps[name])
    story.refused("centre", "announce", "2027-01-08 09:00", "S10 4.2")
    story.do("centre", "archive", "2027-01-08 10:00")


def test_s10_4_2_a_withdrawal_is_not_archived_before_it_is_announced() -> None:
    story = follow("withdrawal", "propose", "centre", **SUSPEND)
    story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明").do(
        "association", "withdraw", "2027-01-06 09:00", reasoning="x"
    )
    story.register["certificate.status"] = "withdrawn"
    story.do("centre", "recall", "2027-01-07 09:00", recall__on="2027-01-07", recall__note="交回")
    story.refused("centre", "archive", "2027-01-08 09:00", "S10 4.2")


@pytest.mark.parametrize(("book", "role", "action"), [("renewal", "holder", "file"), ("renewal", "timer", "invite"), ("surveillance", "timer", "open")])  # fmt: skip
def test_s18_4_2_and_4_3_one_procedure_at_a_time_about_a_certificate(book: str, role: str, action: str) -> None:
    papers = PAPERS if action == "file" else {}
    story = follow(book, action, role, {"running.case": "FP-1"}, **papers)
    assert "FP-1" in story.reasons()


def test_s10_4_2_the_committee_lifts_what_is_suspended() -> None:
    story = suspension().do("committee", "suspend", "2027-01-05 10:00", suspension__until="2027-03-01", reasoning="x")
    story.refused("holder", "apply_lifting", "2027-02-01 09:00", "S10 4.2", correction__statement="已整改")
    story.register["certificate.status"] = "suspended"
    story.do("holder", "apply_lifting", "2027-02-01 09:00", correction__statement="已整改")
    story.do("centre", "verify", "2027-02-02 09:00", verification__opinion="合格")
    story.register["certificate.status"] = "valid"
    story.refused("committee", "lift", "2027-02-03 09:00", "S10 4.2", reasoning="合格")
    story.register["certificate.status"] = "suspended"
    story.refused("centre", "lift", "2027-02-03 09:00", "S10 2.3", reasoning="合格")
    story.do("committee", "lift", "2027-02-03 09:00", reasoning="合格")
    assert changed(story) == ["suspend", "lift"]


def test_s18_3_5_the_centre_proposes_withdrawal_and_the_association_alone_decides() -> None:
    assert follow("withdrawal", "propose", "committee", **SUSPEND).refusal is not None
    story = follow("withdrawal", "propose", "centre", **SUSPEND).do(
        "holder", "answer", "2027-01-05 09:00", entry__text="说明"
    )
    for role in ("centre", "committee", "agency"):
        story.refused(role, "withdraw", "2027-01-06 09:00", "3.5", reasoning="x")
    story.do("association", "withdraw", "2027-01-06 09:00", reasoning="x")
    assert changed(story) == ["withdraw"]


def test_s18_4_4_request_committee_recall_announcement() -> None:
    story = follow("cancellation", "file", "holder", reasons="转产", signed_request=PAPER).do(
        "centre", "accept", "2027-01-05 09:00"
    )
    story.refused("centre", "cancel", "2027-01-06 09:00", "3.4").do("committee", "cancel", "2027-01-06 09:00")
    story.register["certificate.status"] = "cancelled"
    story.refused("centre", "announce", "2027-01-06 10:00", "4.4")
    story.do("centre", "recall", "2027-01-07 09:00", recall__on="2027-01-07", recall__note="交回")
    story.do("centre", "announce", "2027-01-08 09:00")
    assert changed(story) == ["cancel", "announce"]


@pytest.mark.parametrize(
    ("facts", "clause"),
    [
        ({"kind": "upgrade", "grade__new": "j", "change__papers": PAPER}, "S02 11"),
        ({"kind": "downgrade", "grade__new": "j"}, "S02 11"),
        ({"kind": "name", "change__papers": PAPER}, "2"),
        ({"kind": "address", "change__papers": PAPER}, "2"),
        ({"kind": "scope", "change__papers": PAPER}, "S10 4.3"),
        ({"kind": "name", "name__new": "新名"}, "3.1"),
    ],
)  # fmt: skip
def test_s18_2_what_each_kind_of_change_needs(facts: dict[str, Any], clause: str) -> None:
    story = follow("change", "file", "holder", reasons="变更", **facts)
    assert [r.clause for r in story.refusal.reasons] == [clause]


def test_s18_3_4_an_upgrade_is_audited_examined_and_decided_by_the_committee() -> None:
    story = follow(
        "change", "file", "holder", {"certificate.grade": "y", "certificate.renewals": 2}, kind="upgrade", reasons="达标", grade__new="j", change__papers=PAPER
    )  # fmt: skip
    story.do("centre", "accept", "2027-01-05 09:00")
    story.refused("centre", "examine", "2027-01-06 09:00", "S02 9", examination__opinion="符合")
    audited(story, "holder", "2027-02-01").do("agency", "approve_report", "2027-02-02 09:00")
    story.do("centre", "examine", "2027-02-03 09:00", examination__opinion="符合")
    story.refused("association", "decide_grade", "2027-02-04 09:00", "3.4", reasoning="x")
    story.refused("committee", "decide_change", "2027-02-04 09:00", "3.4", reasoning="x")
    story.do("committee", "decide_grade", "2027-02-04 09:00", reasoning="同意升级")
    assert story.case.facts["new.number"] == "2027ZH0001JR2"
    assert changed(story) == ["replace"]


def test_s18_3_2_a_change_of_address_draws_no_serial() -> None:
    story = follow(
        "change", "file", "holder", kind="address", reasons="搬迁", address__new="上海", change__papers=PAPER
    )
    story.do("centre", "accept", "2027-01-05 09:00").do(
        "centre", "examine", "2027-01-06 09:00", examination__opinion="属实"
    )
    story.do("committee", "decide_change", "2027-01-07 09:00", reasoning="准予")
    assert "new.serial" not in story.case.facts
    assert story.events[-1].registers[0]["address"] == "上海"


def test_s18_3_3_a_proposed_downgrade_hears_the_holder_first() -> None:
    story = follow("change", "propose", "centre", kind="downgrade", grade__new="b", reasons="不达标")
    story.refused("centre", "examine", "2027-01-05 09:00", "3.2", examination__opinion="属实")
    story.refused("holder", "withdraw", "2027-01-05 09:00", "3.1")
    story.do("centre", "examine", "2027-01-19 00:00", examination__opinion="属实")


@pytest.mark.parametrize("book", ["surveillance", "suspension", "withdrawal", "cancellation"])
def test_no_procedure_begins_about_a_certificate_that_is_not_in_force(book: str) -> None:
    first = {"surveillance": "open", "cancellation": "file"}.get(book, "propose")
    role = "holder" if first == "file" else "centre"
    facts = {"cancellation": {"reasons": "x", "signed_request": PAPER}, "surveillance": {}}.get(book, SUSPEND)
    for status in ("withdrawn", "cancelled", "expired", "replaced", None):
        assert follow(book, first, role, {"certificate.status": status}, **facts).refusal is not None
