"""A certificate's life in a real browser: applied for, approved and signed, public, suspended, and restored by an appeal."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.utils import timezone
from playwright.sync_api import Browser

from mingduan import demo as demonstration
from mingduan.cases import audit
from mingduan.cases.models import Case, Link
from mingduan.demo.people import read
from mingduan.people.models import User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.period import TZ
from mingduan.registry.models import Certificate
from tests.registry.scheme import Course, people

from .person import PHONE, Person

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flushable")]


@pytest.fixture(autouse=True)
def demo(registry_home: None) -> None:
    """The people of the demonstration, their documents kept where this test keeps files."""
    demonstration.make_people(timezone.now())


def code() -> str:
    """What the authenticator of the demonstration's signers shows now."""
    return format_hotp_value(hotp_value(read("people.yaml")["signers"]["secret"], int(time.time()) // 30))


def status(browser: Browser, address: str, number: str) -> list[str]:
    """What the public page of a certificate says it is, and was before: seen by somebody who has not seen it yet."""
    page = browser.new_page(locale="zh-CN")
    page.goto(f"{address}/register/{number}/")
    return [page.locator("main .present .state").inner_text(), *page.locator(".spans .state").all_inner_texts()]


def test_from_application_to_the_public_register_and_back_through_an_appeal(
    browser: Browser, live_server, registry_home, settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The enterprise is on its phone; the audit and the panel, which other tests walk, are told."""
    settings.MFA_TOTP_TOLERANCE = 4  # a code lives while a busy machine opens the page for it
    address, now = live_server.url, timezone.now()
    later = [now]
    monkeypatch.setattr(timezone, "now", lambda: later[0])
    enterprise = Person(browser, address, "enterprise2", PHONE)
    agency = str(User.objects.get(username="agency").organisation_id)
    number = enterprise.file(
        "cace/qualification",
        {"opponent": agency, "specialty": "xl", "grade": "y", "independent": "true", "meets_standard": "true", "accepts": "true",
         "quality.held": "false"},
        {}, {}, {},
    )  # fmt: skip
    Person(browser, address, "centre").do(number, "accept")
    course = Course(number, now).audit("applicant")
    course.do("centre", "form_panel", people=people("专家甲", "专家乙", "专家丙"))
    for who in ("专家甲", "专家乙", "专家丙"):
        course.do("panel", "score", who=who, **{"entry.score": 90, "entry.comment": "良好"})
        course.do("panel", "vote", who=who, **{"entry.vote": "pass"})
    course.do("centre", "evaluate", granted="y", **{"evaluation.opinion": "同意"})
    course.do("committee", "review", **{"review.opinion": "同意"})

    later[0] = now + timedelta(days=1)
    Person(browser, address, "association").do(number, "approve", code=code())
    certificate = Certificate.objects.get(case_number=number)

    public = browser.new_page(locale="zh-CN")
    public.goto(f"{address}/register/?q=yjwl")
    public.click(f"a[href$='/register/{certificate.number}/']")
    assert status(browser, address, certificate.number)[0] == "有效"
    pdf = public.request.get(f"{address}/register/{certificate.number}/original-zh.pdf").body()
    public.goto(f"{address}/verify/")
    public.set_input_files("input[type=file]", {"name": "c.pdf", "mimeType": "application/pdf", "buffer": pdf})
    public.click("form.drop button")
    said = public.locator(".verdict").inner_text()
    assert "签名有效" in said
    assert "与留存的证书" in said

    proposed = Course.open(
        "cace/suspension", "propose", "centre", later[0], [], ground="serious_problem", reasons="一次抢修超时。",
        **{"certificate.number": certificate.number},
    )  # fmt: skip
    enterprise.do(proposed.number, "answer", entry__text="道路塌方所致。")
    until = (later[0] + timedelta(days=60)).date().isoformat()
    Person(browser, address, "committee").do(
        proposed.number, "suspend", suspension__until=until, reasoning="问题属实。", code=code()
    )
    assert status(browser, address, certificate.number)[0] == "暂停"

    enterprise.do(
        proposed.number, "appeal", grounds="change_of_status", statement="延误系不可抗力。", requested="撤销。", signed_by="远景"
    )  # fmt: skip
    appeal = Course(Link.objects.get(case__number=proposed.number, relation="appeal").number, later[0])
    today = later[0].astimezone(TZ).date()
    appeal.do("centre", "receive_deposit", **{"payment.amount": 500000, "payment.on": today.isoformat()})
    appeal.do("centre", "accept", major=False)
    meeting = datetime.fromisoformat(f"{WorkingCalendar.china().add(today, 8)}T09:30:00+08:00")
    appeal.do("centre", "announce_meeting", **{"meeting.starts_at": meeting.isoformat(), "meeting.place": "北京"})
    appeal.do(
        "centre", "hold_meeting", after=meeting + timedelta(hours=2) - appeal.at,
        **{"meeting.attendance": "双方", "meeting.minutes": "质证完毕。"},
    )  # fmt: skip
    later[0] = meeting + timedelta(hours=4)
    centre = Person(browser, address, "centre")
    centre.do(appeal.number, "rule", outcome="upheld", reasoning="延误系不可抗力。", decision__effect="revoked")

    assert status(browser, address, certificate.number) == ["有效", "有效", "暂停", "有效"]
    assert Case.objects.get(number=appeal.number).state == "ruled"
    assert list(audit.verify()) == []
