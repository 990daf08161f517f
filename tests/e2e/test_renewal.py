"""A page that is renewed brings what is new without being loaded again, and nobody loses their place."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser

from mingduan.people.models import Office
from mingduan.web import watch
from tests.cases import telecom
from tests.web.test_watch import do, event

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flushable")]


@pytest.fixture(autouse=True)
def demo() -> None:
    """No demonstration: an operator's people."""


def test_what_is_logged_elsewhere_comes_up_while_the_reader_stays(
    browser: Browser, live_server: Any, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY", 1)
    office = telecom.make()
    manager = office.users["manager"]
    Office.objects.create(user=manager, body="telecom", role="command")
    case = event()
    client.force_login(manager)
    context = browser.new_context(viewport={"width": 1440, "height": 900}, locale="zh-CN")
    context.add_cookies([{"name": n, "value": c.value, "url": live_server.url} for n, c in client.cookies.items()])
    page = context.new_page()
    page.goto(f"{live_server.url}/cases/{case.number}/watch/")
    page.evaluate("window.mine = true")
    link = page.locator(f"main a[href='/cases/{case.number}/']").first
    link.focus()
    do(case, "note", "team", **{"entry.what": "measure", "entry.text": "发电车已到位"})
    page.wait_for_selector("text=发电车已到位")
    assert page.evaluate("[window.mine, document.activeElement.getAttribute('href')]") == [
        True,
        f"/cases/{case.number}/",
    ]
    assert page.locator("h1").count() == 1
    assert page.locator(".alarm").is_visible()
