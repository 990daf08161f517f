"""A contractor in a browser: its way in, held to what may be contracted out (S05), and its month's score contested, decided,
worked out again, published and taken away as files (S03). The contractor sits at a phone, the operator at a desk.
"""

from __future__ import annotations

import os
from io import BytesIO
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from openpyxl import load_workbook
from playwright.sync_api import Browser, FilePayload, expect

from mingduan.cases.models import Case
from mingduan.complaints.scorecard import settlement
from mingduan.config import clock
from tests.cases.telecom import Desk, at
from tests.complaints.test_settlement import handled, managed, october
from tests.web.test_contractors import NUMBER, qualified

from .person import PHONE, Person

pytestmark = pytest.mark.e2e
CARD = "/scorecards/contractor/complaint-score/2026-10/"
PAPER = FilePayload(name="合同.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n%%EOF\n")


@pytest.fixture(autouse=True)
def demo() -> None:
    """No demonstration: an office of its own."""


@pytest.fixture
def office(flushable: None) -> Desk:
    return managed()


def when(monkeypatch: pytest.MonkeyPatch, written: str) -> None:
    monkeypatch.setattr(clock, "now", lambda: at(written))


def looked_at(who: Person, name: str) -> None:
    """The page fits, bars nobody, and is kept to be looked at where somebody wants to."""
    if shots := os.environ.get("MINGDUAN_SHOTS"):
        who.page.screenshot(path=str(Path(shots) / f"{name}.png"), full_page=True)
    assert who.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    assert [v["id"] for v in Axe().run(who.page).response["violations"]] == [], name


def test_a_score_is_contested_from_the_phone_decided_worked_out_again_published_and_taken_away(
    browser: Browser, live_server, office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    handled(office, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00")
    case = october(office)["恒通代维"]
    company = office.contractors[0].pk
    when(monkeypatch, "2026-11-09 10:30")
    lead = Person(browser, live_server.url, "lead1", PHONE)
    lead.page.goto(f"{live_server.url}{CARD}{company}/")
    looked_at(lead, "score-told")
    lead.press("a[href*='/do/contest/']")
    lead.fill("entry.why", "当日系统故障，签收信息延迟")
    lead.press("main form[data-live] button.button:not([name])")
    expect(lead.page.locator(".note.good")).to_be_visible()

    manager = Person(browser, live_server.url, "manager")
    manager.page.goto(f"{live_server.url}/home/")
    expect(manager.page.locator("main")).to_contain_text("处理异议")
    manager.do(case.number, "decide", entry__upheld="true", entry__reasons="日志证实系统故障")
    settlement.rescore(at("2026-11-09 10:31"))
    lead.page.goto(f"{live_server.url}{CARD}{company}/")
    expect(lead.page.locator("main")).to_contain_text("异议成立，不扣分")
    looked_at(lead, "score-upheld")

    when(monkeypatch, "2026-11-13 09:30")
    contracts = Person(browser, live_server.url, "contracts")
    contracts.do(case.number, "publish")
    contracts.page.goto(f"{live_server.url}{CARD}")
    expect(contracts.page.locator("main")).to_contain_text("已公布")
    looked_at(contracts, "score-published")
    book = contracts.page.request.get(f"{live_server.url}{CARD}{company}.xlsx").body()
    cells = [str(c.value) for row in load_workbook(BytesIO(book)).active.iter_rows() for c in row]
    assert Case.objects.get(pk=case.pk).facts["score"] == "95.00"
    assert any("投诉单处理及时率" in cell for cell in cells)
    paper = lead.page.request.get(f"{live_server.url}{CARD}{company}.pdf").body()
    assert paper.startswith(b"%PDF-")
    assert b"pdfaid:part" in paper


def test_s05_a_company_is_let_in_and_management_and_monitoring_never_are(
    browser: Browser, live_server, office: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    qualified(office)
    when(monkeypatch, "2026-03-02 09:30")
    lead = Person(browser, live_server.url, "lead1", PHONE)
    number = lead.file(
        "contractor/entry", {"certificate.number": NUMBER, "area": "城北"}, {"introduction": "三十人"}, {}
    )
    lead.do(number, "add_staff", entry__name="李强", entry__post="线路维护员", entry__certificate="2023100001")
    contracts, manager = (Person(browser, live_server.url, who) for who in ("contracts", "manager"))
    contracts.do(number, "qualify")
    contracts.do(number, "score", entry__score="80", entry__why="队伍齐")
    manager.do(number, "select")

    contracts.page.goto(f"{live_server.url}/cases/{number}/do/add_scope/")
    for name, value in (("work", "monitoring"), ("text", "网络监控"), ("area", "城北")):
        contracts.fill(f"entry.{name}", value)
    contracts.press("main form[data-live] button.button:not([name])")
    refused = contracts.page.locator("main [role=alert]")
    expect(refused).to_contain_text("管理、监控不得代维")
    expect(refused).to_contain_text("1(2)")
    looked_at(contracts, "scope-refused")
    contracts.do(number, "add_scope", entry__work="terminal", entry__text="宽带装维", entry__area="城北")
    manager.do(
        number, "sign", contract__number="2026-7", contract__from="2026-04-01", contract__until="2028-03-31", contract__duties="见附件",
        contract__annexes=PAPER, contract__safety=PAPER, contract__secrecy=PAPER, group="市区组",
    )  # fmt: skip
    contracts.page.goto(f"{live_server.url}/contractors/{office.contractors[0].pk}/")
    for said in ("市区组", "2026-7", "宽带装维", "李强", "登记中没有这张证书"):
        expect(contracts.page.locator("main")).to_contain_text(said)
    looked_at(contracts, "contractor")
