"""Both qualifications walked step by step in a real browser: completeness, audit, panel, review, approval, certificate."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Browser

from mingduan import demo as demonstration
from mingduan.cases import audit
from mingduan.cases.act import state_of
from mingduan.cases.models import Case
from mingduan.demo.people import read
from mingduan.people.models import Interest, Organisation, User
from mingduan.registry.models import Certificate

from .person import DESK, PHONE, Person
from .test_appeal import axe
from .test_register import drop, visitor

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flushable")]
SIGNED_BY = {"approve_report": "agency", "evaluate": "centre", "review": "committee", "approve": "association"}


@pytest.fixture(autouse=True)
def demo(registry_home: None, settings: Any) -> None:
    """The people of the demonstration; a code lives while a busy machine opens the page for it."""
    settings.MFA_TOTP_TOLERANCE = 4
    cache.clear()
    demonstration.make_people(timezone.now())


class Office:
    """Everybody a qualification passes through, each at a browser of their own."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.browser, self.address = browser, address
        self.people: dict[str, Person] = {}

    def at(self, login: str) -> Person:
        """Enterprise, auditors and experts are on their phones, the bodies at their desks."""
        if login not in self.people:
            width = PHONE if login.startswith(("enterprise", "auditor", "expert")) else DESK
            self.people[login] = Person(self.browser, self.address, login, width)
        return self.people[login]

    def looked_at(self, login: str, number: str, action: str = "") -> str:
        """What a case's page, or that of an act, says; it fits the screen and passes axe."""
        page = self.at(login).page
        page.goto(f"{self.address}/cases/{number}/" + (f"do/{action}/" if action else ""))
        assert axe(page) == [], page.url
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), page.url
        return page.locator("main").inner_text()

    def signs(self, number: str, action: str, **facts: str) -> None:
        """A decision, signed with the code of one's own authenticator."""
        self.at(SIGNED_BY[action]).do(number, action, code=code(), **facts)

    def decided(self, number: str, granted: str) -> Certificate:
        """From the panel to the certificate: three experts on their phones, then each body in turn."""
        experts = ("expert1", "expert2", "expert3")
        self.at("centre").do(number, "form_panel", people=chosen(*experts))
        for expert, vote in zip(experts, ("pass", "fail", "pass"), strict=True):
            self.at(expert).do(
                number, "score", entry__score="82" if vote == "pass" else "60", entry__comment="已查阅。"
            )
            self.at(expert).do(number, "vote", entry__vote=vote)
        self.signs(number, "evaluate", granted=granted, evaluation__opinion="过半数同意。")
        told = self.looked_at("committee", number, "review")
        assert "过半数同意。" in told, "whoever reviews sees what was evaluated beside the form"
        self.signs(number, "review", review__opinion="同意上报。")
        self.signs(number, "approve")
        return Certificate.objects.get(case_number=number)


@pytest.fixture
def office(browser: Browser, live_server: Any) -> Iterator[Office]:
    made = Office(browser, live_server.url)
    yield made
    for person in made.people.values():
        person.page.context.close()


