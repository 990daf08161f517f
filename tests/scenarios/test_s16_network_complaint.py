"""S16 with S03 2, S04, S08, S17, S19: a network complaint from the first word to the survey, by clause."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load

from .story import Story, at

ENGINE = Engine(load(Path(__file__).resolve().parents[2] / "rulebooks" / "telecom" / "network-complaint.yaml"))
COMPLAINT = {
    "trouble": "slow_data",
    "details": "晚上网速慢",
    "place.address": "幸福路8号2栋",
    "customer.phone": "13800000000",
}
CONTRACTOR = {"id": "7", "name": "恒通代维"}
PHOTO = [{"name": "签名.png", "sha256": "0" * 64}]
REPORT = {
    "result.kind": "fault", "result.cause": "小区退服", "result.measures": "更换板件", "result.resolved": True, "result.signature": PHOTO,
}  # fmt: skip
ANALYSIS = {
    "analysis.outage": "退服2次", "analysis.voice_channels": 998, "analysis.signalling_channels": 999,
    "analysis.voice_setup": 985, "analysis.signalling_setup": 990, "analysis.transmission": "正常",
}  # fmt: skip
LEVEL1 = ["vip", "media", "authority", "mailbox", "leaving", "agreed", "security"]
LEVEL2 = ["premium", "sensitive", "relation", "billing"]


def filed(when: str = "2026-03-10 09:00", by: str = "complainant", **facts: object) -> Story:
    return Story(ENGINE).do(by, "file", when, **{**COMPLAINT, **facts})


def graded(when: str = "2026-03-10 09:30", **marks: object) -> Story:
    story = filed(when).do("desk", "verify", when, entry__how="callback", entry__found="属实")
    return story.do("desk", "grade", when, **{f"marks.{k}": v for k, v in marks.items()})


def dispatched(when: str = "2026-03-10 10:00", **marks: object) -> Story:
    story = graded(when, **marks)
    return story.do("dispatcher", "dispatch", when, organisation=CONTRACTOR, dispatch__specialty="wireless")


def on_site(when: str = "2026-03-10 10:00", **marks: object) -> Story:
    story = dispatched(when, **marks).do("contractor", "accept", when)
    story.do("contractor", "assign", when, people=[{"id": "3", "name": "小李"}])
    return story.do("engineer", "arrive", when)


def reported(when: str = "2026-03-10 10:00", **result: object) -> Story:
    story = on_site(when).do("engineer", "talk", when, entry__said="晚上八点后打不开网页")
    story.do("engineer", "test", when, entry__measure="rsrp", entry__value=-112)
    return story.do("engineer", "report", when, **{**REPORT, **result})


def test_s17_1_1_s08_1_2_every_channel_gets_a_case_with_what_is_needed() -> None:
    for channel in ENGINE.rulebook.facts["channel"].choices:
        assert filed(by="desk", channel=channel).case.state == "registered"
    story = Story(ENGINE)
    story.refused("complainant", "file", "2026-03-10 09:00", "S08 1.2", trouble="other", details="x")
    story.refused("complainant", "file", "2026-03-10 09:00", "S08 1.2", **COMPLAINT, place__position="幸福路")


def test_s04_2_1_the_hotline_desk_files_for_the_caller() -> None:
    story = Story(ENGINE).do(
        "desk", "file", "2026-03-10 09:00", **COMPLAINT, channel="hotline", customer__name="王女士"
    )
    assert story.events[0].role == "desk"
    assert ENGINE.rulebook.roles["complainant"].named == "customer.name"


def test_s04_2_2_first_answer_within_24_hours_across_midnight_and_weekend() -> None:
    story = filed("2026-03-13 20:00")  # a Friday evening
    assert story.duty("first_answer", "2026-03-13 20:00").due == at("2026-03-14 20:00")
    assert story.duty("first_answer", "2026-03-14 20:00").status == DutyStatus.OPEN
    assert story.duty("first_answer", "2026-03-14 20:00:01").status == DutyStatus.LATE
    story.do("desk", "respond", "2026-03-14 20:00", answer__text="已在核实")
    assert story.duty("first_answer", "2026-03-15 09:00").status == DutyStatus.MET


def test_s08_2_1_nothing_is_graded_or_refused_unverified() -> None:
    filed().refused("desk", "grade", "2026-03-10 09:10", "S08 2.1")
    filed().refused("desk", "refuse", "2026-03-10 09:10", "S08 2.1", refusal__kind="false", refusal__reason="x")


@pytest.mark.parametrize("kind", ["malicious", "false"])
def test_s17_2_1_malicious_and_false_ones_are_refused_with_a_reason_and_the_way_to_appeal(kind: str) -> None:
    story = filed().do("desk", "verify", "2026-03-10 09:10", entry__how="records", entry__found="无此号码")
    story.refused("desk", "refuse", "2026-03-10 09:20", "S17 2.1", refusal__kind=kind)
    story.do("desk", "refuse", "2026-03-10 09:20", refusal__kind=kind, refusal__reason="号码不存在")
    notice = ENGINE.rulebook.actions["refuse"].notice
    assert notice
    assert notice.remedies
    assert "申诉" in notice.remedies.zh
    assert story.duty("first_answer", "2026-03-10 10:00").status == DutyStatus.MET


@pytest.mark.parametrize(("mark", "n"), [(m, n) for n, m in enumerate(LEVEL1)])
def test_s16_7_1_1_any_of_these_is_level_1_and_the_reason_is_kept(mark: str, n: int) -> None:
    facts = graded(**{mark: True, "billing": True}).case.facts
    assert (facts["level"], facts["urgency"]) == ("level1", "extra_urgent")
    assert f"7.1.1({'abcdefg'[n]})" in facts["level_reason"]
    assert "7.1.2(d)" in facts["level_reason"]


@pytest.mark.parametrize(("mark", "n"), [(m, n) for n, m in enumerate(LEVEL2)])
def test_s16_7_1_2_any_of_these_is_level_2(mark: str, n: int) -> None:
    facts = graded(**{mark: True}).case.facts
    assert (facts["level"], facts["urgency"]) == ("level2", "urgent")
    assert facts["level_reason"].startswith(f"7.1.2({'abcd'[n]})")


def test_s16_7_1_3_the_rest_is_level_3() -> None:
    facts = graded().case.facts
    assert (facts["level"], facts["urgency"]) == ("level3", "ordinary")
    assert facts["level_reason"].startswith("7.1.3")


def test_s16_7_grading_again_needs_a_reason_and_moves_the_final_reply() -> None:
    story = dispatched()
    assert story.duty("reply3", "2026-03-10 10:00").due == at("2026-03-11 10:00")
    story.refused("desk", "regrade", "2026-03-10 11:00", "7.1.3", marks__media=True)
    story.do("desk", "regrade", "2026-03-10 11:00", reason="已见报", marks__media=True)
    assert story.duty("reply1", "2026-03-10 11:00").due == at("2026-03-10 20:00")
    assert "reply3" not in [d.deadline for d in ENGINE.duties(story.case, at("2026-03-10 11:00"))]


def test_s03_2_1_acceptance_within_two_hours_to_the_second() -> None:
    story = dispatched("2026-03-10 23:00")  # across midnight
    assert story.duty("accept", "2026-03-10 23:00").due == at("2026-03-11 01:00")
    in_time = dispatched("2026-03-10 23:00").do("contractor", "accept", "2026-03-11 01:00")
    assert in_time.duty("accept", "2026-03-11 02:00").status == DutyStatus.MET
    late = dispatched("2026-03-10 23:00").do("contractor", "accept", "2026-03-11 01:00:01")
    assert late.duty("accept", "2026-03-11 02:00").status == DutyStatus.MET_LATE


@pytest.mark.parametrize(("mark", "name", "due"), [
    ("vip", "reply1", "2026-10-01 09:00"), ("premium", "reply2", "2026-10-01 14:00"), ("", "reply3", "2026-10-01 23:00"),
])  # fmt: skip
def test_s03_2_1_final_reply_10_15_24_hours_also_into_national_day(mark: str, name: str, due: str) -> None:
    story = dispatched("2026-09-30 23:00", **({mark: True} if mark else {}))
    assert story.duty(name, "2026-09-30 23:00").due == at(due)
    assert story.duty(name, due).status == DutyStatus.OPEN
    assert story.duty(name, f"{due}:01").status == DutyStatus.LATE


def test_s03_2_3_fault_analysis_in_3_working_days_across_national_day() -> None:
    story = reported("2026-09-30 10:00")
    assert story.case.facts["suspected_fault"] is True
    due = story.duty("analysis", "2026-09-30 10:00").due
    assert due.astimezone(at("2026-10-10 00:00").tzinfo).date().isoformat() == "2026-10-10"  # a make-up Saturday
    story.do("contractor", "analyse", "2026-10-10 23:59", **ANALYSIS)
    assert story.duty("analysis", "2026-10-12 09:00").status == DutyStatus.MET


@pytest.mark.parametrize(("kind", "suspected"), [
    ("fault", True), ("test_normal", True), ("recovered", True), ("handset", False), ("coverage", False),
])  # fmt: skip
def test_s03_2_3_what_counts_as_suspected_fault(kind: str, suspected: bool) -> None:
    story = reported(result__kind=kind)
    assert story.case.facts["suspected_fault"] is suspected
    assert ("analysis" in [d.deadline for d in ENGINE.duties(story.case, at("2026-03-10 12:00"))]) is suspected


def test_s03_2_3_no_closing_without_the_analysis_and_rates_are_rates() -> None:
    story = reported().refused(
        "contractor", "analyse", "2026-03-10 11:00", "S03 2.3", **{**ANALYSIS, "analysis.voice_setup": 1001}
    )
    story.do("desk", "offer", "2026-03-10 12:00", offer__kind="repair", offer__text="已修复")
    story.do("complainant", "agree", "2026-03-10 13:00").do(
        "desk", "conclude", "2026-03-10 14:00", conclusion__text="已修复"
    )
    story.do("desk", "call_back", "2026-03-11 09:00", entry__reached=True)
    story.refused("desk", "close", "2026-03-11 10:00", "S03 2.3")
    story.do("contractor", "analyse", "2026-03-11 11:00", **ANALYSIS).do("desk", "close", "2026-03-11 12:00")


def test_s16_nothing_pauses_the_clocks() -> None:
    assert not [n for n, a in ENGINE.rulebook.actions.items() if a.stays or a.extends]


def test_s16_4_1_to_4_5_from_the_contractors_desk_to_the_engineer_on_site() -> None:
    story = dispatched().refused("engineer", "arrive", "2026-03-10 10:10", "4.5")
    story.do("contractor", "accept", "2026-03-10 10:20")
    story.refused(
        "contractor", "assign", "2026-03-10 10:30", "4.4", people=[{"id": "3", "name": "甲"}, {"id": "4", "name": "乙"}]
    )
    story.do("contractor", "assign", "2026-03-10 10:30", people=[{"id": "3", "name": "甲"}], place__area="城北")
    story.do("contractor", "assign", "2026-03-10 10:40", people=[{"id": "4", "name": "乙"}])
    assert [p["name"] for p in story.case.assigned["engineer"]] == ["乙"]
    story.do("contractor", "track", "2026-03-10 10:50", entry__what="在途")
    story.refused("engineer", "arrive", "2026-03-10 11:00", "4.5", arrival__position="22.5,113.1")
    story.do("engineer", "arrive", "2026-03-10 11:00", arrival__position="22.5,113.1", arrival__consent=True)
    assert story.case.state == "on_site"


def test_s16_4_5_readings_carry_their_limits() -> None:
    story = on_site()
    for measure, value, limit, within in (
        ("rsrp", -105, -105, True), ("rsrp", -106, -105, False), ("sinr", -1, 0, False), ("download", 5000, 5000, True),
        ("upload", 999, 1000, False), ("setup", 950, 950, True), ("drop", 20, 20, True), ("drop", 21, 20, False),
    ):  # fmt: skip
        story.do("engineer", "test", "2026-03-10 11:00", entry__measure=measure, entry__value=value)
        got = story.case.facts["readings"][-1]
        assert (got["limit"], got["within"]) == (limit, within), measure


def test_s19_2_1_the_customer_is_talked_with_and_leaders_reports_go_first() -> None:
    assert filed(by="desk", reported_by="leader").case.facts["first"] is True
    assert filed(by="desk", reported_by="customer").case.facts["first"] is False
    story = on_site().do("engineer", "test", "2026-03-10 11:00", entry__measure="rsrp", entry__value=-100)
    story.refused("engineer", "report", "2026-03-10 11:10", "S19 2.1(2)", **REPORT)


def test_s03_1_5_no_promise_without_the_operators_consent() -> None:
    story = on_site().refused(
        "engineer", "talk", "2026-03-10 11:00", "S03 1.5", entry__said="慢", entry__promise="明天修好"
    )
    story.do(
        "engineer", "talk", "2026-03-10 11:00", entry__said="慢", entry__promise="明天修好", entry__approved_by="陈主管"
    )


def test_s16_4_5_handing_back_asks_for_site_tests_and_signature() -> None:
    story = on_site().do("engineer", "talk", "2026-03-10 11:00", entry__said="慢")
    story.refused("engineer", "report", "2026-03-10 11:10", "S03 2.3", **REPORT)
    story.do("engineer", "test", "2026-03-10 11:00", entry__measure="rsrp", entry__value=-100)
    unsigned = {k: v for k, v in REPORT.items() if k != "result.signature"}
    story.refused("engineer", "report", "2026-03-10 11:10", "4.5", **unsigned)
    story.do("engineer", "report", "2026-03-10 11:10", **unsigned, result__unsigned_because="客户不在场")
    phone = (
        dispatched()
        .do("contractor", "accept", "2026-03-10 10:10")
        .do("contractor", "assign", "2026-03-10 10:10", people=[{"id": "3", "name": "甲"}])
    )
    phone.do("engineer", "talk", "2026-03-10 10:20", entry__said="飞行模式")
    phone.refused("engineer", "report", "2026-03-10 10:30", "4.5", **REPORT)
    phone.do("engineer", "report", "2026-03-10 10:30", **{**unsigned, "result.kind": "by_phone"})


def test_s08_3_1_reassignment_restarts_acceptance_but_not_the_final_reply() -> None:
    story = dispatched("2026-03-10 10:00")
    other = {"id": "8", "name": "远景维护"}
    story.refused("dispatcher", "redispatch", "2026-03-10 11:00", "S08 3.1", organisation=other)
    story.do("contractor", "assign", "2026-03-10 10:30", people=[{"id": "3", "name": "甲"}])
    story.do("dispatcher", "redispatch", "2026-03-10 11:00", reason="力量不足", organisation=other)
    assert story.case.assigned["contractor"] == (other,)
    assert "engineer" not in story.case.assigned
    assert story.duty("accept_again", "2026-03-10 11:00").due == at("2026-03-10 13:00")
    assert story.duty("reply3", "2026-03-10 11:00").due == at("2026-03-11 10:00")
    story.do("contractor", "return_ticket", "2026-03-10 11:30", reason="不属本公司片区")
    assert story.case.state == "graded"
    assert "contractor" not in story.case.assigned
    assert story.duty("dispatch_again", "2026-03-10 11:30").due == at("2026-03-10 12:30")


def test_s04_3_3_3_4_4_1_a_solution_is_agreed_to_or_evaluated_again() -> None:
    story = reported().refused("desk", "offer", "2026-03-10 12:00", "S04 3.3", offer__kind="refund", offer__text="退还")
    story.do("desk", "offer", "2026-03-10 12:00", offer__kind="refund", offer__text="退还当月费用", offer__amount=5000)
    story.refused("desk", "conclude", "2026-03-10 13:00", "S04 3.4", conclusion__text="x")
    story.do("complainant", "decline", "2026-03-10 13:00", customer__answer="太少")
    assert story.duty("reevaluate", "2026-03-10 13:00").status == DutyStatus.OPEN
    story.do(
        "desk", "offer", "2026-03-11 09:00", offer__kind="compensation", offer__text="再补偿流量", offer__amount=8000
    )
    assert story.duty("reevaluate", "2026-03-11 10:00").status == DutyStatus.MET
    story.do("complainant", "agree", "2026-03-11 10:00").do(
        "desk", "conclude", "2026-03-11 11:00", conclusion__text="补偿到账"
    )


def concluded() -> Story:
    story = reported(result__kind="handset")
    story.do("desk", "offer", "2026-03-10 12:00", offer__kind="explanation", offer__text="手机故障")
    return story.do("complainant", "agree", "2026-03-10 13:00").do(
        "desk", "conclude", "2026-03-10 14:00", conclusion__text="系手机故障"
    )


def test_s17_2_3_2_5_3_2_result_call_back_and_one_survey() -> None:
    story = concluded().refused("desk", "close", "2026-03-10 15:00", "S17 2.3")
    story.do("desk", "call_back", "2026-03-11 09:00", entry__reached=True, entry__satisfied=True)
    assert story.duty("call_back", "2026-03-11 10:00").status == DutyStatus.MET
    story.do("complainant", "survey", "2026-03-11 10:00", satisfaction="good")
    story.refused("complainant", "survey", "2026-03-11 11:00", "S17 3.2", satisfaction="bad")
    notice = ENGINE.rulebook.actions["conclude"].notice
    assert notice
    assert notice.remedies
    assert "申诉" in notice.remedies.zh


def test_s04_3_4_reopened_within_30_days_it_is_dispatched_again_on_a_new_clock() -> None:
    story = (
        concluded()
        .do("desk", "call_back", "2026-03-11 09:00", entry__reached=True)
        .do("desk", "close", "2026-03-11 10:00")
    )
    story.refused("desk", "archive", "2026-03-20 09:00", "S04 5.1")
    story.do("complainant", "reopen", "2026-04-09 23:59", reopening="又慢了")
    assert story.duty("reply3", "2026-04-09 23:59").due == at("2026-04-10 23:59")
    assert story.duty("dispatch_reopened", "2026-04-09 23:59").due == at("2026-04-10 00:59")
    late = concluded().refused("complainant", "reopen", "2026-04-10 00:00", "S04 3.4", reopening="又慢了")
    assert late.case.state == "notified"


def test_s17_4_2_an_appeal_opens_a_case_of_the_independent_channel_once() -> None:
    story = concluded().do(
        "complainant", "appeal", "2026-03-12 09:00", appeal__statement="不是手机", appeal__requested="复测"
    )
    opens = story.events[-1].opens
    assert opens is not None
    assert opens["rulebook"] == "telecom/appeal"
    assert opens["facts"] == {"appeal.statement": "不是手机", "appeal.requested": "复测"}
    story.refused("complainant", "appeal", "2026-03-13 09:00", "S17 4.2", appeal__statement="x", appeal__requested="x")


def test_s08_3_3_who_is_told_of_a_late_ticket_and_in_which_order() -> None:
    accept, book = ENGINE.rulebook.deadlines["accept"], ENGINE.rulebook
    assert [book.actions[a.does].tells for a in accept.alerts] == [
        ("contractor",),
        ("contractor", "dispatcher"),
        ("branch_manager",),
    ]
    coming = dispatched("2026-03-10 10:00", vip=True).duty("accept", "2026-03-10 10:00").alert
    assert coming
    assert (coming.action, coming.at) == ("warn", at("2026-03-10 11:30"))


def test_s08_3_3_special_handling_once_the_manager_is_told() -> None:
    story = dispatched("2026-03-10 10:00").do("timer", "overdue_manager", "2026-03-10 14:00", reason="签收超时")
    assert story.duty("special", "2026-03-10 14:00").owner == "branch_manager"
    story.do("branch_manager", "intervene", "2026-03-10 15:00", entry__measure="约谈", entry__responsible="陈主管")
    assert story.duty("special", "2026-03-10 16:00").status == DutyStatus.MET


def test_s16_6_quiet_hours_hold_for_the_manager_but_not_at_level_1() -> None:
    def told(when: str, role: str, **marks: object) -> str:
        story = dispatched("2026-03-09 10:00", **marks)
        return f"{ENGINE.told_at(story.case, role, at(when)).astimezone(at(when).tzinfo):%m-%d %H:%M}"

    assert told("2026-03-13 21:59", "branch_manager") == "03-13 21:59"
    assert told("2026-03-13 22:00", "branch_manager") == "03-16 07:00"  # Friday night: Monday morning
    assert told("2026-03-13 22:00", "branch_manager", vip=True) == "03-13 22:00"
    assert told("2026-09-30 23:00", "branch_manager") == "10-08 07:00"  # National Day
    assert told("2026-03-13 23:00", "engineer") == "03-14 07:00"  # works on Saturdays
    assert told("2026-03-13 20:59", "complainant", vip=True) == "03-13 20:59"
    assert told("2026-03-13 21:00", "complainant", vip=True) == "03-14 08:00"
    assert told("2026-03-14 03:00", "contractor") == "03-14 03:00"


def test_s04_2_1_s16_4_3_progress_is_noted_at_every_stage() -> None:
    for story in (graded(), dispatched(), on_site(), reported()):
        story.do("desk", "track", "2026-03-10 18:00", entry__what="已催办", entry__tell_customer=True)


def test_s04_5_1_result_recorded_and_case_archived_after_the_time_to_reopen() -> None:
    story = (
        concluded()
        .do("desk", "call_back", "2026-03-11 09:00", entry__reached=False)
        .do("desk", "close", "2026-03-11 10:00")
    )
    story.do("desk", "archive", "2026-04-10 09:00")
    assert story.case.state == "archived"
