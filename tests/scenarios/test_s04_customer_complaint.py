"""S04 with S08, S11, S17: a customer's complaint that is not about the network, by clause."""

from __future__ import annotations

from pathlib import Path

import pytest

from mingduan.procedure.case import DutyStatus
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import load
from mingduan.procedure.period import TZ

from .story import Story, at

BOOKS = Path(__file__).resolve().parents[2] / "rulebooks" / "telecom"
ENGINE, APPEAL = Engine(load(BOOKS / "complaint.yaml")), Engine(load(BOOKS / "appeal.yaml"))
COMPLAINT = {"about": "billing", "details": "多扣月租", "customer.phone": "13800000000"}


def filed(when: str = "2026-03-10 09:00", by: str = "complainant", **facts: object) -> Story:
    return Story(ENGINE).do(by, "file", when, **{**COMPLAINT, **facts})


def graded(when: str = "2026-03-10 09:30", **facts: object) -> Story:
    story = filed(when).do("desk", "verify", when, entry__how="records", entry__found="确有扣费")
    return story.do("desk", "grade", when, **{"class": "service", **facts})


def handled(when: str = "2026-03-10 10:00") -> Story:
    story = graded(when).do("desk", "assign", when, department="计费部")
    story.do("handler", "investigate", when, entry__how="records", entry__found="套餐未及时变更")
    return story.do("handler", "conclude_inquiry", when, finding="系统延迟", at_fault=True)


def notified(when: str = "2026-03-10 10:00") -> Story:
    story = handled(when).do("desk", "offer", when, offer__kind="refund", offer__text="退还", offer__amount=2000)
    return story.do("complainant", "agree", when).do("desk", "conclude", when, conclusion__text="已退还")


@pytest.mark.parametrize("channel", ["web", "hotline", "sms", "email", "visit", "file", "api"])
def test_s08_1_1_s11_1_every_channel_is_taken(channel: str) -> None:
    assert filed(by="desk", channel=channel).case.state == "registered"


def test_s04_3_1_contact_and_content_are_needed() -> None:
    story = Story(ENGINE).attempt("complainant", "file", "2026-03-10 09:00", about="billing", details="x")
    assert story.refusal is not None
    assert [(r.text.zh, r.clause) for r in story.refusal.reasons] == [("没有联系电话", "S17 4.1")]


def test_s04_2_2_an_answer_within_24_hours_over_national_day() -> None:
    story = filed("2026-09-30 18:00")
    assert story.duty("first_answer", "2026-09-30 18:00").due == at("2026-10-01 18:00")
    story.do("desk", "respond", "2026-10-01 18:00:01", answer__text="在查")
    assert story.duty("first_answer", "2026-10-02 09:00").status == DutyStatus.MET_LATE


@pytest.mark.parametrize(("facts", "level"), [
    ({}, "minor"), ({"class": "billing"}, "general"), ({"class": "fraud"}, "general"), ({"marks.repeated": True}, "general"),
    ({"marks.urgent": True}, "general"), ({"amount": 9_999}, "minor"), ({"amount": 10_000}, "general"), ({"amount": 499_999}, "general"),
    ({"amount": 500_000}, "major"), ({"marks.media": True}, "major"), ({"marks.authority": True}, "major"),
    ({"marks.security": True}, "major"), ({"marks.many": True}, "major"),
])  # fmt: skip
def test_s08_2_2_the_level_comes_from_the_facts_and_its_reason_is_kept(facts: dict[str, object], level: str) -> None:
    got = graded(**facts).case.facts
    assert got["level"] == level
    assert got["level_reason"]


@pytest.mark.parametrize(("facts", "name", "day"), [
    ({"marks.media": True}, "handle_major", "2026-10-08"), ({"class": "billing"}, "handle_general", "2026-10-12"), ({}, "handle_minor", "2026-10-14"),
])  # fmt: skip
def test_s17_3_1_time_by_level_in_working_days(facts: dict[str, object], name: str, day: str) -> None:
    story = graded("2026-09-29 10:00", **facts)
    assert story.duty(name, "2026-09-29 10:00").due.astimezone(TZ).date().isoformat() == day


def test_s17_1_2_sorted_in_time_and_the_desk_is_told_when_not() -> None:
    story = filed("2026-03-10 22:00")
    duty = story.duty("grading", "2026-03-10 22:00")
    assert duty.due == at("2026-03-11 02:00")
    assert duty.alert is not None
    assert duty.alert.action == "overdue"


