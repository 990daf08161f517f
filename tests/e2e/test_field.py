"""A whole job on a phone whose network comes and goes: afterwards everything is there, once, in order."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page, expect

from mingduan.cases.models import Case
from mingduan.people.models import FieldWorker
from mingduan.procedure.period import TZ
from mingduan.web import field as pages
from tests.cases import telecom
from tests.web.test_field import PNG

pytestmark = pytest.mark.e2e
PLACES = {"幸福路8号": "22.5787,113.0815", "建设路与港口路口": "22.6011,113.0702", "会城大道100号": "22.4583,113.0340"}
JOB: list[tuple[str, dict[str, str]]] = [
    ("accept", {}),
    ("arrive", {"arrival.consent": "true", "arrival.position": "22.57870,113.08150"}),
    ("talk", {"entry.said": "晚上慢"}),
    ("test", {"entry.measure": "rsrp", "entry.value": "-112"}),
    ("test", {"entry.measure": "download", "entry.value": "9000"}),
    ("photograph", {"entry.what": "天线", "entry.files": "photo"}),
    ("talk", {"entry.said": "已恢复"}),
    (
        "report",
        {
            "result.kind": "fault",
            "result.cause": "馈线松动",
            "result.measures": "已紧固",
            "result.resolved": "true",
            "result.signature": "drawn",
        },
    ),
]


@pytest.fixture(autouse=True)
def demo() -> None:
    """No demonstration: an office of its own."""


@pytest.fixture
def office(flushable: None) -> telecom.Desk:
    made = telecom.make()
    FieldWorker.objects.create(user=made.users["engineer1"], latitude=22.57, longitude=113.09)
    return made


Phones = Callable[..., "Phone"]


@pytest.fixture
def phones(browser: Browser, live_server, office: telecom.Desk) -> Iterator[Phones]:
    """Gives out phones; they are switched off before the office is gone."""
    out: list[Phone] = []

    def one(who: str = "engineer1", width: int = 390) -> Phone:
        out.append(Phone(browser, live_server.url, office, who, width))
        return out[-1]

    yield one
    for phone in out:
        phone.context.close()


def ago(minutes: int) -> str:
    return (timezone.now() - timedelta(minutes=minutes)).astimezone(TZ).replace(tzinfo=None).isoformat()


def sent(office: telecom.Desk, address: str) -> Case:
    case = office.dispatched(ago(60))
    case.facts |= {"place.address": address, "place.position": PLACES[address], "place.area": "蓬江"}
    case.save()  # for the map only: what the events say of the place is another matter
    office.do("lead1", case, "assign", ago(59), people=[str(office.users["engineer1"].pk)])
    case.refresh_from_db()
    case.facts |= {"place.address": address, "place.position": PLACES[address], "place.area": "蓬江"}
    case.save()
    return case


class Phone:
    """Somebody's phone with the page of their jobs at hand."""

    def __init__(self, browser: Browser, address: str, office: telecom.Desk, who: str, width: int = 390) -> None:
        self.context: BrowserContext = browser.new_context(
            viewport={"width": width, "height": 844}, locale="zh-CN", permissions=["geolocation"],
            geolocation={"latitude": 22.5787, "longitude": 113.0815}, color_scheme="dark" if width < 500 else "light",
        )  # fmt: skip
        client = Client()
        client.force_login(office.users[who])
        self.context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
        self.page: Page = self.context.new_page()
        self.page.on("dialog", lambda dialog: dialog.accept())
        self.address = address
        self.open("/field/")
        self.page.wait_for_selector("#phone[data-ready]", state="attached")

    def open(self, path: str) -> None:
        self.page.goto(f"{self.address}{path}")

    def fill(self, step: str, fields: dict[str, str]) -> None:
        """Unfold a step and fill in its form."""
        form = self.page.locator(f"#do-{step}")
        if form.get_attribute("open") is None:
            form.locator("> summary").click()
        for name, value in fields.items():
            one = form.locator(f"[name='{name}']").first
            kind = one.evaluate("e => e.tagName + ':' + (e.type || '')")
            if value == "drawn":
                pad = form.locator("canvas.pad")
                pad.scroll_into_view_if_needed()
                box = pad.bounding_box()
                assert box
                self.page.mouse.move(box["x"] + 40, box["y"] + 60)
                self.page.mouse.down()
                self.page.mouse.move(box["x"] + 200, box["y"] + 110, steps=6)
                self.page.mouse.up()
            elif kind == "INPUT:file":
                one.set_input_files({"name": "现场.png", "mimeType": "image/png", "buffer": PNG})
            elif kind.startswith("SELECT"):
                one.select_option(value)
            elif kind == "INPUT:radio":
                form.locator(f"[name='{name}'][value='{value}']").check()
            else:
                one.fill(value)

    def do(self, step: str, fields: dict[str, str]) -> None:
        """Fill in a step and send it; it is kept before anything else happens."""
        self.fill(step, fields)
        self.page.locator(f"#do-{step} form button.button:not([type])").click()
        kept = expect(self.page.locator(f"#do-{step}"))
        kept.not_to_have_attribute("open", "", timeout=30_000)  # it is on the disk by then, however busy that is

    def settle(self) -> None:
        """There is a network for good: wait until nothing waits."""
        self.context.set_offline(False)
        self.open("/field/")
        nothing_waits = (
            "async () => { while ((await ownActs()).length) await new Promise(later => setTimeout(later, 200)); }"
        )
        self.page.evaluate(nothing_waits)
        expect(self.page.locator("[data-role=queue]")).to_be_hidden(timeout=30_000)


