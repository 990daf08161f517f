"""What a refusal says: what is wrong, and what would be right, from the rulebook's own words and dates."""

from __future__ import annotations

import pytest

from mingduan.procedure.case import Reason, Refusal
from mingduan.procedure.engine import Engine
from tests.scenarios.story import Story
from tests.scenarios.test_s01_appeal import FILING, accepted, filed


def broken(story: Story, rule: str) -> Reason:
    assert isinstance(story.refusal, Refusal), "it was allowed"
    return next(r for r in story.refusal.reasons if r.rule == rule)


def said(story: Story, rule: str) -> tuple[str, str, str, str]:
    found = broken(story, rule)
    assert found.remedy
    return found.text.zh, found.remedy.zh, found.text.en, found.remedy.en


def test_a_meeting_called_too_late_is_told_the_first_lawful_day(appeal: Engine) -> None:
    story = accepted(appeal)
    when = {"meeting__starts_at": "2026-10-09T09:00:00+08:00", "meeting__place": "一号室"}
    story.attempt("centre", "announce_meeting", "2026-09-29 16:00", **when)
    assert said(story, "deadline") == (
        "“通知会议”须比“会议时间”至少提前5个工作日；“会议时间”为2026年10月9日，最迟应于2026年9月24日办理，期限已过",
        "请把“会议时间”改定为2026年10月12日或以后",
        "“Announce the meeting” comes at least 5 working days before “Time of the meeting”; for 9 October 2026 that was due "
        "by 24 September 2026, which is past",
        "Set “Time of the meeting” to 12 October 2026 or later",
    )
    story.do("centre", "announce_meeting", "2026-09-29 17:00", **{**when, "meeting__starts_at": "2026-10-12T09:00:00+08:00"})  # fmt: skip


def test_a_witness_too_late_is_told_so_without_a_date_to_choose(appeal: Engine) -> None:
    story = accepted(appeal).do("centre", "announce_meeting", "2026-09-29 16:00", meeting__starts_at="2026-10-12T09:00:00+08:00", meeting__place="一号室")  # fmt: skip
    story.attempt("appellant", "name_witness", "2026-10-10 09:00", entry__name="王", entry__address="某路")  # fmt: skip
    reason = broken(story, "deadline")
    assert reason.text.zh.endswith("最迟应于2026年10月8日办理，期限已过")
    assert reason.remedy is None


@pytest.mark.parametrize(
    ("without", "text", "remedy"),
    [
        ("decision.notified_on", "缺少“收到决定通知之日”", "请按“年-月-日”填写，如 2026-09-25"),
        ("statement", "缺少“申诉书正文”", None),
    ],
)
def test_of_what_is_missing_is_told_how_to_give_it_and_never_twice_that_it_is(
    appeal: Engine, without: str, text: str, remedy: str | None
) -> None:
    story = Story(appeal).attempt("appellant", "file", "2026-09-25 09:00", **{**FILING, without.replace(".", "__"): ""})
    reason = broken(story, "input")
    assert (reason.text.zh, reason.remedy.zh if reason.remedy else None) == (text, remedy)


def test_s01_6_2_3_a_meeting_recorded_before_its_time_is_told_when_that_is(appeal: Engine) -> None:
    story = accepted(appeal).do("centre", "announce_meeting", "2026-09-29 16:00", meeting__starts_at="2026-10-12T09:00:00+08:00", meeting__place="一号室")  # fmt: skip
    story.attempt("centre", "hold_meeting", "2026-10-12 08:59", meeting__attendance="双方", meeting__minutes="如期举行")
    assert said(story, "guard")[0] == "会议于2026年10月12日（周一）09:00举行，尚未开始"


def test_s01_6_2_3_a_meeting_too_late_is_told_its_last_day(appeal: Engine) -> None:
    story = accepted(appeal)
    story.attempt("centre", "announce_meeting", "2026-09-29 16:00", meeting__starts_at="2026-12-01T09:00:00+08:00", meeting__place="一号室")  # fmt: skip
    text, remedy, *_ = said(story, "guard")
    last = story.duty("meet", "2026-09-29 16:00").due.strftime("%Y年%-m月%-d日")
    assert (text, remedy) == (f"收到申诉后15个工作日至{last}为止，会议不能更晚", f"会议定在{last}或以前")


def test_an_action_of_another_stage_is_named_whatever_its_name_is(appeal: Engine) -> None:
    story = accepted(appeal).attempt("centre", "refuse", "2026-09-26 09:00", refusal__reason="无据")
    assert said(story, "state")[0] == "案件现为“已受理”，此时不能办理“不予受理”"


@pytest.mark.parametrize("words", ["依\0据", "依\ud800据", "长" * 20_001])
@pytest.mark.parametrize("where", ["reason", "legal_basis"])
def test_words_that_no_database_keeps_are_refused(appeal: Engine, words: str, where: str) -> None:
    story = filed(appeal).attempt("centre", "receive_deposit", "2026-09-25 10:00", payment__amount=500_000, payment__on="2026-09-25", **{where: words})  # fmt: skip
    assert said(story, "input")[0] == ("“理由”填写有误" if where == "reason" else "“法律依据”填写有误")