def code() -> str:
    """What the authenticator of the demonstration's signers shows now."""
    return format_hotp_value(hotp_value(read("people.yaml")["signers"]["secret"], int(time.time()) // 30))


def chosen(*logins: str) -> str:
    """People as the form that chooses them sends them."""
    return ",".join(str(User.objects.get(username=login).pk) for login in logins)


def agency() -> str:
    """The agency of the demonstration's auditors, as the application names it."""
    return str(User.objects.get(username="agency").organisation_id)


def test_a_qualification_is_completed_audited_corrected_voted_on_and_approved(office: Office) -> None:
    first = {
        "opponent": agency(), "specialty": "xl", "grade": "y", "independent": "true", "meets_standard": "true", "accepts": "true", "quality.held": "false",
    }  # fmt: skip
    number = office.at("enterprise2").file("cace/qualification", first, {}, {}, {})
    office.looked_at("centre", number)
    office.at("centre").do(number, "return_for_completion", completion__what="营业执照副本看不清，请重新上传。")
    assert "营业执照副本看不清" in office.looked_at("enterprise2", number), "what is to be completed is on the page"
    office.looked_at("enterprise2", number, "complete")
    licence = {"name": "执照.txt", "mimeType": "text/plain", "buffer": "营业执照".encode()}
    office.at("enterprise2").do(number, "complete", licence__papers=licence)
    assert [f["name"] for f in Case.objects.get().facts["licence.papers"]][-1] == "执照.txt"
    office.at("centre").do(number, "accept")

    tied(User.objects.get(username="auditor3"))
    refused_team(office, number)
    office.at("agency").do(number, "appoint_team", people=chosen("auditor1", "auditor4"))
    today = timezone.localdate().isoformat()
    plan = {"audit__starts_on": today, "audit__ends_on": today, "audit__place": "石家庄", "audit__scope": "全部条款"}
    office.looked_at("agency", number, "plan_audit")
    office.at("agency").do(number, "plan_audit", **plan)
    corrected(office, number)
    office.looked_at("agency", number, "approve_report")
    office.signs(number, "approve_report")

    certificate = office.decided(number, "y")
    for login in ("expert1", "committee", "association"):
        office.looked_at(login, number)
    events = {e.action: e.body for e in Case.objects.get().events.all()}
    signed = {a: body["signature"]["by"] for a, body in events.items() if body.get("signature")}
    assert signed == {a: str(User.objects.get(username=who).pk) for a, who in SIGNED_BY.items()}
    office.at("centre").do(number, "issue", handover__on=today, handover__receiver="谢芳")
    office.at("centre").do(number, "announce")
    office.at("centre").do(number, "archive")
    public(office, certificate)
    assert list(audit.verify()) == []


def tied(auditor: User) -> None:
    """The auditor worked for the applicant until last year."""
    applicant = User.objects.get(username="enterprise2").organisation
    since = timezone.localdate() - timedelta(900)
    Interest.objects.create(
        user=auditor, organisation=applicant, kind="任职", since=since, until=since + timedelta(600)
    )


def refused_team(office: Office, number: str) -> None:
    """S02 9: the form does not offer who has an interest; sent all the same, they are refused with the clause."""
    told = office.looked_at("agency", number, "appoint_team")
    assert "任职" in told
    page = office.at("agency").page
    box = page.locator(f"[name=people][value='{chosen('auditor3')}']")
    assert box.is_disabled()
    box.evaluate("e => { e.disabled = false; e.checked = true; }")
    office.at("agency").press("main form[data-live] button.button:not([name])")
    assert page.locator(".note.good").count() == 0
    assert "S02 9" in page.locator("main").inner_text()
    assert "team" not in state_of(Case.objects.get()).assigned


def corrected(office: Office, number: str) -> None:
    """Two findings with evidence; the nonconformity is corrected, verified in vain, corrected again and found effective."""
    lead = office.at("auditor1")
    photo = {"name": "标签.txt", "mimeType": "text/plain", "buffer": "校准标签缺失".encode()}
    office.looked_at("auditor1", number, "record_finding")
    lead.do(
        number, "record_finding", entry__severity="minor", entry__requirement="5.2", entry__text="一台仪表未校准。", entry__evidence=photo
    )  # fmt: skip
    lead.do(
        number, "record_finding", entry__severity="observation", entry__requirement="6.1", entry__text="台账宜电子化。"
    )
    minor = str(Case.objects.get().facts["findings"][0]["seq"])
    lead.do(number, "submit_report", audit__conclusion="pass", audit__summary="一项一般不符合，一项观察。")
    assert "未验证有效" in office.looked_at("agency", number, "approve_report"), "not before it is corrected"
    for verdict in ("ineffective", "effective"):
        office.at("enterprise2").do(
            number, "plan_correction", entry__finding=minor, entry__cause="漏检。", entry__action="已补校准。"
        )
        lead.do(number, "verify_correction", entry__finding=minor, entry__verdict=verdict)
    told = office.looked_at("auditor1", number)
    assert "标签.txt" in told


def public(office: Office, certificate: Certificate) -> None:
    """Nobody signed in: the certificate is found, its PDF dropped on the page is genuine, the announcement is there."""
    page = visitor(office.browser, DESK)
    page.goto(f"{office.address}/register/?q={certificate.number}")
    page.click(f"main a:text('{certificate.number}')")
    assert page.locator("main .present .state").inner_text() == "有效"
    paper = page.request.get(f"{page.url}original-zh.pdf").body()
    page.goto(f"{office.address}/verify/")
    drop(page, paper)
    page.wait_for_selector(".verdict")
    assert page.locator(".verdict.bad").count() == 0
    assert certificate.number in page.locator(".verdict").inner_text()
    page.goto(f"{office.address}/announcements/")
    assert certificate.number in page.locator("main").inner_text()


def test_s06_3_2_1_a_repair_qualification_wholly_subcontracted_asks_its_own_documents_and_comes_to_its_certificate(
    office: Office,
) -> None:
    """Grade 丙, wholly subcontracted: no list of equipment, spare parts and two years of performance (S06 3.2.1)."""
    enterprise = office.at("enterprise3")
    page = enterprise.page
    page.goto(f"{office.address}/file/cace/repair-qualification/")
    enterprise.send(
        "next", opponent=agency(), specialty="dy", grade="b", mode="whole", independent="true", meets_standard="true", accepts="true", quality__held="false"
    )  # fmt: skip
    enterprise.send("next")
    assert page.locator("[name^='equipment.papers']").count() == 0, "S06 3.2.1(5)"
    enterprise.send("next", performance__years="1")
    assert "缺少备板备件清单" in page.locator("main").inner_text(), "S06 3.2.1(6)"
    spares = {"name": "备件.txt", "mimeType": "text/plain", "buffer": "备件".encode()}
    enterprise.send("next", performance__years="2", spares__papers=spares)
    enterprise.send("next")
    enterprise.send("submit")
    number = page.locator(".receipt strong").first.inner_text()

    office.at("centre").do(number, "accept")
    office.at("agency").do(number, "appoint_team", people=chosen("auditor1", "auditor2"))
    today = timezone.localdate().isoformat()
    office.at("agency").do(number, "plan_audit", audit__starts_on=today, audit__ends_on=today, audit__place="现场", audit__scope="全部")  # fmt: skip
    office.at("auditor1").do(number, "submit_report", audit__conclusion="pass", audit__summary="符合。")
    office.signs(number, "approve_report")
    certificate = office.decided(number, "b")
    assert certificate.status == "valid"
    assert certificate.holder == Organisation.objects.get(pk=User.objects.get(username="enterprise3").organisation_id)
    page.goto(f"{office.address}/register/{certificate.number}/")
    assert page.locator("main .present .state").inner_text() == "有效"