def steps_of(case: Case) -> list[str]:
    """What was done on site, in the order of the events."""
    return [r.body["action"] for r in case.events.all() if r.body["role"] == "engineer"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_job_under_random_cuts_is_there_once_and_in_order(
    phones: Phones, office: telecom.Desk, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """The network goes and comes at random, pages are opened anew without it, and answers are lost after the work is done."""
    chance, case, lost = random.Random(seed), sent(office, "幸福路8号"), random.Random(seed + 100)
    answer = pages._answer

    def sometimes_lost(*args: object) -> HttpResponse:
        done = answer(*args)
        return HttpResponse(status=503) if lost.random() < 0.4 else done

    monkeypatch.setattr(pages, "_answer", sometimes_lost)
    phone = phones()
    phone.open(f"/field/{case.number}/")
    phone.page.wait_for_selector("#phone[data-ready]", state="attached")
    for step, fields in JOB:
        phone.context.set_offline(chance.random() < 0.6)
        if chance.random() < 0.4:
            phone.open(f"/field/{case.number}/")
        phone.do(step, fields)
        if chance.random() < 0.4:
            phone.context.set_offline(chance.random() < 0.5)
    monkeypatch.setattr(pages, "_answer", answer)
    phone.settle()
    case.refresh_from_db()
    assert steps_of(case) == [step for step, _ in JOB]
    assert [t["said"] for t in case.facts["talks"]] == ["晚上慢", "已恢复"]
    assert [(r["measure"], r["value"], r["within"]) for r in case.facts["readings"]] == [
        ("rsrp", -112, False), ("download", 9000, True),
    ]  # fmt: skip
    assert case.facts["photos"][0]["files"][0]["media_type"] == "image/jpeg"
    assert case.facts["result.signature"][0]["media_type"] == "image/png"
    assert case.state == "handed_back"


def test_a_refused_step_is_kept_to_be_mended_and_holds_back_what_follows(phones: Phones, office: telecom.Desk) -> None:
    case = sent(office, "幸福路8号")
    phone = phones()
    phone.context.set_offline(True)
    phone.open(f"/field/{case.number}/")
    phone.do("accept", {})
    phone.do("talk", {"entry.said": "慢", "entry.promise": "明天修好"})
    phone.do("talk", {"entry.said": "又慢"})
    phone.context.set_offline(False)
    queue = phone.page.locator("[data-role=queue]")
    expect(queue).to_contain_text("不得随意承诺客户")
    expect(queue).to_contain_text("等上一步改好后提交")
    assert steps_of(case) == ["accept"]
    queue.get_by_role("button", name="修改").click()
    expect(phone.page.locator("#do-talk [name='entry.said']")).to_have_value("慢")
    phone.do("talk", {"entry.approved_by": "李经理"})
    phone.settle()
    assert steps_of(case) == ["accept", "talk", "talk"]
    case.refresh_from_db()
    assert [t["said"] for t in case.facts["talks"]] == ["慢", "又慢"]


def test_a_job_given_to_somebody_else_meanwhile_is_told_and_what_was_entered_stays(
    phones: Phones, office: telecom.Desk
) -> None:
    case, other = sent(office, "幸福路8号"), sent(office, "会城大道100号")
    phone = phones()
    phone.context.set_offline(True)
    phone.open(f"/field/{case.number}/")
    phone.do("accept", {})
    phone.open(f"/field/{other.number}/")
    phone.do("accept", {})
    office.do("dispatcher", case, "redispatch", ago(0), "改派", organisation=str(office.contractors[1].pk))
    phone.context.set_offline(False)
    phone.open("/field/")
    queue = phone.page.locator("[data-role=queue]")
    expect(queue).to_contain_text("已不归您办理")
    expect(queue.locator("li")).to_have_count(1)
    assert steps_of(other) == ["accept"]
    queue.get_by_role("button", name="放弃").click()
    expect(queue).to_be_hidden()
    assert steps_of(case) == []


def test_whoever_came_straight_to_a_job_finds_the_others_without_a_network(
    phones: Phones, office: telecom.Desk
) -> None:
    case, other = sent(office, "幸福路8号"), sent(office, "会城大道100号")
    phone = phones()
    phone.page.evaluate("caches.delete('field-pages')")
    phone.open(f"/field/{case.number}/")
    phone.page.wait_for_selector("#phone[data-ready]", state="attached")
    phone.context.set_offline(True)
    phone.open("/field/")
    expect(phone.page.locator("ol.jobs")).to_contain_text(other.number)


def test_signing_out_waits_for_what_is_not_sent_and_leaves_nothing_on_the_phone(
    phones: Phones, office: telecom.Desk
) -> None:
    case = sent(office, "幸福路8号")
    phone = phones()
    kept = "caches.open('field-pages').then(c => c.keys()).then(k => k.map(r => new URL(r.url).pathname))"
    assert f"/field/{case.number}/" in phone.page.evaluate(kept)
    phone.context.set_offline(True)
    phone.open(f"/field/{case.number}/")
    phone.do("accept", {})
    phone.page.locator("details.phone summary").click()
    phone.page.locator("details.phone form[action$='/logout/'] button").click()
    expect(phone.page.locator("[data-role=trouble]")).to_contain_text("再退出")
    phone.settle()
    phone.page.locator("details.phone summary").click()
    phone.page.locator("details.phone form[action$='/logout/'] button").click()
    phone.page.wait_for_url(f"{phone.address}/")
    assert phone.page.evaluate("caches.has('field-pages')") is False
    assert steps_of(case) == ["accept"]


def test_readings_are_held_to_their_limits_at_once_and_a_position_needs_consent(
    phones: Phones, office: telecom.Desk
) -> None:
    case = sent(office, "幸福路8号")
    phone = phones()
    phone.open(f"/field/{case.number}/")
    phone.fill("test", {"entry.measure": "rsrp", "entry.value": "-112"})
    expect(phone.page.locator(".verdict.bad")).to_contain_text("-105")
    phone.fill("test", {"entry.value": "-90"})
    expect(phone.page.locator(".verdict.good")).to_be_visible()
    phone.fill("test", {"entry.measure": "drop", "entry.value": "25"})
    expect(phone.page.locator(".verdict.bad")).to_contain_text("≤ 20")
    phone.fill("arrive", {})
    position = phone.page.locator("[name='arrival.position']")
    locate = phone.page.get_by_role("button", name="取当前位置")
    locate.click()
    expect(position).to_have_value("")
    phone.fill("arrive", {"arrival.consent": "true"})
    locate.click()
    expect(position).to_have_value("22.57870,113.08150")
    phone.fill("arrive", {"arrival.consent": "false"})
    expect(position).to_have_value("")


@pytest.mark.parametrize("width", [390, 1440])
def test_the_pages_fit_and_are_accessible(phones: Phones, office: telecom.Desk, width: int) -> None:
    cases = [sent(office, address) for address in PLACES]
    phone = phones(width=width)
    shots = os.environ.get("MINGDUAN_SHOTS")
    for name, path in (("jobs", "/field/"), ("job", f"/field/{cases[0].number}/")):
        phone.open(path)
        if name == "job":
            for step in ("test", "report"):
                phone.fill(step, {})
        if shots:
            phone.page.screenshot(path=str(Path(shots) / f"field-{name}-{width}.png"), full_page=True)
        assert phone.page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
        found = Axe().run(phone.page).response["violations"]
        assert [(v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
