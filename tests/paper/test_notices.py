"""A notice as a document: whose it is, to whom, what it says, made once, read by those who may."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from mingduan.cases import catalogue, files
from mingduan.cases.models import Reading
from mingduan.paper.models import Printed
from mingduan.paper.notices import letter, printed

from .conftest import Story
from .test_typeset import text_of


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Any) -> None:
    settings.HOME = tmp_path


def said(story: Story, action: str, role: str, lang: str = "zh") -> str:
    return text_of(files.read(printed(story.notice(action, role), lang).sha256))


def test_s01_6_3_1_the_ruling_names_parties_reasons_outcome_and_where_to_turn(story: Story) -> None:
    story.rule()
    text = said(story, "rule", "respondent")
    for words in (
        "通信网络代维资质评定机构评定中心", "申诉裁定书", "安信认证有限公司（被申诉机构）：", "恒通代维有限公司", "安信〔2026〕7号", "撤销降级决定。",
        "决定所依据的事实不清。", "裁定结果：申诉成立。", "对原决定的处理：撤销。", "救济途径", "2026年10月16日", "S016.3.1", f"{story.case.number}-06",
    ):  # fmt: skip
        assert words in text


def test_s01_6_1_the_receipt_shows_the_money_in_capitals_and_what_is_held(story: Story) -> None:
    story.pay()
    text = said(story, "receive_deposit", "appellant")
    for words in ("申诉保证金收据", "伍仟元整", "¥5,000.00", "PZ1", "申诉保证金"):
        assert words in text


def test_s01_6_2_4_a_meeting_notice_tells_until_when_witnesses_may_be_named(story: Story) -> None:
    story.pay()
    story.do("centre", "centre", "accept", major=False)
    story.announce()
    text = said(story, "announce_meeting", "appellant")
    assert "2026年10月15日（周四）09:30" in text
    assert "月坛南街3号" in text
    assert "提出证人2026年10月12日（周一）24:006.2.4" in text
    assert "提出证人" not in said(story, "announce_meeting", "respondent")


def test_minutes_show_time_place_and_attendance(story: Story) -> None:
    story.hear()
    text = said(story, "hold_meeting", "respondent")
    for words in ("会议纪要", "月坛南街3号", "双方陈述意见。", "与会人员签名"):
        assert words in text


def test_the_english_version_says_the_same_in_english(story: Story) -> None:
    story.rule()
    text = said(story, "rule", "appellant", "en")
    for words in ("Rulingontheappeal", "Outcome:Upheld", "Whereyoumayturn", "16October2026"):
        assert words in text


@pytest.mark.parametrize(
    ("lang", "once"),
    [("zh", ("申诉成立", "对原决定的处理", "裁定理由")), ("en", ("Upheld", "Effectonthecontested", "Reasons"))],
)
def test_a_ruling_tells_its_outcome_once(story: Story, lang: str, once: tuple[str, ...]) -> None:
    story.rule()
    text = said(story, "rule", "appellant", lang)
    assert [text.count(words) for words in once] == [1, 1, 1]


@pytest.mark.parametrize(("lang", "when"), [("zh", "2026年10月15日（周四）09:30"), ("en", "15October2026(Thu)09:30")])
def test_minutes_tell_their_time_once(story: Story, lang: str, when: str) -> None:
    story.hear()
    assert said(story, "hold_meeting", "respondent", lang).count(when) == 1


def test_what_a_party_does_is_told_by_the_office_that_receives_it(story: Story) -> None:
    made = letter(story.notice("file", "respondent"))
    assert made.issuer == "评定中心"
    assert made.letterhead == "通信网络代维资质评定机构评定中心"


def test_a_document_is_made_once_and_later_events_do_not_change_it(story: Story) -> None:
    notice = story.notice("file", "respondent")
    first = printed(notice)
    story.rule()
    assert printed(notice) == first
    Printed.objects.all().delete()
    assert printed(notice).sha256 == first.sha256


def test_a_design_that_a_rulebook_names_and_nobody_drew_is_a_plain_notice(story: Story, monkeypatch: Any) -> None:
    notice = story.notice("file", "respondent")
    book = catalogue.kept(story.case.digest).rulebook
    file, made = book.actions["file"], []
    for name in ("notice", "undrawn", "_casefile"):
        renamed = file.model_copy(update={"notice": file.notice and file.notice.model_copy(update={"template": name})})
        monkeypatch.setitem(book.actions, "file", renamed)
        Printed.objects.all().delete()
        made.append(printed(notice).sha256)
    assert len(set(made)) == 1


@pytest.mark.parametrize(
    ("login", "status"), [("enterprise", 200), ("centre", 200), ("agency", 404), ("stranger", 404), (None, 404)]
)
def test_a_notice_opens_for_those_it_is_for_and_the_body(
    story: Story, client: Client, login: str | None, status: int
) -> None:
    story.pay()
    notice = story.notice("receive_deposit", "appellant")
    if login:
        client.force_login(story.people[login])
    response = client.get(f"/cases/{story.case.number}/notices/{notice.pk}.pdf")
    assert response.status_code == status
    if status == 200:
        assert response["Content-Type"] == "application/pdf"
        assert response.content.startswith(b"%PDF-1.7")
        assert Reading.objects.get(what="notice").name == notice.title


def test_a_notice_of_another_case_is_not_found_under_this_one(story: Story, tell: Any, client: Client) -> None:
    other = tell()
    client.force_login(story.people["centre"])
    pk = other.notice("file", "centre").pk
    assert client.get(f"/cases/{story.case.number}/notices/{pk}.pdf").status_code == 404
