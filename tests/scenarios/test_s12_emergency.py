"""S12: the emergency plan, its activation, drills and revision, by clause."""

from __future__ import annotations

from pathlib import Path

from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load
from mingduan.procedure.period import TZ

from .story import Story, at

ENGINE = Engine(load(Path(__file__).resolve().parents[2] / "rulebooks" / "telecom" / "emergency.yaml"))
PLAN = {"plan.title": "投诉应急预案 2026版", "plan.text": [{"name": "预案.pdf", "sha256": "0" * 64}]}
EVENT = {"event.what": "光缆中断", "event.area": "城北", "event.complaints": 120, "event.major": True}


def in_force() -> Story:
    story = Story(ENGINE).do("team", "draft_plan", "2026-03-10 09:00", **PLAN)
    story.refused("command", "approve_plan", "2026-03-10 10:00", "3.2")
    for post in ("command", "department", "service", "technical"):
        story.do("team", "enrol", "2026-03-10 10:00", entry__name=post, entry__post=post, entry__phone="1")
    story.refused("command", "approve_plan", "2026-03-10 10:30", "5.2(1)")
    story.do(
        "team",
        "stock",
        "2026-03-10 11:00",
        entry__kind="communication",
        entry__what="卫星电话2部",
        entry__where="值班室",
    )
    return story.do("command", "approve_plan", "2026-03-10 12:00")


def active() -> Story:
    return Story(ENGINE).do("desk", "activate", "2026-10-01 23:40", **EVENT)


def test_s12_3_5_a_plan_in_force_has_its_posts_and_means() -> None:
    assert in_force().case.state == "plan_in_force"


def test_s12_7_1_the_plan_is_reviewed_every_year_and_its_next_edition_is_a_case_of_its_own() -> None:
    story = in_force()
    assert story.duty("review", "2026-03-11 09:00").due.astimezone(TZ).date().isoformat() == "2027-03-10"
    story.do("team", "revise_plan", "2027-03-01 09:00", **PLAN, plan__changes="增补通讯录")
    assert story.duty("review", "2027-03-02 09:00").status == DutyStatus.MET
    opens = story.events[-1].opens
    assert opens is not None
    assert opens["action"] == "draft_plan"


def test_s12_7_1_the_plan_stays_in_force_until_its_next_edition_is_approved_and_that_has_its_time() -> None:
    story = in_force().do("team", "revise_plan", "2027-03-01 09:00", **PLAN, plan__changes="增补通讯录")
    assert story.case.state == "plan_in_force"
    opens = story.events[-1].opens
    assert opens is not None
    assert opens["takes_over"] == {"state": "plan_in_force", "records": ["roster", "resources"]}
    edition = Story(ENGINE).do("command", "draft_plan", "2027-03-01 09:00", **PLAN)
    assert edition.duty("approval", "2027-03-02 09:00").due.astimezone(TZ).date().isoformat() == "2027-03-15"
    story.do("timer", "replaced", "2027-03-10 09:00", reason="新版批准").do("team", "archive", "2027-03-11 09:00")


def test_s12_3_2_nobody_is_taken_off_the_roster_of_a_plan_in_force_who_alone_holds_a_post() -> None:
    story = in_force()
    service = next(r["seq"] for r in story.case.facts["roster"] if r["post"] == "service")
    story.refused("team", "release", "2026-04-01 09:00", "3.2", entry=service, entry__left="调离")
    story.do("team", "enrol", "2026-04-01 09:10", entry__name="新人", entry__post="service", entry__phone="2")
    story.do("team", "release", "2026-04-01 09:20", entry=service, entry__left="调离")
    story.refused("team", "release", "2026-04-01 09:30", "7.1", entry=service, entry__left="再移")


def test_s12_3_2_a_plan_whose_only_member_of_a_post_left_is_not_approved() -> None:
    story = Story(ENGINE).do("team", "draft_plan", "2026-03-10 09:00", **PLAN)
    for post in ("command", "department", "service", "technical"):
        story.do("team", "enrol", "2026-03-10 10:00", entry__name=post, entry__post=post, entry__phone="1")
    story.do(
        "team", "stock", "2026-03-10 11:00", entry__kind="communication", entry__what="对讲机", entry__where="值班室"
    )
    story.do("team", "release", "2026-03-10 11:30", entry=story.case.facts["roster"][0]["seq"], entry__left="调离")
    story.refused("command", "approve_plan", "2026-03-10 12:00", "3.2")


def test_s12_6_1_drills_are_held_regularly() -> None:
    story = in_force()
    assert story.duty("drill", "2026-03-11 09:00").due.astimezone(TZ).date().isoformat() == "2026-09-10"
    story.do("team", "hold_drill", "2026-09-01 09:00", drill__scenario="断网", drill__on="2026-09-05")
    assert story.duty("drill_again", "2026-09-02 09:00").status == DutyStatus.OPEN


