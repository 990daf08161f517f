"""S01 6 and 8, the appeal: each obligation as a case, with its edges, named by clause."""

from __future__ import annotations

import pytest

from mingduan.procedure.case import Act, Actor, DutyStatus, Event, Origin, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.wording import written

from .story import Story, at

FILING = {
    "grounds": "change_of_status", "decision__reference": "安信〔2026〕7号", "decision__notified_on": "2026-09-01",
    "statement": "不服降级决定", "requested": "撤销", "signed_by": "张三",
}  # fmt: skip
PEOPLE = [{"id": str(n), "name": f"专家{n}"} for n in (1, 2, 3)]
NEW = [{"id": str(n), "name": f"专家{n}"} for n in (4, 5, 6)]


def filed(engine: Engine, when: str = "2026-09-25 09:00", **facts: object) -> Story:
    return Story(engine).do("appellant", "file", when, **{**FILING, **facts})


def accepted(engine: Engine, when: str = "2026-09-25", *, major: bool = False, **facts: object) -> Story:
    story = filed(engine, f"{when} 09:00", **facts)
    story.do("centre", "receive_deposit", f"{when} 10:00", payment__amount=500_000, payment__on=when)
    return story.do("centre", "accept", f"{when} 11:00", major=major)


def announced(engine: Engine, *, major: bool = False) -> Story:
    story = accepted(engine, major=major)
    return story.do(
        "centre",
        "announce_meeting",
        "2026-09-29 16:00",
        meeting__starts_at="2026-10-12T09:00:00+08:00",
        meeting__place="北京",
    )


def heard(engine: Engine, *, major: bool = False) -> Story:
    story = announced(engine, major=major)
    if major:
        story.do("centre", "form_panel", "2026-09-30 09:00", people=PEOPLE)
    return story.do("centre", "hold_meeting", "2026-10-12 11:00", meeting__attendance="双方", meeting__minutes="质证")


def ruled(engine: Engine, outcome: str = "rejected") -> Story:
    effect = {"rejected": "stands", "upheld": "revoked", "partly_upheld": "changed"}[outcome]
    return heard(engine).do(
        "centre", "rule", "2026-10-20 10:00", outcome=outcome, reasoning="理由", decision__effect=effect
    )


def served(story: Story, when: str = "2026-10-20 16:00") -> Story:
    """The ruling is served on both sides, and that is on file."""
    told = {"entry__to": "双方", "entry__how": "直接送达", "entry__on": when[:10], "entry__what": "裁定书"}
    return story.do("centre", "prove_service", when, **told)


def ruled_by_panel(engine: Engine) -> Story:
    story = heard(engine, major=True)
    for who in ("1", "2"):
        story.do("panel", "vote", "2026-10-12 14:00", who=who, entry__vote="rejected")
    return story.do(
        "centre", "rule", "2026-10-20 10:00", outcome="rejected", reasoning="理由", decision__effect="stands"
    )


@pytest.mark.parametrize(("when", "late"), [("2026-06-09 23:59:59", False), ("2026-06-10 00:00:00", True)])
def test_s01_6_1_filed_on_the_30th_working_day_and_a_second_later(appeal: Engine, when: str, late: bool) -> None:
    story = filed(appeal, when, decision__notified_on="2026-04-24")
    assert story.duty("file", when).status == (DutyStatus.MET_LATE if late else DutyStatus.MET)
    story.do("centre", "receive_deposit", "2026-06-10 10:00", payment__amount=500_000, payment__on="2026-06-10")
    story.attempt("centre", "accept", "2026-06-10 11:00", major=False)
    assert (story.refusal is not None) == late


@pytest.mark.parametrize(
    ("notified", "last"),
    [("2026-02-06", "2026-03-26"), ("2026-09-25", "2026-11-12")],
    ids=["Spring Festival, 14 and 28 February worked", "National Day, 10 October worked"],
)
def test_s01_6_1_the_window_across_a_festival_with_make_up_saturdays(appeal: Engine, notified: str, last: str) -> None:
    for when, status in ((f"{last} 23:59:59", DutyStatus.MET), (f"{last[:8]}{int(last[8:]) + 1} 00:00:00", DutyStatus.MET_LATE)):  # fmt: skip
        story = filed(appeal, when, decision__notified_on=notified)
        assert story.duty("file", when).status == status


def test_s01_6_1_deposit_one_fen_short(appeal: Engine) -> None:
    story = filed(appeal).do(
        "centre", "receive_deposit", "2026-09-25 10:00", payment__amount=499_999, payment__on="2026-09-25"
    )
    story.refused("centre", "accept", "2026-09-25 11:00", "6.1", major=False)
    story.do("centre", "receive_deposit", "2026-09-25 12:00", payment__amount=1, payment__on="2026-09-25")
    story.do("centre", "accept", "2026-09-25 13:00", major=False)
    assert story.balance("deposit_held") == -500_000


