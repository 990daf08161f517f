"""The hotline desk with the keyboard alone: a call from its number to the number read out, and the next one; also while an
input method composes.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect

from mingduan.cases.models import Case
from mingduan.complaints import training
from mingduan.complaints.triage import LEAST_CASES
from tests.cases import telecom

from .person import Person

pytestmark = pytest.mark.e2e
SAID = ("没有信号，打不了电话", "网络不通，手机无信号"), ("话费多扣三十元", "套餐扣费不对，要求退费")


@pytest.fixture(autouse=True)
def demo() -> None:
    """No demonstration: an office of its own."""


@pytest.fixture
def page(browser: Browser, live_server, flushable: None) -> Iterator[Page]:
    """The desk, where this caller complained before and a model has been trained."""
    office = telecom.make()
    case = office.filed((timezone.localtime() - timedelta(hours=3)).strftime("%Y-%m-%d %H:%M"))
    for n in range(LEAST_CASES):
        facts = {"details": f"{SAID[n % 2][n // 2 % 2]}{n}", "class": ("network", "billing")[n % 2]}
        Case.objects.create(
            number=f"X-{n}", rulebook=case.rulebook, digest=case.digest, state="closed", title="x", facts=facts, length=0,
            opened_at=timezone.now() - timedelta(60), changed_at=timezone.now(),
        )  # fmt: skip
    training.train("telecom", timezone.now())
    shown = Person(browser, live_server.url, "desk").page
    shown.goto(f"{live_server.url}/desk/telecom/")
    yield shown
    shown.context.close()


def focused(page: Page) -> str:
    """The name of the field where the keyboard is."""
    return str(page.evaluate("document.activeElement.name ?? ''"))


def look(page: Page, name: str) -> None:
    """Keep a picture where pictures are wanted."""
    if shots := os.environ.get("MINGDUAN_SHOTS"):
        page.screenshot(path=str(Path(shots) / f"desk-{name}.png"), full_page=True)


def test_a_call_and_the_next_one_by_keyboard_alone(page: Page) -> None:
    keys = page.keyboard
    before = Case.objects.count()
    assert focused(page) == "customer.phone"  # a call comes: its number is typed at once
    keys.type("13800000000")
    keys.press("Alt+2")
    expect(page.locator("#d-history .count")).to_have_text("1")
    keys.type("话费多扣了三十元，要求退费")
    expect(page.locator(".choice.said").first).to_be_visible()
    look(page, "call")
    keys.press("Alt+3")
    assert focused(page) == "matter"
    assert page.locator("[name=matter]:checked").count() == 0  # looking at it chooses nothing
    keys.press("Space")
    assert page.locator(".choice.said [name=matter]:checked").count() == 1
    keys.press("Alt+s")
    expect(page.locator("#opened")).to_be_focused()
    look(page, "opened")
    assert Axe().run(page).response["violations"] == []
    assert Case.objects.count() == before + 1
    case = Case.objects.latest("pk")
    assert (case.facts["channel"], case.facts["customer.phone"]) == ("hotline", "13800000000")
    keys.press("Alt+n")
    expect(page.locator("#opened")).to_have_count(0)
    assert focused(page) == "customer.phone"


def test_what_is_missing_is_told_and_mended_by_keyboard_alone(page: Page) -> None:
    keys = page.keyboard
    keys.type("13900000001")
    keys.press("Alt+s")
    expect(page.locator("[role=alert], .field.wrong").first).to_be_visible()
    look(page, "missing")
    keys.press("Alt+2")
    keys.type("一直没有信号")
    keys.press("Alt+4")
    assert page.evaluate("!!document.activeElement.closest('.more')")
    keys.press("Alt+3")
    keys.press("Space")
    with page.expect_navigation():
        keys.press("Alt+s")
    expect(page.locator("[name='place.address']")).to_be_focused()  # the one that this matter needs


def test_no_key_sends_a_word_that_is_still_being_composed(page: Page) -> None:
    before, keys = Case.objects.count(), page.keyboard
    keys.press("Alt+2")
    method = page.context.new_cdp_session(page)
    method.send("Input.imeSetComposition", {"text": "huafei", "selectionStart": 6, "selectionEnd": 6})
    page.locator("textarea[name=details]").dispatch_event(
        "keydown", {"key": "s", "code": "KeyS", "altKey": True, "isComposing": True}
    )
    assert Case.objects.count() == before
    assert focused(page) == "details"
    method.send("Input.insertText", {"text": "话费多扣"})
    assert page.locator("textarea[name=details]").input_value() == "话费多扣"
    expect(page.locator("#beside ol.beside")).to_be_visible()


def test_the_keys_are_listed_where_they_are(page: Page) -> None:
    said = page.locator("main .head").inner_text()
    for key in page.locator("main [accesskey]").evaluate_all("all => all.map((e) => e.accessKey.toUpperCase())"):
        assert key in said.upper()