def test_s17_2_1_refused_with_reason_only_when_verified() -> None:
    story = filed().refused(
        "desk", "refuse", "2026-03-10 10:00", "S08 2.1", refusal__kind="malicious", refusal__reason="x"
    )
    story.do("desk", "verify", "2026-03-10 10:00", entry__how="callback", entry__found="本人否认")
    story.do("desk", "refuse", "2026-03-10 10:30", refusal__kind="malicious", refusal__reason="非本人所为")


def test_s08_2_2_trouble_with_the_network_becomes_a_network_complaint() -> None:
    story = filed(about="network").do(
        "desk", "refer_network", "2026-03-10 09:30", trouble="no_signal", place__address="幸福路8号"
    )
    opens = story.events[-1].opens
    assert opens is not None
    assert (opens["rulebook"], opens["action"]) == ("telecom/network-complaint", "file")
    assert {"trouble", "details", "place.address", "customer.phone"} <= set(opens["facts"])


def test_s04_3_2_4_1_material_is_asked_for_and_added() -> None:
    story = graded().do("desk", "ask_material", "2026-03-10 10:00", material_wanted="账单截图")
    story.do("complainant", "add_material", "2026-03-10 11:00", material_text="三月账单")


def test_s17_2_2_no_conclusion_without_an_inquiry() -> None:
    story = graded().do("desk", "assign", "2026-03-10 10:00", department="计费部")
    story.refused("handler", "conclude_inquiry", "2026-03-10 11:00", "S17 2.2", finding="x", at_fault=False)


def test_s04_3_3_3_4_offered_declined_and_evaluated_again() -> None:
    story = handled().refused("desk", "offer", "2026-03-10 11:00", "3.3", offer__kind="refund", offer__text="退")
    story.do("desk", "offer", "2026-03-10 11:00", offer__kind="refund", offer__text="退", offer__amount=100)
    story.refused("desk", "conclude", "2026-03-10 12:00", "3.4", conclusion__text="x")
    story.do("complainant", "decline", "2026-03-10 12:00", customer__answer="太少")
    assert story.duty("reevaluate", "2026-03-10 12:00").due.astimezone(TZ).date().isoformat() == "2026-03-12"
    story.do("desk", "offer", "2026-03-11 11:00", offer__kind="compensation", offer__text="补", offer__amount=200)
    story.do("desk", "conclude", "2026-03-12 12:00", conclusion__text="最后答复")


def test_s04_5_1_progress_is_told_while_it_lasts() -> None:
    story = graded().do("desk", "assign", "2026-03-10 10:00", department="计费部")
    assert story.duty("tell_progress", "2026-03-10 10:00").due.astimezone(TZ).date().isoformat() == "2026-03-13"
    story.do("handler", "tell_progress", "2026-03-12 10:00", entry__what="正在核对账单")
    assert story.duty("tell_progress", "2026-03-14 10:00").status == DutyStatus.MET


def test_s17_3_2_s08_4_1_survey_and_improvement_where_the_customer_is_not_content() -> None:
    story = notified().do("desk", "call_back", "2026-03-11 09:00", entry__reached=True, entry__satisfied=False)
    story.do("complainant", "survey", "2026-03-11 10:00", satisfaction="bad")
    assert story.duty("improve", "2026-03-11 10:00").status == DutyStatus.OPEN
    story.do("handler", "improve", "2026-03-12 10:00", improvement="缩短同步间隔").do(
        "desk", "close", "2026-03-12 11:00"
    )
    assert story.duty("improve", "2026-03-13 10:00").status == DutyStatus.MET


def test_s17_4_1_the_customers_data_can_be_told_apart() -> None:
    assert ENGINE.rulebook.facts["customer.phone"].clause == "S17 4.1"


def test_s17_4_2_the_appeal_is_reviewed_by_somebody_who_took_no_part() -> None:
    opens = (
        notified()
        .do("complainant", "appeal", "2026-03-12 09:00", appeal__statement="少退", appeal__requested="补足")
        .events[-1]
        .opens
    )
    assert opens is not None
    story = Story(APPEAL).do("complainant", "file", "2026-03-12 09:00", **opens["facts"])
    story.refused("reviewer", "take_up", "2026-03-12 10:00", "4.2", took_part=True)
    story.do("reviewer", "take_up", "2026-03-12 10:00", took_part=False)
    story.refused("reviewer", "decide", "2026-03-13 10:00", "4.2", outcome="upheld", inquiry="x", reasons="x")
    story.do(
        "reviewer", "decide", "2026-03-13 10:00", outcome="upheld", inquiry="少退", reasons="计算有误", remedy="补退"
    )
    assert story.duty("review", "2026-03-14 10:00").status == DutyStatus.MET
    notice = APPEAL.rulebook.actions["decide"].notice
    assert notice
    assert notice.remedies
