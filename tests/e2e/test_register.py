"""The public register in a real browser: every page passes axe, and a certificate's PDF is verified by dropping it."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from playwright.sync_api import Browser, Page

from tests.registry import shelf

from .test_appeal import DESK, PHONE, axe

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flushable")]
NUMBER = "2026ZH0001JR0"
PAGES = (
    "/register/", "/register/?q=%E4%B8%8D%E5%AD%98%E5%9C%A8", f"/register/{NUMBER}/", f"/register/{NUMBER}/?on=2026-05-31",
    "/register/2026XL0002YR0/", "/register/2026JZ0003BR0/", "/register/guide/", "/register/open-data/", "/announcements/",
    "/announcements/?kind=replace", "/verify/", f"/verify/?number={NUMBER}", "/verify/?number=2026JZ0003BR0", "/verify/?number=1",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _shelf(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path
    cache.clear()
    shelf.register()


@pytest.mark.parametrize(("width", "scheme"), [(DESK, "light"), (PHONE, "dark")])
def test_axe_finds_nothing_on_any_page_and_none_is_wider_than_the_screen(
    browser: Browser, live_server: Any, width: int, scheme: Any
) -> None:  # fmt: skip
    page = visitor(browser, width, scheme)
    for path in PAGES:
        page.goto(live_server.url + path)
        assert axe(page) == [], path
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_a_visitor_goes_from_the_search_to_the_certificate_and_reports_its_misuse(
    browser: Browser, live_server: Any
) -> None:  # fmt: skip
    page = visitor(browser, PHONE)
    page.goto(f"{live_server.url}/register/")
    page.fill("[name=q]", "htdw")
    page.keyboard.press("Enter")
    page.click(f"main a:text('{NUMBER}')")
    page.click("main a:text('举报误用')")
    assert page.input_value("[name='report.number']") == NUMBER
    assert page.input_value("[name='report.holder']") == "恒通代维有限公司"
    assert axe(page) == []


def test_a_certificate_dropped_on_the_page_is_verified(browser: Browser, live_server: Any) -> None:
    page = visitor(browser, DESK)
    paper = page.request.get(f"{live_server.url}/register/{NUMBER}/original-zh.pdf").body()
    page.goto(f"{live_server.url}/verify/")
    drop(page, paper)
    page.wait_for_selector(".verdict")
    told = page.locator(".verdict").inner_text()
    assert page.locator(".verdict.bad").count() == 0, told
    assert f"与留存的证书{NUMBER}正本逐字节一致" in told
    assert axe(page) == []


def visitor(browser: Browser, width: int, scheme: Any = "light") -> Page:
    """Somebody without an account."""
    return browser.new_page(viewport={"width": width, "height": 900}, locale="zh-CN", color_scheme=scheme)


def drop(page: Page, content: bytes) -> None:
    """Drop a PDF on the form for files, as a mouse would."""
    page.evaluate(
        """([form, coded]) => {
            const bytes = Uint8Array.from(atob(coded), c => c.charCodeAt(0));
            const data = new DataTransfer();
            data.items.add(new File([bytes], '证书.pdf', {type: 'application/pdf'}));
            document.querySelector(form).dispatchEvent(new DragEvent('drop', {dataTransfer: data, bubbles: true, cancelable: true}));
        }""",
        ["form.drop", base64.b64encode(content).decode()],
    )