def test_s01_6_1_put_right_once_within_five_working_days_or_lapse(appeal: Engine) -> None:
    story = filed(appeal).do("centre", "request_remedy", "2026-09-25 15:00", remedy__what="保证金")
    story.refused("centre", "lapse", "2026-10-09 23:59:59", "6.1")
    story.do("timer", "lapse", "2026-10-10 00:00")
    assert story.case.state == "refused"
    again = (
        filed(appeal)
        .do("centre", "request_remedy", "2026-09-25 15:00", remedy__what="签名")
        .do("appellant", "complete", "2026-09-28 09:00", signed_by="李四")
    )
    again.attempt("centre", "request_remedy", "2026-09-28 10:00", remedy__what="再补")
    assert again.refusal is not None
    assert again.refusal.reasons[0].rule == "once"


def test_s01_6_2_1_departments_informed_at_once(appeal: Engine) -> None:
    story = filed(appeal)
    assert story.duty("inform", "2026-09-28 12:00").status == DutyStatus.OPEN
    assert story.duty("inform", "2026-09-29 00:00").status == DutyStatus.LATE
    story.do("centre", "inform_departments", "2026-09-28 12:00", departments="审查部")
    assert story.duty("inform", "2026-09-29 00:00").status == DutyStatus.MET


def test_s01_6_2_1_a_major_question_needs_its_panel_before_the_meeting(appeal: Engine) -> None:
    story = announced(appeal, major=True)
    story.refused(
        "centre", "hold_meeting", "2026-10-12 11:00", "6.2.1", meeting__attendance="双方", meeting__minutes="质证"
    )
    assert story.duty("form_panel", "2026-10-12 11:00").status == DutyStatus.LATE


def test_s01_6_2_2_evidence_tells_who_when_what(appeal: Engine) -> None:
    story = accepted(appeal)
    story.attempt(
        "centre", "take_evidence", "2026-09-26 10:00", entry__kind="site", entry__on="2026-09-26", entry__who="站长"
    )
    assert story.refusal is not None
    assert story.refusal.reasons[0].input == "entry.what"
    story.do(
        "centre",
        "take_evidence",
        "2026-09-26 10:00",
        entry__kind="site",
        entry__on="2026-09-26",
        entry__who="站长",
        entry__what="记录",
    )
    assert story.case.facts["evidence"][0]["by"] == "centre"


def test_s01_6_2_3_meeting_within_15_working_days_over_national_day(appeal: Engine) -> None:
    story = accepted(appeal)
    assert story.duty("meet", "2026-09-25 12:00").due.isoformat() == "2026-10-22T15:59:59.999999+00:00"
    story.refused(
        "centre",
        "announce_meeting",
        "2026-09-28 09:00",
        "6.2.3",
        meeting__starts_at="2026-10-23T09:00:00+08:00",
        meeting__place="北京",
    )
    story.do(
        "centre",
        "announce_meeting",
        "2026-09-28 09:00",
        meeting__starts_at="2026-10-22T18:00:00+08:00",
        meeting__place="北京",
    )


@pytest.mark.parametrize(("when", "lawful"), [("2026-09-29 23:59:59", True), ("2026-09-30 00:00:00", False)])
def test_s01_6_2_3_notice_five_and_four_working_days_before(appeal: Engine, when: str, lawful: bool) -> None:
    story = accepted(appeal).attempt(
        "centre", "announce_meeting", when, meeting__starts_at="2026-10-12T09:00:00+08:00", meeting__place="北京"
    )
    assert (story.refusal is None) == lawful


@pytest.mark.parametrize(("when", "lawful"), [("2026-10-08 23:59:59", True), ("2026-10-09 00:00:00", False)])
def test_s01_6_2_4_a_witness_too_late(appeal: Engine, when: str, lawful: bool) -> None:
    story = announced(appeal).attempt("appellant", "name_witness", when, entry__name="刘工", entry__address="石家庄")
    assert (story.refusal is None) == lawful


def test_s01_6_3_1_a_panels_ruling_needs_its_majority(appeal: Engine) -> None:
    story = heard(appeal, major=True)
    ruling = {"outcome": "upheld", "reasoning": "理由", "decision__effect": "revoked"}
    story.do("panel", "vote", "2026-10-12 14:00", who="1", entry__vote="upheld")
    story.refused("centre", "rule", "2026-10-13 09:00", "3.1", **ruling)
    story.attempt("panel", "vote", "2026-10-13 09:00", who="1", entry__vote="upheld")
    assert story.refusal is not None, "a member votes once"
    story.do("panel", "vote", "2026-10-13 14:00", who="2", entry__vote="upheld").do(
        "centre", "rule", "2026-10-14 09:00", **ruling
    )
    assert story.case.state == "ruled"


