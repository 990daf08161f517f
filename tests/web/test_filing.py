"""Filing a case: step by step, kept as it goes, and checked before it is sent."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from mingduan.cases.models import Case
from mingduan.config import limits
from mingduan.people.models import Office, Organisation, User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.period import TZ
from mingduan.web import drafts
from mingduan.web.models import Draft

from .desk import filing
from .office import signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("desk")]


def test_without_an_account_a_case_is_filed_and_followed_with_its_secret() -> None:
    client = Client()
    page = client.post("/file/cace/appeal/", filing(name="新纪元公司")).content.decode()
    case = Case.objects.get()
    secret = re.search(r"<code>([^<]+)</code>", page)
    assert secret
    assert Client().get(f"/cases/{case.number}/").status_code == 404
    fresh = Client()
    assert fresh.post("/follow/", {"number": case.number, "secret": "wrong"}).status_code == 422
    assert fresh.post("/follow/", {"number": case.number, "secret": secret[1]}).status_code == 302
    assert "新纪元公司" in fresh.get(f"/cases/{case.number}/").content.decode()


def test_an_empty_form_says_what_is_missing_beside_each_field_and_keeps_what_was_typed() -> None:
    response = signed_in("enterprise").post("/file/cace/appeal/", filing(statement="", requested="我的请求"))
    page = response.content.decode()
    assert response.status_code == 422
    assert "缺少“申诉书正文”" in page
    assert "我的请求" in page
    assert Case.objects.count() == 0


def test_a_form_sent_back_opens_at_a_summary_whose_links_lead_to_each_field() -> None:
    page = signed_in("enterprise").post("/file/cace/appeal/", filing(statement="", requested="")).content.decode()
    summary = re.search(
        r'<div class="note bad" id="wrong" role="alert" tabindex="-1" autofocus>(.*?)</div>', page, re.S
    )
    assert summary
    led = re.findall(r'href="#([^"]+)"', summary[1])
    assert len(led) >= 2
    assert all(f'id="{place}"' in page for place in led)
    assert page.count(" autofocus") == 1


def test_a_harmful_file_is_told_and_nothing_is_filed() -> None:
    bad = SimpleUploadedFile("申诉书.pdf", b"<html><script>1</script></html>", "application/pdf")
    response = signed_in("enterprise").post("/file/cace/appeal/", {**filing(), "papers": bad})
    assert response.status_code == 422
    assert "不予接收" in response.content.decode()
    assert Case.objects.count() == 0


START = "/file/cace/appeal/"


def first_step(**more: str) -> dict[str, str]:
    whole = filing(**more)
    return {n: whole[n] for n in ("opponent", "decision.reference", "decision.notified_on", "grounds")}


def begun(client: Client, **more: str) -> str:
    """The address of the second step, after the first was sent."""
    response = client.post(START, {**first_step(**more), "go": "next"})
    assert response.status_code == 302, response.content.decode()
    return response.headers["Location"]


def test_a_case_is_filed_in_steps_and_the_draft_is_gone() -> None:
    client = signed_in("enterprise")
    second = begun(client)
    third = client.post(second, {"statement": "不服", "requested": "撤销", "go": "next"}).headers["Location"]
    review = client.post(third, {"signed_by": "张三", "go": "next"}).headers["Location"]
    page = client.get(review).content.decode()
    assert "安信认证" in page
    assert "提交之后" in page, "what will be due is told before filing"
    assert Case.objects.count() == 0
    assert "已收到" in client.post(review, {"go": "submit"}).content.decode()
    assert Case.objects.get().facts["statement"] == "不服"
    assert Draft.objects.count() == 0


def test_the_review_lists_no_rule_about_what_was_left_out() -> None:
    client = signed_in("enterprise")
    third = client.post(begun(client), {"statement": "不服", "requested": "撤销", "go": "next"}).headers["Location"]
    page = client.get(client.post(third, {"signed_by": "张三", "go": "next"}).headers["Location"]).content.decode()
    assert 'class="pending"' not in page
    assert "所指的决定" not in page, "no decision in the register was named"


def test_sending_the_last_page_again_shows_the_same_case_and_files_no_second() -> None:
    client = Client()
    sent = {**first_step(), "name": "新纪元公司", "go": "next"}
    second = client.post(START, sent).headers["Location"]
    third = client.post(second, {"statement": "不服", "requested": "撤销", "go": "next"}).headers["Location"]
    review = client.post(third, {"signed_by": "张三", "go": "next"}).headers["Location"]
    first = client.post(review, {"go": "submit"}).content.decode()
    again = client.post(review, {"go": "submit"}).content.decode()
    assert Case.objects.count() == 1
    assert re.findall("<code>(.+?)</code>", first) == re.findall("<code>(.+?)</code>", again)


def test_a_draft_is_found_again_at_the_front_desk_and_by_nobody_else() -> None:
    client = signed_in("enterprise")
    second = begun(client)
    assert "继续填写" in client.get("/").content.decode()
    assert "继续填写" in client.get("/home/").content.decode()
    assert "安信〔2026〕7号" in client.get(second.replace("/2/", "/1/")).content.decode()
    for other in (signed_in("stranger"), Client()):
        assert "继续填写" not in other.get("/").content.decode()
        assert other.get(second).status_code == 404


def test_a_step_with_something_missing_is_not_left_but_is_kept() -> None:
    client = signed_in("enterprise")
    response = client.post(START, {**first_step(), "grounds": "", "go": "next"})
    assert response.status_code == 422
    assert "缺少“申诉事由”" in response.content.decode()
    assert Draft.objects.get().typed["decision.reference"] == "安信〔2026〕7号"


def test_a_guard_is_told_on_the_step_it_is_about() -> None:
    tomorrow = (timezone.localdate() + timedelta(1)).isoformat()
    response = signed_in("enterprise").post(START, {**first_step(**{"decision.notified_on": tomorrow}), "go": "next"})
    assert response.status_code == 422
    assert "收到通知之日不能晚于今天" in response.content.decode()


def test_an_appeal_is_against_an_agency_or_the_body_itself_not_somebody_elses_body() -> None:
    body = Organisation.objects.create(name="评定中心本部", kind="body")
    other = Organisation.objects.create(name="某市通信公司", kind="body")
    for organisation, of in ((body, "cace"), (other, "telecom")):
        user = User.objects.create(username=f"officer-{of}", organisation=organisation)
        Office.objects.create(user=user, body=of, role="centre")
    page = signed_in("enterprise").get(START).content.decode()
    assert ("安信认证" in page, "评定中心本部</option>" in page, "某市通信公司" in page) == (True, True, False)
    assert signed_in("enterprise").post("/file/cace/appeal/", filing(opponent=str(other.pk))).status_code == 422
    page = signed_in("enterprise").get("/file/cace/qualification/").content.decode()
    assert ("安信认证" in page, "评定中心本部</option>" in page) == (True, False), "whoever handles a case is an agency"


@pytest.mark.parametrize(("days", "words"), [(29, "尚在期限内"), (31, "期限已过")])
def test_whether_the_deadline_is_open_is_told_as_soon_as_the_date_is_known(days: int, words: str) -> None:
    day = WorkingCalendar.china().add(timezone.localdate(), -days).isoformat()
    response = signed_in("enterprise").post(START, {**first_step(**{"decision.notified_on": day}), "go": "live"})
    assert words in response.content.decode()
    assert response.headers["X-Draft-Address"].endswith("/1/"), "what was typed is kept while typing"


def test_a_late_appeal_can_still_be_filed_and_is_told_it_is_late() -> None:
    day = WorkingCalendar.china().add(timezone.localdate(), -31).isoformat()
    page = signed_in("enterprise").get(
        begun(signed_in("enterprise"), **{"decision.notified_on": day}).replace("/2/", "/1/")
    )
    assert "期限已过" in page.content.decode()


def test_a_file_stays_with_the_draft_and_can_be_taken_off_again(settings, tmp_path) -> None:
    settings.HOME = tmp_path
    client = signed_in("enterprise")
    third = begun(client).replace("/2/", "/3/")
    client.post(third, {"papers": SimpleUploadedFile("申诉书.pdf", b"%PDF-1.7\n%%EOF"), "go": "3"})
    page = client.get(third).content.decode()
    word = re.search('name="papers.kept" value="([^"]+)"', page)
    assert word
    client.post(third, {"papers.kept": word[1], "signed_by": "张三", "go": "3"})
    assert [f["name"] for f in Draft.objects.get().typed["papers"]] == ["申诉书.pdf"]
    client.post(third, {"papers.kept": "forged", "go": "3"})
    assert Draft.objects.get().typed["papers"] == []


def test_a_draft_is_discarded_by_its_owner_only() -> None:
    client = signed_in("enterprise")
    begun(client)
    key = Draft.objects.get().key
    signed_in("stranger").post(f"/drafts/{key}/discard/")
    assert Draft.objects.count() == 1
    client.post(f"/drafts/{key}/discard/")
    assert Draft.objects.count() == 0


def test_drafts_nobody_touches_for_thirty_days_are_thrown_away() -> None:
    begun(signed_in("enterprise"))
    now = timezone.now()
    assert drafts.throw_away_old(now + timedelta(29)) == 0
    assert drafts.throw_away_old(now + timedelta(31)) == 1
    assert Draft.objects.count() == 0


@pytest.mark.parametrize(
    "rulebook", ["cace/complaint", "cace/dispute", "csp/appeal-complaint", "ccrc/appeal-complaint"]
)
def test_every_procedure_has_its_steps_and_its_review(rulebook: str) -> None:
    page = Client().get(f"/file/{rulebook}/").content.decode()
    assert page.count('class="stages steps"') == 1
    assert "核对并提交" in page
    assert Organisation.objects.exists()


def test_without_an_account_one_address_begins_only_so_many_filings_an_hour() -> None:
    for _ in range(limits.TABLE["file"].times):
        limits.count("file", "127.0.0.1")
    told = Client().post(START, {**first_step(), "name": "张三", "go": "next"})
    assert told.status_code == 429
    assert 0 < int(told.headers["Retry-After"]) <= 3600
    assert "操作过于频繁" in told.content.decode()
    assert signed_in("enterprise").post(START, {**first_step(), "go": "next"}).status_code == 302


def test_a_draft_goes_on_at_the_step_where_it_was_left() -> None:
    client = signed_in("enterprise")
    second = client.post(START, {**first_step(), "go": "next"})["Location"]
    assert second.endswith("/2/")
    assert f'href="{second}"' in client.get("/home/").content.decode()


def test_the_filer_is_told_of_the_deposit_and_until_when_it_is_to_come_in() -> None:
    shown = signed_in("enterprise").post(START, filing()).content.decode()
    case = Case.objects.get()
    due = case.duties.get(deadline="decide_acceptance").due
    assert "¥5,000.00" in shown
    assert due.astimezone(TZ).strftime("%-m月%-d日") in shown
    assert case.notices.filter(role="appellant", body__regex="5,?000").exists()


def test_what_hangs_on_another_choice_is_left_out() -> None:
    client = signed_in("enterprise")
    client.post(START, filing(grounds_text="写错地方的话"))
    assert "grounds_text" not in Case.objects.get().facts
    assert "选“其他”时填写" in client.get(START).content.decode()
