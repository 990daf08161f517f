"""With the keyboard alone: what has the focus is seen, comes in the order one reads, and nothing holds it (WCAG 2.2, 2.1 and 2.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from mingduan.cases.models import Case
from mingduan.people.models import User

from .person import DESK, PHONE, Person

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flushable")]
MOST = 300

# How everything looks while it has no focus; asked once before the walk.
REMEMBER = """() => {
  window.looks = (e) => { const s = getComputedStyle(e); return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow].join(" "); };
  window.before = new Map([...document.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")].map((e) => [e, looks(e)]));
}"""
# What has the focus now: null for the page itself.
STOP = """() => {
  const e = document.activeElement;
  if (!e || e === document.body) return null;
  const r = e.getBoundingClientRect(), y = Math.min(r.y + r.height / 2, innerHeight - 1);
  const at = [r.left + 4, r.x + r.width / 2, r.right - 4].map((x) => document.elementFromPoint(x, y)).filter((on) => on);
  const itself = (on) => e.contains(on) || on.contains(e) || [...(e.labels ?? [])].some((l) => l.contains(on));
  const label = e.labels?.[0]?.textContent || e.getAttribute("aria-label") || e.textContent || e.name || "";
  return {
    key: [...document.querySelectorAll("*")].indexOf(e), what: `${e.tagName.toLowerCase()} ${label.trim().slice(0, 40)}`,
    left: r.left, right: r.right, top: r.top + scrollY, bottom: r.bottom + scrollY,
    seen: looks(e) !== window.before.get(e) && (getComputedStyle(e).outlineStyle !== "none" || getComputedStyle(e).boxShadow !== "none"),
    covered: !at.some(itself),
  };
}"""


def stops(page: Page) -> Iterator[dict[str, Any]]:
    """Everything that Tab comes to, from the top of the page round to it again."""
    page.evaluate(REMEMBER)
    last: int | None = None
    for _ in range(MOST):
        page.keyboard.press("Tab")
        stop = page.evaluate(STOP)
        if stop is None:
            return
        if stop["key"] != last:  # a date has a stop for each of its parts
            yield stop
        last = stop["key"]
    pytest.fail("the focus never comes out again")


def faults(page: Page) -> list[str]:
    """What is wrong with walking the page by Tab."""
    found, before = [], None
    for stop in stops(page):
        if not stop["seen"]:
            found.append(f"{stop['what']}: nothing shows the focus")
        if stop["covered"]:
            found.append(f"{stop['what']}: covered while it has the focus")
        if before and stop["key"] <= before["key"]:
            found.append(f"{stop['what']}: after what follows it")
        if before and stop["bottom"] <= before["top"] and stop["left"] < before["right"]:
            found.append(f"{stop['what']}: stands above {before['what']}, comes after it")
        before = stop
    assert before is not None, "Tab comes to nothing"
    return found


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until what is wanted has the focus."""
    for _ in range(MOST):
        page.keyboard.press("Tab")
        if page.evaluate("s => document.activeElement?.matches(s)", selector):
            return
    pytest.fail(f"Tab never comes to {selector}")


def calm(person: Person) -> Page:
    """Their page, without motion: where something stands is where it stays."""
    person.page.emulate_media(reduced_motion="reduce")
    return person.page


@pytest.fixture
def number(browser: Browser, live_server: Any) -> str:
    """An appeal of enterprise1."""
    told = [
        {"opponent": str(User.objects.get(username="agency").organisation_id), "decision.reference": "安信9号",
         "decision.notified_on": (timezone.localdate() - timedelta(2)).isoformat(), "grounds": "change_of_status"},
        {"statement": "不服。", "requested": "撤销。"}, {"signed_by": "恒通"},
    ]  # fmt: skip
    return Person(browser, live_server.url, "enterprise1").file("cace/appeal", *told)


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_tab_goes_in_reading_order_and_always_shows_where_it_is(
    browser: Browser, live_server: Any, number: str, width: int
) -> None:
    wrong = []
    for login, path in (
        ("enterprise1", "/file/cace/appeal/"), ("centre", f"/cases/{number}/"), ("centre", f"/cases/{number}/do/receive_deposit/"),
        ("centre", "/cases/"), ("centre", "/home/"), ("enterprise1", "/inbox/"),
    ):  # fmt: skip
        page = calm(Person(browser, live_server.url, login, width))
        page.goto(live_server.url + path)
        wrong += [f"{path}: {fault}" for fault in faults(page)]
    assert wrong == [], "\n".join(wrong)


def test_the_first_tab_offers_to_skip_to_the_content(browser: Browser, live_server: Any) -> None:
    page = calm(Person(browser, live_server.url, "centre"))
    page.goto(f"{live_server.url}/cases/")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    expect(page.locator(".skip")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.parametrize("width", [DESK, PHONE])
def test_what_opens_is_closed_by_escape_or_by_going_on(
    browser: Browser, live_server: Any, number: str, width: int
) -> None:
    page = calm(Person(browser, live_server.url, "centre", width))
    page.goto(f"{live_server.url}/cases/{number}/")
    menu = page.locator("details.menu:visible summary").first
    tab_to(page, "details.menu > summary")
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('details.menu[open]') !== null")
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(page.locator("details.menu[open]")).to_have_count(0)
    page.keyboard.press("Enter")
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.closest('main') !== null"):
            break
    expect(page.locator("details.menu[open]")).to_have_count(0)
    tab_to(page, "main button.clause")
    page.keyboard.press("Enter")
    expect(page.locator("[popover]:popover-open")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("[popover]:popover-open")).to_have_count(0)
    assert page.evaluate("document.activeElement.matches('button.clause')")


def test_an_appeal_is_filed_with_the_keyboard_alone(browser: Browser, live_server: Any) -> None:
    page = calm(Person(browser, live_server.url, "enterprise1"))
    page.goto(f"{live_server.url}/file/cace/appeal/")
    tab_to(page, "button[value='next']")
    page.keyboard.press("Enter")
    expect(page.locator("#wrong")).to_be_focused()
    links = page.locator("#wrong a")
    for n in range(links.count()):
        links.nth(n).focus()
        page.keyboard.press("Enter")
        led = page.locator(links.nth(n).get_attribute("href") or "")
        expect(led).to_be_focused()
    links.first.focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    tab_to(page, "[name='decision.reference']")
    page.keyboard.type("安信9号")
    tab_to(page, "[name='decision.notified_on']")
    page.keyboard.type(f"{timezone.localdate() - timedelta(2):%m%d%Y}")
    tab_to(page, "[name=grounds]")
    page.keyboard.press("Space")
    tab_to(page, "button[value='next']")
    page.keyboard.press("Enter")
    expect(page.locator("[name=statement]")).to_be_visible()
    for name in ("statement", "requested"):
        tab_to(page, f"[name={name}]")
        page.keyboard.type("不服")
    tab_to(page, "button[value='next']")
    page.keyboard.press("Enter")
    expect(page.locator("[name=signed_by]")).to_be_visible()
    tab_to(page, "[name=signed_by]")
    page.keyboard.type("恒通")
    page.keyboard.press("Enter")
    expect(page.locator("button[value='submit']")).to_be_visible()
    tab_to(page, "button[value='submit']")
    page.keyboard.press("Enter")
    expect(page.locator(".receipt")).to_be_visible()
    expect(page.locator(".receipt strong").first).to_have_text(Case.objects.get().number)
    assert Case.objects.get().facts["grounds"] == "refused_application"


def test_a_step_is_found_on_the_board_and_done_with_the_keyboard_alone(
    browser: Browser, live_server: Any, number: str
) -> None:
    page = calm(Person(browser, live_server.url, "centre"))
    page.goto(f"{live_server.url}/cases/")
    tab_to(page, "#text")
    page.keyboard.type(number)
    page.keyboard.press("Enter")
    expect(page.locator(".board tbody tr")).to_have_count(1)
    tab_to(page, ".board tbody th a")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text("申诉案")
    tab_to(page, "a[href$='/do/receive_deposit/']")
    page.keyboard.press("Enter")
    expect(page.locator("#act")).to_be_visible()
    tab_to(page, "#act button.button:not([name])")
    page.keyboard.press("Enter")
    expect(page.locator("#wrong")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("[name='payment.on']")).to_be_focused()
    page.keyboard.type(f"{timezone.localdate():%m%d%Y}")
    tab_to(page, "#act button.button:not([name])")
    page.keyboard.press("Enter")
    expect(page.locator(".note.good")).to_contain_text("登记保证金到账")
    assert Case.objects.get(number=number).balances["bank"] == 500_000


def test_letters_alone_do_nothing_but_in_the_list(browser: Browser, live_server: Any, number: str) -> None:
    """WCAG 2.1.4: somebody who speaks to the page, or slips on a key, is not thrown about."""
    page = calm(Person(browser, live_server.url, "centre"))
    page.goto(f"{live_server.url}/cases/")
    for key in ("j", "/"):
        page.keyboard.press(key)
        assert page.evaluate("document.activeElement === document.body"), key
    tab_to(page, ".board tbody th a")
    page.keyboard.press("/")
    expect(page.locator("#text")).to_be_focused()