def test_s01_6_3_2_only_the_committee_extends_the_ruling(appeal: Engine) -> None:
    story = heard(appeal)
    assert story.duty("rule", "2026-10-12 12:00").due.isoformat() == "2026-12-25T15:59:59.999999+00:00"
    story.refused("centre", "extend_ruling", "2026-12-20 09:00", "6.3.2", until="2027-01-29")
    story.refused("committee", "extend_ruling", "2026-12-20 09:00", "6.3.2", until="2026-12-01")
    story.do("committee", "extend_ruling", "2026-12-20 09:00", until="2027-01-29", reason="案情重大")
    duty = story.duty("rule", "2026-12-26 09:00")
    assert (duty.status, duty.extended, duty.provisional) == (DutyStatus.OPEN, True, True)
    story.do("centre", "rule", "2027-01-29 23:59", outcome="rejected", reasoning="理由", decision__effect="stands")
    assert story.duty("rule", "2027-02-01 09:00").status == DutyStatus.MET


@pytest.mark.parametrize(
    ("costs", "refund", "shortfall"), [(499_999, 1, 0), (500_000, 0, 0), (500_001, 0, 1), (0, 500_000, 0)]
)
def test_s01_6_4_2_costs_under_equal_and_over_the_deposit(
    appeal: Engine, costs: int, refund: int, shortfall: int
) -> None:
    story = served(ruled(appeal)).do("centre", "settle", "2026-10-21 10:00", costs__attributable=costs)
    assert (-story.balance("refund_due"), story.balance("shortfall_due"), story.balance("deposit_held")) == (
        refund,
        shortfall,
        0,
    )
    story.attempt("centre", "close", "2026-10-21 11:00")
    assert (story.refusal is None) == (refund == shortfall == 0)
    assert sum(story.case.balances.values()) == 0


def test_s01_6_4_2_shortfall_due_ten_working_days_after_the_ruling(appeal: Engine) -> None:
    story = served(ruled(appeal)).do("centre", "settle", "2026-10-21 10:00", costs__attributable=600_000)
    assert story.duty("shortfall", "2026-11-03 23:59:59").status == DutyStatus.OPEN
    assert story.duty("shortfall", "2026-11-04 00:00").status == DutyStatus.LATE
    story.refused(
        "centre", "pay_shortfall", "2026-11-04 09:00", "6.4.2", shortfall__amount=100_001, shortfall__on="2026-11-04"
    )
    story.do("centre", "pay_shortfall", "2026-11-04 09:00", shortfall__amount=100_000, shortfall__on="2026-11-04").do(
        "centre", "close", "2026-11-04 10:00"
    )


@pytest.mark.parametrize(("outcome", "share", "borne"), [("upheld", None, 0), ("partly_upheld", 25, 100_000)])
def test_s01_6_4_2_deposit_returned_unless_lost(appeal: Engine, outcome: str, share: int | None, borne: int) -> None:
    story = ruled(appeal, outcome)
    if share is not None:
        story.refused("centre", "settle", "2026-10-21 10:00", "6.4.2", costs__attributable=400_000)
    story.do(
        "centre",
        "settle",
        "2026-10-21 10:00",
        costs__attributable=400_000,
        **({"costs__share": share} if share else {}),
    )
    assert -story.balance("refund_due") == 500_000 - borne


@pytest.mark.parametrize(("until", "lawful"), [("2024-09-27", False), ("2024-09-25", True), (None, False)])
def test_s01_8_3_a_panel_member_with_an_interest(appeal: Engine, until: str | None, lawful: bool) -> None:
    """On 2026-09-26: 729 days ago bars, 731 days ago does not, a lasting interest does."""
    people = [
        *PEOPLE[:2],
        {"id": "9", "name": "赵某", "interests": [{"party": "恒通", "kind": "顾问", "until": until}]},
    ]
    story = accepted(appeal).attempt("centre", "form_panel", "2026-09-26 10:00", people=people)
    assert (story.refusal is None) == lawful
    if not lawful:
        assert story.refusal is not None
        assert story.refusal.reasons[0].clause == "8.3"


def challenged(engine: Engine) -> Story:
    story = accepted(engine, major=True).do("centre", "form_panel", "2026-09-26 10:00", people=PEOPLE)
    return story.do("appellant", "challenge", "2026-09-27 10:00", entry__member="专家3", entry__why="同学")


