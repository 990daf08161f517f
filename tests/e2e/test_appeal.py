"""The tour's appeal, walked by four people in a real browser, and every page checked for accessibility basics."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page

from mingduan import demo as demonstration
from mingduan.cases import audit, outbox
from mingduan.cases.models import Case
from mingduan.paper.verify import verify
from mingduan.people.models import User
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.period import TZ

from .person import DESK, PHONE, Person

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flushable")]


def test_an_appeal_from_filing_to_the_ruling_by_four_people(
    browser: Browser, live_server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The enterprise and the experts are on their phones, the centre and the agency at their desks."""
    address, today = live_server.url, timezone.localdate()
    enterprise = Person(browser, address, "enterprise1", PHONE)
    agency = str(User.objects.get(username="agency").organisation_id)
    number = enterprise.file(
        "cace/appeal",
        {"opponent": agency, "decision.reference": "安信〔2026〕9号", "decision.notified_on": (today - timedelta(2)).isoformat(),
         "grounds": "change_of_status"},
        {"statement": "不服降级决定。", "requested": "撤销。"},
        {"signed_by": "恒通"},
    )  # fmt: skip

    centre = Person(browser, address, "centre", DESK)
    centre.page.goto(f"{address}/home/")
    assert number in centre.page.content(), "the new appeal is among the centre's duties"
    centre.do(number, "receive_deposit", payment__amount="5000", payment__on=today.isoformat())
    centre.do(number, "accept", major="true")
    experts = ",".join(str(User.objects.get(username=f"expert{n}").pk) for n in (1, 2, 3))
    centre.do(number, "form_panel", people=experts)
    challenged, case = User.objects.get(username="expert1"), Case.objects.get(number=number)
    enterprise.do(number, "challenge", entry__member=challenged.name, entry__why="曾任竞争企业的顾问。")
    committee = Person(browser, address, "committee", DESK)
    committee.page.goto(f"{address}/home/")
    assert "决定回避申请" in committee.page.locator("main").inner_text(), (
        "the challenge is among the committee's duties"
    )
    case.refresh_from_db()
    decision = {"entry": str(case.length), "entry__decision_why": "属实。", "person": str(challenged.pk)}
    committee.do(number, "uphold_challenge", **decision)
    assert "补选专家组成员" in centre.open(number), "the centre is to choose another"
    centre.do(number, "form_panel", people=str(User.objects.get(username="expert8").pk))
    meeting = WorkingCalendar.china().add(today, 8)
    centre.do(number, "announce_meeting", meeting__starts_at=f"{meeting}T09:30", meeting__place="北京")
    enterprise.do(number, "name_witness", entry__name="刘工", entry__address="石家庄")
    agency_desk = Person(browser, address, "agency", DESK)
    agency_desk.do(number, "answer", entry__text="决定有据。")

    case.refresh_from_db()
    assert case.state == "announced"
    centre.page.goto(f"{address}/cases/{number}/do/hold_meeting/")
    assert "09:30举行，尚未开始" in centre.page.locator(".filing .note.warn").inner_text()
    monkeypatch.setattr(timezone, "now", lambda: datetime.combine(meeting, time(12), TZ))
    centre.do(number, "hold_meeting", meeting__attendance="双方、证人", meeting__minutes="质证完毕。")
    left = Person(browser, address, "expert1", PHONE)
    assert left.page.goto(f"{address}/cases/{number}/").status == 404, "whoever left the panel sees the case no more"
    for n, vote in ((2, "upheld"), (3, "rejected"), (8, "upheld")):
        Person(browser, address, f"expert{n}", PHONE).do(number, "vote", entry__vote=vote)
    centre.do(number, "rule", outcome="upheld", reasoning="原决定依据不足。", decision__effect="revoked")
    enterprise.read(number, "申诉裁定书")
    agency_desk.read(number, "申诉裁定书")
    enterprise.open(number)
    told = [enterprise.page.locator(part).text_content() or "" for part in ("#timeline", ".parts")]
    assert "表决" not in "".join(told), "votes stay inside (S01 8.1)"
    centre.do(number, "settle", costs__attributable="3000")
    centre.do(number, "refund", refund__reference="TK1")
    centre.do(number, "close")
    secretary = Person(browser, address, "secretary", DESK)
    secretary.do(number, "archive")
    case.refresh_from_db()
    outbox.run(timezone.now())
    package = secretary.page.request.get(f"{address}/cases/{number}/archive.zip")
    (tmp_path / "package.zip").write_bytes(package.body())
    assert verify(tmp_path / "package.zip").faults == (), "the package proves itself"
    assert (case.state, case.balances["refund_due"], case.balances["bank"]) == ("archived", 0, 0)
    for person in (enterprise, centre):
        person.page.goto(f"{address}/cases/{number}/")
        assert person.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing runs off the side"
        assert person.page.locator("h1").count() == 1
        unnamed = "[...document.querySelectorAll('a,button')].filter(e => !e.textContent.trim() && !e.ariaLabel).length"
        assert person.page.evaluate(unnamed) == 0
    assert list(audit.verify()) == []


