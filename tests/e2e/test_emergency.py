"""An emergency from its plan to the next one's drill, as its people walk it: at desks, on a phone in the night, on the screen on the wall."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FilePayload, Page, expect

from mingduan.cases import outbox
from mingduan.cases.models import Case, Link
from mingduan.config import clock
from mingduan.people.models import Office
from mingduan.web import watch
from tests.cases import telecom
from tests.web.test_field import ago

from .person import PHONE, Person

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flushable")]
PAPER = FilePayload(name="预案.txt", mimeType="text/plain", buffer="应急预案".encode())
POSTS = {"command": "秦朗", "department": "丁一鸣", "service": "温雅", "technical": "周海波"}


@pytest.fixture(autouse=True)
def demo() -> None:
    """No demonstration: an operator's people."""


def shot(page: Page, name: str) -> None:
    """What it looks like, where somebody asks for that; and it fits, and bars nobody."""
    if folder := os.environ.get("MINGDUAN_SHOTS"):
        page.screenshot(path=str(Path(folder) / f"{name}.png"), full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
    found = Axe().run(page).response["violations"]
    assert [(name, v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []


def opened(person: Person, action: str, **facts: Any) -> str:
    """Open a case of the procedure from its form; its number."""
    person.page.goto(f"{person.address}/procedures/telecom/emergency/open/{action}/")
    for name, value in facts.items():
        person.fill(name.replace("__", "."), value)
    person.page.click("main form button.button:not([name])")
    return re.search(r"/cases/([^/]+)/", person.page.url).group(1)  # type: ignore[union-attr]  # the address of a case


def log(person: Person, kind: str, text: str, button: str = "记应急日志") -> None:
    """A line for the log, on the page itself."""
    person.page.locator(f".kinds input[value={kind}]").check()
    person.page.fill("#quick-text", text)
    person.page.get_by_role("button", name=button).click()
    expect(person.page.locator(".log")).to_contain_text(text)


def test_from_the_plan_over_a_drill_and_an_event_to_the_next_plan(
    browser: Browser, live_server: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY", 1)
    office, at = telecom.make(), live_server.url
    for who, role in (("manager", "command"), ("dispatcher", "team")):
        Office.objects.create(user=office.users[who], body="telecom", role=role)
    team, command = Person(browser, at, "dispatcher"), Person(browser, at, "manager")

    plan = opened(team, "draft_plan", plan__title="应急预案2026版", plan__text=PAPER)
    for post, name in POSTS.items():
        team.do(plan, "enrol", entry__name=name, entry__post=post, entry__phone="13800020001")
    team.do(plan, "stock", entry__kind="communication", entry__what="卫星电话2部", entry__where="值班室")
    command.do(plan, "approve_plan")
    command.open(plan)
    shot(command.page, "plan-1440")

    team.do(plan, "hold_drill", drill__scenario="城东光缆中断", drill__on=clock.now().date().isoformat())
    drill = Link.objects.get(case__number=plan, relation="drill").number
    for step, minutes in (("receive", "4"), ("judge", "18"), ("handle", "100"), ("call_back", "40")):
        team.do(drill, "exercise", entry__step=step, entry__minutes=minutes)
    command.page.goto(f"{at}/home/")
    command.page.locator(".note.urgent.drill a").click()
    expect(command.page.locator(".alarm")).to_contain_text("演练，不是真实事件")
    expect(command.page.locator("#w-rest")).to_contain_text("未达到")
    command.page.wait_for_load_state("networkidle")
    shot(command.page, "drill-1440")
    command.do(drill, "end_drill")
    team.do(drill, "summarise", summary="四个环节都已演练", shortcomings="判断超时", revise="false")
    team.do(drill, "archive")

    ticket = office.filed(ago(30)).number
    desk = Person(browser, at, "desk")
    desk.do(ticket, "emergency", event__what="光缆被挖断，全区断网", event__area="城北片区", event__complaints="120", event__major="true")  # fmt: skip
    event = Link.objects.get(case__number=ticket, relation="emergency").number
    outbox.run(clock.now(), limit=500)

    woken = Person(browser, at, "manager", PHONE)  # whatever page they come to, the event is one tap away
    woken.page.goto(f"{at}/inbox/")
    shot(woken.page, "woken-390")
    woken.page.locator(".note.urgent a").click()
    shot(woken.page, "event-390")
    woken.page.get_by_role("button", name="我已收到").click()
    expect(woken.page.get_by_role("button", name="我已收到")).to_have_count(0)
    for name in POSTS.values():
        box = woken.page.locator(".roster li", has_text=name).locator("a").bounding_box()
        assert box is not None
        assert box["height"] >= 44

    wall = Person(browser, at, "manager")
    wall.page.goto(f"{at}/cases/{event}/watch/")
    wall.page.evaluate("window.same = true")
    street = Person(browser, at, "dispatcher", PHONE)
    street.page.goto(f"{at}/cases/{event}/watch/")
    street.page.get_by_role("button", name="应急小组到位").click()
    log(street, "inquiry", "断点在北环路施工处")
    desk.page.goto(f"{at}/cases/{event}/watch/")
    desk.page.locator(".kinds input[value=customers]").check()
    desk.page.fill("#quick-text", "已群发短信，")
    log(street, "measure", "熔接开始，约四十分钟", "报告进度")
    expect(desk.page.locator(".log")).to_contain_text("熔接开始")  # renewed beside what is being typed, which stays
    assert desk.page.input_value("#quick-text") == "已群发短信，"
    log(desk, "customers", "已群发短信，热线已换应急话术")
    for text in ("断点在北环路施工处", "熔接开始", "热线已换应急话术"):
        expect(wall.page.locator(".log")).to_contain_text(text)
    assert wall.page.evaluate("window.same")
    team.do(event, "judge", event__kind="outage", departments="网络部、客服部")
    expect(wall.page.locator("#w-rest")).to_contain_text("大面积断网")
    wall.page.wait_for_load_state("networkidle")
    shot(wall.page, "event-1440")
    shot(street.page, "street-390")

    wall.page.context.set_offline(True)
    expect(wall.page.locator("[data-stale]")).to_be_visible()
    wall.page.context.set_offline(False)
    expect(wall.page.locator("[data-stale]")).to_be_hidden()

    woken.page.goto(f"{at}/cases/{event}/watch/")
    woken.page.locator("a[href*='/do/stand_down/']").click()
    woken.page.locator("main form[data-live] button.button:not([name])").click()
    woken.page.wait_for_url(f"**/cases/{event}/watch/")
    woken.page.goto(f"{at}/home/")
    assert woken.page.locator(".note.urgent").count() == 0
    team.do(event, "summarise", summary="两小时恢复", shortcomings="缺熔接备件", revise="true", satisfaction="多数满意")
    team.do(event, "adjust_plan", plan__title="应急预案2026修订版", plan__text=PAPER, plan__changes="增加备件")
    command.page.goto(f"{at}/cases/{event}/watch/")
    shot(command.page, "after-1440")

    edition = Link.objects.get(case__number=event, relation="edition").number
    said = team.open(edition)
    assert all(name in said for name in POSTS.values())
    shot(team.page, "edition-1440")
    command.do(edition, "approve_plan")
    assert Case.objects.get(number=plan).state == "plan_replaced"
    team.page.goto(f"{at}/home/")
    expect(team.page.locator("main")).to_contain_text("组织演练")
    assert Case.objects.get(number=edition).duties.filter(deadline="drill", status="open").exists()