def test_s01_8_3_an_upheld_challenge_recuses_the_member_and_another_is_chosen(appeal: Engine) -> None:
    story = challenged(appeal)
    seq = story.events[-1].seq
    decision = {"entry": seq, "entry__decision_why": "同窗四年"}
    story.refused("committee", "uphold_challenge", "2026-09-28 09:00", "8.3", person=PEOPLE[0], **decision)
    story.do("committee", "uphold_challenge", "2026-09-28 10:00", person=PEOPLE[2], **decision)
    assert [p["id"] for p in story.case.assigned["panel"]] == ["1", "2"]
    assert (story.case.facts["challenges"][0]["decision"], story.case.facts["panel.recused"]) == ("upheld", "专家3")
    assert story.duty("replace_member", "2026-09-28 11:00").status == DutyStatus.OPEN
    story.refused("centre", "form_panel", "2026-09-28 11:00", "8.3", people=PEOPLE[2:])
    story.do("centre", "form_panel", "2026-09-28 11:00", people=[{"id": "4", "name": "专家4"}])
    assert [p["id"] for p in story.case.assigned["panel"]] == ["1", "2", "4"]
    assert story.duty("replace_member", "2026-09-29 11:00").status == DutyStatus.MET


def test_s01_8_3_a_rejected_challenge_leaves_the_panel_and_says_why(appeal: Engine) -> None:
    story = challenged(appeal)
    seq = story.events[-1].seq
    story.attempt("committee", "reject_challenge", "2026-09-28 10:00", entry=seq)
    assert story.refusal is not None
    assert story.refusal.reasons[0].input == "entry.decision_why"
    story.do("committee", "reject_challenge", "2026-09-28 10:00", entry=seq, entry__decision_why="毕业已逾二十年")
    assert story.case.facts["challenges"][0]["decision"] == "rejected"
    assert len(story.case.assigned["panel"]) == 3
    story.refused("committee", "reject_challenge", "2026-09-28 11:00", "8.3", entry=seq, entry__decision_why="再")


def test_s01_8_3_until_a_challenge_is_decided_the_panel_does_not_meet_vote_or_rule(appeal: Engine) -> None:
    story = heard(appeal, major=True)
    story.do("respondent", "challenge", "2026-10-12 13:00", entry__member="专家2", entry__why="亲属")
    story.refused("panel", "vote", "2026-10-12 14:00", "8.3", who="1", entry__vote="upheld")
    ruling = {"outcome": "upheld", "reasoning": "理由", "decision__effect": "revoked"}
    story.refused("centre", "rule", "2026-10-12 14:00", "8.3", **ruling)
    story.do("committee", "reject_challenge", "2026-10-13 09:00", entry=story.events[-1].seq, entry__decision_why="无")
    story.do("panel", "vote", "2026-10-13 14:00", who="1", entry__vote="upheld")


def test_s01_8_3_each_challenge_has_its_own_deadline(appeal: Engine) -> None:
    story = challenged(appeal)
    first = story.events[-1].seq
    assert story.duty("decide_challenge", "2026-09-28 09:00").due.isoformat() == "2026-09-30T15:59:59.999999+00:00"
    story.refused("respondent", "challenge", "2026-09-28 09:00", "8.3", entry__member="专家3", entry__why="亦同学")
    story.do("respondent", "challenge", "2026-09-28 10:00", entry__member="专家1", entry__why="旧识")
    assert story.duty("decide_challenge", "2026-09-28 11:00").due.isoformat() == "2026-09-30T15:59:59.999999+00:00"
    story.do("committee", "reject_challenge", "2026-09-29 10:00", entry=first, entry__decision_why="无")
    duty = story.duty("decide_challenge", "2026-09-29 11:00")
    assert (duty.status, duty.due.isoformat()) == (DutyStatus.OPEN, "2026-10-08T15:59:59.999999+00:00")
    story.do("committee", "reject_challenge", "2026-10-09 10:00", entry=first + 1, entry__decision_why="无")
    assert story.duty("decide_challenge", "2026-10-09 11:00").status == DutyStatus.MET_LATE


def test_s01_8_3_a_challenge_of_a_member_who_left_is_moot(appeal: Engine) -> None:
    story = challenged(appeal)
    seq = story.events[-1].seq
    story.attempt("panel", "recuse", "2026-09-28 09:00", who="3", person=PEOPLE[2])
    assert story.refusal is not None, "a recusal says why"
    story.do("panel", "recuse", "2026-09-28 09:00", who="3", person=PEOPLE[2], reason="同窗")
    story.do("committee", "reject_challenge", "2026-09-28 10:00", entry=seq, entry__decision_why="已自行回避")
    assert story.case.facts["challenges"][0]["decision"] == "moot"


def test_s01_8_3_the_vote_of_a_member_who_left_no_longer_counts(appeal: Engine) -> None:
    story = heard(appeal, major=True)
    for who in ("1", "3"):
        story.do("panel", "vote", "2026-10-12 14:00", who=who, entry__vote="upheld")
    story.do("committee", "recuse", "2026-10-12 15:00", person=PEOPLE[2], reason="利害关系")
    ruling = {"outcome": "upheld", "reasoning": "理由", "decision__effect": "revoked"}
    story.refused("centre", "rule", "2026-10-12 16:00", "3.1", **ruling)
    story.do("centre", "form_panel", "2026-10-12 17:00", people=[{"id": "4", "name": "专家4"}])
    story.refused("centre", "rule", "2026-10-12 18:00", "3.1", **ruling)
    story.do("panel", "vote", "2026-10-13 09:00", who="4", entry__vote="upheld")
    story.do("centre", "rule", "2026-10-13 10:00", **ruling)