def test_every_field_has_a_label(browser: Browser, live_server) -> None:
    page = browser.new_page()
    unlabelled = (
        "[...document.querySelectorAll('main input:not([type=hidden]),main select,main textarea')]"
        ".filter(e => !e.labels || !e.labels.length).map(e => e.name)"
    )
    for path in ("/file/cace/appeal/", "/login/", "/follow/", "/procedures/cace/appeal/"):
        page.goto(live_server.url + path)
        assert page.evaluate(unlabelled) == [], path


def test_while_one_types_the_deadline_is_told_and_the_draft_is_kept(browser: Browser, live_server) -> None:
    person = Person(browser, live_server.url, "enterprise1", PHONE)
    said: list[str] = []
    person.page.on("console", lambda message: said.append(message.text))
    person.page.goto(f"{live_server.url}/file/cace/appeal/")
    person.fill("decision.notified_on", (timezone.localdate() - timedelta(2)).isoformat())
    person.page.get_by_text("尚在期限内").wait_for()
    person.page.locator("button.clause").first.press("Enter")
    assert person.page.locator("[popover]:popover-open").inner_text().startswith("S01")
    person.page.goto(f"{live_server.url}/home/")
    person.page.get_by_text("继续填写").click()
    assert person.page.locator("[name='decision.notified_on']").input_value()
    assert said == [], "nothing the content security policy forbids"


def axe(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA on the page as it stands."""
    rules = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    found = Axe().run(page, options=rules).response["violations"]
    return [f"{v['id']}: {n['html'][:120]}" for v in found for n in v["nodes"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_forms_that_were_refused_or_propose(browser: Browser, live_server, scheme: str) -> None:
    """What no address alone shows; every address as it opens is in `test_axe`."""
    cast = demonstration.Cast({u.username: u for u in User.objects.all()}, {("cace", "centre"): "centre"})
    spec = {"course": "appeal", "until": "hold_meeting", "matter": "downgrade", "filer": 1, "age": 20, "major": True}
    number = demonstration.tell(cast, spec, timezone.now())
    person = Person(browser, live_server.url, "centre")
    person.page.emulate_media(color_scheme=scheme)
    case = f"/cases/{number}"
    for path in (f"{case}/do/correct/?entry=1", f"{case}/do/form_panel/?propose=1", "/nowhere/"):
        person.page.goto(live_server.url + path)
        person.page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
        assert axe(person.page) == [], path
    person.page.goto(f"{live_server.url}{case}/do/rule/")
    person.press("main form[data-live] button.button:not([name])")
    assert axe(person.page) == [], "a form that was refused"
    enterprise = Person(browser, live_server.url, "enterprise1", PHONE)
    enterprise.page.emulate_media(color_scheme=scheme)
    enterprise.page.goto(f"{live_server.url}/file/cace/appeal/")
    enterprise.press("button[value='next']")
    assert axe(enterprise.page) == [], "a step that was refused"
    enterprise.press(".stages li:last-child a")
    assert enterprise.page.locator(".checks").count() == 1
    assert axe(enterprise.page) == [], "the review of what is not complete"
