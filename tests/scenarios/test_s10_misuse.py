"""S10 2.2 and 4.3, misuse: anyone reports, the centre proposes, the committee decides."""

from __future__ import annotations

from .scheme import CERTIFICATE, engine
from .story import Story

FACTS = {"certificate__number": "2026ZH0001JR0", "ground": "unreported_change", "reasons": "未申请变更仍使用"}


def handling() -> Story:
    story = Story(engine("misuse"), CERTIFICATE).do("centre", "open", "2027-01-04 09:00", **FACTS)
    return story.do("holder", "answer", "2027-01-05 09:00", entry__text="说明")


def test_s10_2_2_anyone_may_report_a_certificate_or_an_enterprise() -> None:
    report = {"report__what": "超范围", "report__where": "投标文件"}
    story = Story(engine("misuse"))
    story.refused("reporter", "report", "2027-01-04 09:00", "2.2", **report)
    story.do("reporter", "report", "2027-01-04 09:00", report__holder="恒通", **report)
    assert story.duty("inquire", "2027-01-04 10:00").owner == "centre"


def test_s10_2_2_and_2_3_the_centre_proposes_and_the_committee_decides() -> None:
    story = handling()
    story.refused("committee", "propose", "2027-01-06 09:00", "2.2", measure="warn", proposal="改正")
    story.do("centre", "propose", "2027-01-06 09:00", measure="warn", proposal="改正")
    story.refused("centre", "decide", "2027-01-07 09:00", "2.3", measure="warn", reasoning="同意")
    story.do("committee", "decide", "2027-01-07 09:00", measure="warn", reasoning="同意")
    story.do("holder", "put_right", "2027-01-08 09:00", putting_right="已停止使用")


def test_s10_4_3_only_what_the_committee_decided_is_referred() -> None:
    story = handling().do("centre", "propose", "2027-01-06 09:00", measure="withdraw", proposal="撤销")
    story.do("committee", "decide", "2027-01-07 09:00", measure="suspend", reasoning="从轻")
    story.refused("centre", "refer_withdrawal", "2027-01-08 09:00", "2.3").do(
        "centre", "refer_suspension", "2027-01-08 09:00"
    )
    opened = story.events[-1].opens
    assert opened is not None
    assert opened["rulebook"] == "cace/suspension"


def test_s10_4_3_a_certificate_no_longer_in_force_is_not_taken_up() -> None:
    story = Story(engine("misuse"), {**CERTIFICATE, "certificate.status": "withdrawn"})
    story.refused("centre", "open", "2027-01-04 09:00", "4.3", **FACTS)


def test_s10_4_3_what_was_decided_is_carried_out_before_the_case_is_archived() -> None:
    story = handling().do("centre", "propose", "2027-01-06 09:00", measure="suspend", proposal="暂停")
    story.do("committee", "decide", "2027-01-07 09:00", measure="suspend", reasoning="同意")
    story.refused("centre", "archive", "2027-01-08 09:00", "2.3").do("centre", "refer_suspension", "2027-01-08 10:00")
    story.do("centre", "archive", "2027-01-08 11:00")


def test_s10_2_3_whoever_was_told_to_put_it_right_is_given_the_time() -> None:
    story = handling().do("centre", "propose", "2027-01-06 09:00", measure="warn", proposal="改正")
    story.do("committee", "decide", "2027-01-07 09:00", measure="warn", reasoning="同意")
    story.refused("centre", "archive", "2027-01-08 09:00", "2.3")
    story.do("holder", "put_right", "2027-01-08 10:00", putting_right="已停止使用").do(
        "centre", "archive", "2027-01-08 11:00"
    )


def test_s10_4_3_a_certificate_used_after_its_end_is_founded_and_the_reporter_told_so() -> None:
    report = {"report__what": "撤销后仍使用", "report__where": "投标文件", "report__holder": "恒通"}
    story = Story(engine("misuse")).do("reporter", "report", "2027-01-04 09:00", **report)
    story.do("centre", "close_outside", "2027-01-05 09:00", inquiry__result="属实").do(
        "centre", "archive", "2027-01-06 09:00"
    )
    assert story.engine.rulebook.actions["close_outside"].tells == ("reporter",)