def test_s01_8_4_a_case_before_a_court_is_stayed(appeal: Engine) -> None:
    story = heard(appeal)
    story.do("centre", "stay", "2026-10-13 09:00", court="北京市西城区人民法院")
    story.attempt("centre", "rule", "2026-10-14 09:00", outcome="rejected", reasoning="理由", decision__effect="stands")
    assert story.refusal is not None
    assert story.duty("rule", "2027-03-01 09:00").status == DutyStatus.PAUSED
    story.do("centre", "resume", "2026-11-12 09:00")
    # 30 days of stay are added to 25 December; 24 January 2027 is a Sunday.
    assert story.duty("rule", "2026-11-12 10:00").due.isoformat() == "2027-01-25T15:59:59.999999+00:00"


def test_s01_8_4_readjudication_opens_a_linked_round(appeal: Engine) -> None:
    story = ruled(appeal).do("appellant", "readjudicate", "2026-11-01 09:00", statement="新的理由")
    opens = story.events[-1].opens
    assert opens is not None
    assert (opens["rulebook"], opens["relation"]) == ("cace/appeal", "round")
    assert opens["facts"]["statement"] == "新的理由"


def test_s01_8_5_kept_five_years_then_disposed_of_unless_on_hold(appeal: Engine) -> None:
    story = (
        served(ruled(appeal))
        .do("centre", "settle", "2026-10-21 10:00", costs__attributable=500_000)
        .do("centre", "close", "2026-10-21 11:00")
    )
    story.refused("centre", "archive", "2026-10-22 10:00", "8.5").do("secretariat", "archive", "2026-10-22 10:00")
    story.refused("committee", "dispose", "2031-10-22 23:59:59", "8.5", disposal__decision="决〔2031〕1号")
    story.do("committee", "hold", "2031-10-23 09:00", hold_reason="审计")
    story.refused("committee", "dispose", "2031-10-23 10:00", "8.5", disposal__decision="决〔2031〕1号")
    story.do("committee", "release_hold", "2031-10-24 09:00").do(
        "committee", "dispose", "2031-10-24 10:00", disposal__decision="决〔2031〕1号"
    )
    assert story.case.state == "disposed"


def test_s01_8_6_an_override_names_its_legal_basis_and_who_may(appeal: Engine) -> None:
    story = filed(appeal, "2026-10-30 09:00")
    story.do("centre", "receive_deposit", "2026-10-30 10:00", payment__amount=500_000, payment__on="2026-10-30")
    story.attempt("centre", "accept", "2026-10-30 11:00", legal_basis="民法典第194条", major=False)
    assert story.refusal is not None, "the centre may not override"
    story.refused("committee", "accept", "2026-10-30 11:00", "6.1", major=False)
    story.do("committee", "accept", "2026-10-30 12:00", legal_basis="民法典第194条", major=False)
    event = story.events[-1]
    assert (event.role, event.legal_basis, event.overrode) == ("committee", "民法典第194条", ("role:6.1", "guard:6.1"))


def test_s01_8_6_no_legal_basis_puts_somebody_with_an_interest_on_the_panel(appeal: Engine) -> None:
    tied = [*PEOPLE[:2], {"id": "9", "name": "赵某", "interests": [{"party": "恒通", "kind": "顾问", "until": None}]}]
    story = accepted(appeal, major=True)
    story.refused("committee", "form_panel", "2026-09-26 10:00", "8.3", people=tied, legal_basis="某法第一条")
    story.do("committee", "form_panel", "2026-09-26 10:00", people=PEOPLE, legal_basis="某法第一条")


def test_s01_corrections_are_new_events(appeal: Engine) -> None:
    story = accepted(appeal).do(
        "centre",
        "take_evidence",
        "2026-09-26 10:00",
        entry__kind="site",
        entry__on="2026-09-26",
        entry__who="甲",
        entry__what="记录",
    )
    story.do("centre", "correct", "2026-09-27 10:00", corrects=4, correction={"who": "乙"}, reason="姓名写错")
    assert story.case.facts["evidence"][0]["who"] == "乙"
    assert story.case.facts["evidence"][0]["corrected_by"] == 5
    assert story.events[3].entry is not None
    assert story.events[3].entry.values["who"] == "甲", "the mistaken entry stays as it was"