def test_s12_7_2_only_a_major_event_activates_it() -> None:
    Story(ENGINE).refused("desk", "activate", "2026-03-10 09:00", "7.2", **{**EVENT, "event.major": False})


def test_s12_4_2_judged_within_half_an_hour_across_midnight_in_the_holidays() -> None:
    story = active()
    assert story.duty("first_report", "2026-10-01 23:50").due == at("2026-10-02 00:10")
    story.do("desk", "judge", "2026-10-02 00:10", event__kind="outage", departments="网络部、客服部")
    assert story.duty("first_report", "2026-10-02 01:00").status == DutyStatus.MET


def test_s12_4_3_progress_is_reported_again_and_again() -> None:
    story = active().do("team", "muster", "2026-10-02 00:30")
    assert story.duty("progress", "2026-10-02 00:30").due == at("2026-10-02 02:30")
    story.do("team", "report", "2026-10-02 02:00", entry__what="inquiry", entry__text="断点已找到")
    again = story.duty("progress_again", "2026-10-02 02:00")
    assert (again.due, again.status) == (at("2026-10-02 04:00"), DutyStatus.OPEN)
    story.do("team", "report", "2026-10-02 03:30", entry__what="measure", entry__text="开始熔接")
    assert story.duty("progress_again", "2026-10-02 03:30").due == at("2026-10-02 05:30")


def test_s12_3_2_the_team_reports_in_place_once_and_a_second_tap_starts_no_clock_anew() -> None:
    story = active().do("team", "muster", "2026-10-02 00:30")
    story.attempt("team", "muster", "2026-10-02 01:30")
    assert story.refusal is not None
    assert story.duty("progress", "2026-10-02 01:30").due == at("2026-10-02 02:30")


def stood_down() -> Story:
    story = active().refused("command", "stand_down", "2026-10-02 05:00", "4.3(2)")
    story.do("team", "note", "2026-10-02 05:00", entry__what="measure", entry__text="熔接完成")
    story.refused("command", "stand_down", "2026-10-02 05:10", "4.3(3)")
    story.do("desk", "note", "2026-10-02 05:20", entry__what="customers", entry__text="短信告知")
    return story.do("command", "stand_down", "2026-10-02 06:00")


def test_s12_4_4_summed_up_after_the_call_back_and_the_plan_adjusted_before_it_is_filed() -> None:
    story = stood_down()
    told = {"summary": "按预案处置", "shortcomings": "备件不足", "revise": True}
    story.refused("team", "summarise", "2026-10-08 09:00", "4.4(1)", **told)
    story.do("team", "summarise", "2026-10-08 09:00", **told, satisfaction="多数满意")
    story.refused("team", "archive", "2026-10-09 09:00", "7.2")
    story.do("team", "adjust_plan", "2026-10-09 09:00", **PLAN, plan__changes="增加备件")
    story.do("team", "archive", "2026-10-09 10:00")


def test_s12_6_2_6_3_a_drill_covers_all_four_steps_against_its_goals() -> None:
    story = Story(ENGINE).do("team", "plan_drill", "2026-03-10 09:00", drill__scenario="断网", drill__on="2026-03-12")
    for step, minutes, met in (("receive", 5, True), ("judge", 16, False), ("handle", 120, True)):
        story.do("team", "exercise", "2026-03-12 09:00", entry__step=step, entry__minutes=minutes)
        assert story.case.facts["exercises"][-1]["met"] is met
    story.refused("command", "end_drill", "2026-03-12 12:00", "6.2")
    story.do("team", "exercise", "2026-03-12 11:00", entry__step="call_back", entry__minutes=60).do(
        "command", "end_drill", "2026-03-12 12:00"
    )
    story.do("team", "summarise", "2026-03-13 09:00", summary="完成", shortcomings="判断慢", revise=False).do(
        "team", "archive", "2026-03-13 10:00"
    )
    assert story.duty("drill_summary", "2026-03-14 09:00").status == DutyStatus.MET


def test_s12_nobody_is_told_of_a_drill_at_night_but_of_an_event_at_once() -> None:
    drill = Story(ENGINE).do("team", "plan_drill", "2026-03-13 21:00", drill__scenario="断网", drill__on="2026-03-20")
    assert ENGINE.told_at(drill.case, "team", at("2026-03-13 21:00")) == at("2026-03-16 08:30")
    assert ENGINE.told_at(active().case, "team", at("2026-10-01 23:40")) == at("2026-10-01 23:40")