def test_withdrawal_joinder_and_what_becomes_of_their_duties(appeal: Engine) -> None:
    story = accepted(appeal).do("appellant", "withdraw", "2026-09-28 09:00")
    assert story.duty("meet", "2027-01-01 09:00").status == DutyStatus.WAIVED
    story.refused("centre", "close", "2026-09-28 10:00", "6.4.2").do(
        "centre", "return_deposit", "2026-09-28 11:00", refund__reference="T1"
    ).do("centre", "close", "2026-09-28 12:00")
    joined = accepted(appeal).do("centre", "join", "2026-09-28 09:00", case="CACE-SS-2026-0001")
    assert joined.case.links == (("joined", "CACE-SS-2026-0001"),)


def test_events_survive_json_and_fold_to_the_same_case(appeal: Engine) -> None:
    story = ruled(appeal, "partly_upheld").do(
        "centre", "settle", "2026-10-21 10:00", costs__attributable=400_000, costs__share=50
    )
    assert fold(Event.from_json(e.to_json()) for e in story.events) == story.case


@pytest.mark.parametrize("grounds", ["refused_application", "report_or_certificate", "change_of_status"])
def test_s01_5_1_each_ground_of_an_appeal(appeal: Engine, grounds: str) -> None:
    assert filed(appeal, grounds=grounds).case.state == "filed"


def test_s01_5_1_other_grounds_need_words(appeal: Engine) -> None:
    Story(appeal).refused("appellant", "file", "2026-09-25 09:00", "5.1", **{**FILING, "grounds": "other"})
    assert filed(appeal, grounds="other", grounds_text="标志误用认定").case.state == "filed"


@pytest.mark.parametrize("missing", ["statement", "signed_by"])
def test_s01_6_1_an_appeal_is_in_writing_and_signed(appeal: Engine, missing: str) -> None:
    story = Story(appeal).attempt(
        "appellant", "file", "2026-09-25 09:00", **{k: v for k, v in FILING.items() if k != missing}
    )
    assert story.refusal is not None
    assert story.refusal.reasons[0].input == missing


def test_s01_6_1_refused_with_the_clause_and_the_deposit_returned(appeal: Engine) -> None:
    story = filed(appeal).do(
        "centre", "receive_deposit", "2026-09-25 10:00", payment__amount=500_000, payment__on="2026-09-25"
    )
    story.do("centre", "refuse", "2026-09-26 09:00", refusal__reason="不属资质评定决定", refusal__basis="5.1")
    story.refused("centre", "close", "2026-09-26 10:00", "6.4.2")
    story.do("centre", "return_deposit", "2026-09-26 11:00", refund__reference="T1")
    assert story.case.facts["refund.amount"] == 500_000
    story.do("centre", "close", "2026-09-26 12:00")


def test_s01_6_1_once_put_right_acceptance_is_decided_in_time(appeal: Engine) -> None:
    story = filed(appeal).do("centre", "request_remedy", "2026-09-25 15:00", remedy__what="签名")
    story.do("appellant", "complete", "2026-09-28 09:00", signed_by="李四")
    assert story.duty("decide_completed", "2026-09-28 10:00").due.isoformat() == "2026-10-10T15:59:59.999999+00:00"


def test_s01_6_2_1_a_question_found_to_be_major_later_goes_to_a_panel(appeal: Engine) -> None:
    story = heard(appeal).do("centre", "mark_major", "2026-10-12 12:00")
    ruling = {"outcome": "rejected", "reasoning": "理由", "decision__effect": "stands"}
    story.refused("centre", "rule", "2026-10-12 13:00", "3.1", **ruling)
    story.refused("centre", "mark_major", "2026-10-12 13:00", "6.2.1")


@pytest.mark.parametrize("kind", ["meeting", "testimony", "site", "expert"])
def test_s01_6_2_2_each_kind_of_evidence(appeal: Engine, kind: str) -> None:
    given = {"entry__kind": kind, "entry__on": "2026-09-26", "entry__who": "甲", "entry__what": "记录"}
    story = accepted(appeal).do("centre", "take_evidence", "2026-09-26 10:00", **given)
    assert story.case.facts["evidence"][0]["kind"] == kind


def test_s01_6_2_3_meeting_across_spring_festival(appeal: Engine) -> None:
    story = accepted(appeal, "2026-02-06", decision__notified_on="2026-01-20")
    assert story.duty("meet", "2026-02-06 12:00").due.isoformat() == "2026-03-05T15:59:59.999999+00:00"
    meeting = {"meeting__place": "北京", "meeting__starts_at": "2026-03-05T09:00:00+08:00"}
    story.refused("centre", "announce_meeting", "2026-02-28 00:00:00", "6.2.3", **meeting)
    story.do("centre", "announce_meeting", "2026-02-27 23:59:59", **meeting)


def test_s01_6_2_4_a_witness_has_a_name_and_an_address(appeal: Engine) -> None:
    story = announced(appeal).attempt("centre", "name_witness", "2026-10-08 09:00", entry__name="刘工")
    assert story.refusal is not None
    assert story.refusal.reasons[0].input == "entry.address"
    story.do("centre", "name_witness", "2026-10-08 09:00", entry__name="刘工", entry__address="石家庄")


def test_s01_6_3_1_the_ruling_is_served_on_all_parties(appeal: Engine) -> None:
    story = ruled(appeal)
    assert {"appellant", "respondent"} <= set(appeal.rulebook.actions["rule"].tells)
    assert story.duty("serve_ruling", "2026-10-20 11:00").status == DutyStatus.OPEN
    served(story, "2026-10-21 10:00")
    assert story.duty("serve_ruling", "2026-10-28 11:00").status == DutyStatus.MET


def test_s01_6_3_1_a_case_does_not_close_while_its_ruling_is_not_served(appeal: Engine) -> None:
    story = ruled(appeal).do("centre", "settle", "2026-10-21 10:00", costs__attributable=500_000)
    story.refused("centre", "close", "2026-10-21 11:00", "6.3.1")
    assert story.refusal is not None
    assert [r.remedied_by for r in story.refusal.reasons] == [("prove_service",)]
    assert story.duty("serve_ruling", "2026-10-28 11:00").status == DutyStatus.LATE
    served(story, "2026-10-28 11:00").do("centre", "close", "2026-10-28 12:00")


def test_s01_6_3_1_service_of_the_meetings_notice_is_not_service_of_the_ruling(appeal: Engine) -> None:
    story = served(announced(appeal), "2026-09-29 17:00")
    story.do("centre", "hold_meeting", "2026-10-12 11:00", meeting__attendance="双方", meeting__minutes="质证")
    story.do("centre", "rule", "2026-10-20 10:00", outcome="rejected", reasoning="理由", decision__effect="stands")
    story.do("centre", "settle", "2026-10-21 10:00", costs__attributable=500_000)
    story.refused("centre", "close", "2026-10-21 11:00", "6.3.1")


def test_s01_6_3_1_both_sides_having_opened_the_ruling_are_served(appeal: Engine) -> None:
    story = ruled(appeal).do("timer", "ruling_opened", "2026-10-21 09:00")
    assert story.duty("serve_ruling", "2026-10-21 10:00").status == DutyStatus.MET
    story.refused("centre", "ruling_opened", "2026-10-21 10:00", "6.3.1")


def test_s01_3_1_rules_about_a_panel_are_not_asked_where_there_is_none(appeal: Engine) -> None:
    story = heard(appeal)
    actor = Actor("1", "林静", frozenset(["centre"]))
    ruling = Act("rule", actor, at("2026-10-20 10:00"), {"outcome": "rejected", "reasoning": "理由", "decision.effect": "stands"})  # fmt: skip
    assert not [f.text.zh for f in appeal.check(story.case, ruling) if "专家组" in f.text.zh or "回避" in f.text.zh]
    recusing = next(o for o in appeal.options(story.case, actor, at("2026-10-12 12:00")) if o.action == "recuse")
    assert [r.text.zh for r in recusing.reasons] == ["尚未组建专家组"]


def test_s01_6_4_2_no_shortfall_is_recorded_where_none_is_owed(appeal: Engine) -> None:
    story = ruled(appeal).do("centre", "settle", "2026-10-21 10:00", costs__attributable=400_000)
    options = appeal.options(story.case, Actor("1", "林静", frozenset(["centre"])), at("2026-10-21 11:00"))
    assert {o.action: o.open for o in options if o.action in ("pay_shortfall", "refund")} == {"pay_shortfall": False, "refund": True}  # fmt: skip


def test_s01_8_3_there_is_nothing_to_decide_without_a_challenge(appeal: Engine) -> None:
    story = announced(appeal, major=True).do("centre", "form_panel", "2026-09-30 09:00", people=PEOPLE)
    options = appeal.options(story.case, Actor("9", "周建国", frozenset(["committee"])), at("2026-09-30 10:00"))
    assert {o.action: o.open for o in options if "challenge" in o.action} == {"uphold_challenge": False, "reject_challenge": False}  # fmt: skip


def test_s01_6_3_1_the_outcome_and_what_becomes_of_the_decision_agree(appeal: Engine) -> None:
    ruling = {"outcome": "rejected", "reasoning": "理由", "decision__effect": "revoked"}
    heard(appeal).refused("centre", "rule", "2026-10-20 10:00", "6.3.1", **ruling)


def test_s01_6_3_1_a_body_at_fault_corrects_before_the_case_closes(appeal: Engine) -> None:
    story = heard(appeal).do("centre", "rule", "2026-10-20 10:00", outcome="upheld", reasoning="理由", decision__effect="revoked", at_fault=True)  # fmt: skip
    served(story).do("centre", "settle", "2026-10-21 10:00", costs__attributable=0)
    story.do("centre", "refund", "2026-10-21 11:00", refund__reference="T1")
    story.refused("centre", "close", "2026-10-21 12:00", "6.3.1")
    assert story.duty("correct_cause", "2026-10-21 12:00").owner == "respondent"
    plan = {"corrective__cause": "审查员误读", "corrective__action": "复训"}
    story.do("respondent", "plan_correction", "2026-10-22 09:00", **plan)
    story.do("centre", "verify_correction", "2026-10-26 09:00", corrective__verified="有效")
    story.do("centre", "close", "2026-10-26 10:00")


def test_s01_6_3_2_an_extension_says_why(appeal: Engine) -> None:
    story = heard(appeal).attempt("committee", "extend_ruling", "2026-12-20 09:00", until="2027-01-29")
    assert story.refusal is not None
    assert story.refusal.reasons[0].input == "reason"


def test_s01_6_3_2_a_ruling_after_three_months_without_an_extension_is_late(appeal: Engine) -> None:
    story = heard(appeal).do(
        "centre", "rule", "2026-12-26 00:00:00", outcome="rejected", reasoning="理由", decision__effect="stands"
    )
    assert story.duty("rule", "2026-12-26 09:00").status == DutyStatus.MET_LATE


def test_s01_6_4_2_a_share_is_between_0_and_100(appeal: Engine) -> None:
    for share in (-1, 101):
        ruled(appeal, "partly_upheld").refused(
            "centre", "settle", "2026-10-21 10:00", "6.4.2", costs__attributable=1, costs__share=share
        )


def test_s01_8_4_the_next_round_needs_other_members_and_neither_deposit_nor_window(appeal: Engine) -> None:
    first = ruled_by_panel(appeal).do("respondent", "readjudicate", "2026-11-20 09:00", statement="新的理由")
    opens = first.events[-1].opens
    assert opens is not None
    again = Story(appeal)
    origin = Origin("round", "CACE-SS-2026-0001", 2, opens["remembers"])
    opened = appeal.decide(None, Act("file", Actor("r", "安信", frozenset(["appellant"])), at("2026-11-20 09:00"), opens["facts"], origin=origin))  # fmt: skip
    assert isinstance(opened, Event)
    again.events, again.case = [opened], fold([opened])
    assert (again.case.round, again.case.links) == (2, (("round_of", "CACE-SS-2026-0001"),))
    again.do("centre", "accept", "2026-11-23 09:00", major=True)
    again.refused("centre", "form_panel", "2026-11-24 09:00", "8.4", people=[*NEW[:2], PEOPLE[0]])
    again.do("centre", "form_panel", "2026-11-24 09:00", people=NEW)


def test_s01_8_4_who_took_part_is_remembered_over_every_round(appeal: Engine) -> None:
    story = ruled_by_panel(appeal)
    story.case = story.case.having({"earlier_members": [{"id": "7", "name": "专家7"}]})
    story.do("appellant", "readjudicate", "2026-11-20 09:00", statement="再次")
    opens = story.events[-1].opens
    assert opens is not None
    assert [p["id"] for p in opens["remembers"]["earlier_members"]] == ["7", "1", "2", "3"]


def test_s01_8_5_a_hold_set_before_archiving_stands_until_released_with_its_reason(appeal: Engine) -> None:
    story = accepted(appeal).do("appellant", "withdraw", "2026-09-28 09:00")
    story.do("centre", "return_deposit", "2026-09-28 10:00", refund__reference="T1")
    story.do("centre", "close", "2026-09-28 11:00").do("committee", "hold", "2026-09-28 12:00", hold_reason="审计")
    story.do("secretariat", "archive", "2026-09-29 09:00")
    story.refused("committee", "dispose", "2031-10-09 09:00", "8.5", disposal__decision="1号")
    story.do("committee", "release_hold", "2031-10-09 10:00", hold_released_because="审计完毕")
    assert story.duty("retain", "2031-10-09 11:00").status == DutyStatus.OPEN, "nobody is late to destroy"
    story.do("committee", "dispose", "2031-10-09 11:00", disposal__decision="1号", disposal__witness="陈晓梅")
    assert story.duty("retain", "2031-10-09 12:00").status == DutyStatus.MET


def test_a_notice_says_who_what_when_and_how_much(appeal: Engine) -> None:
    story = ruled(appeal).do("centre", "settle", "2026-10-21 10:00", costs__attributable=600_000)
    notice = appeal.rulebook.actions["settle"].notice
    assert notice is not None
    said = written(appeal.rulebook, appeal.calendar, notice.body, story.case, story.events[-1], {"appellant": "恒通"})
    assert "人民币6,000.00元" in said
    assert "尚欠人民币1,000.00元，请于2026年11月3日前支付" in said
    assert "退还" not in said, "what does not apply falls away"
