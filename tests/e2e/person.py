"""Somebody of the demonstration at a real browser."""

from __future__ import annotations

from django.test import Client
from playwright.sync_api import Browser, FilePayload, Page

from mingduan.people.models import User

DESK, PHONE = 1440, 390


class Person:
    """Somebody at their own browser."""

    def __init__(self, browser: Browser, address: str, login: str, width: int = DESK) -> None:
        context = browser.new_context(viewport={"width": width, "height": 900}, locale="zh-CN")
        client = Client()
        client.force_login(User.objects.get(username=login))
        context.add_cookies([{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": address}])
        self.page: Page = context.new_page()
        self.address = address

    def open(self, number: str) -> str:
        """The text of a case's page, with everything unfolded."""
        self.page.goto(f"{self.address}/cases/{number}/")
        return self.page.locator("main").text_content() or ""

    def do(self, number: str, action: str, **facts: str | FilePayload) -> None:
        """Open the action from the case's page, fill its form, send it, and see that it went through."""
        self.page.goto(f"{self.address}/cases/{number}/")
        self.press(f"a[href$='/do/{action}/']")
        for name, value in facts.items():
            self.fill(name.replace("__", "."), value)
        self.press("main form[data-live] button.button:not([name])")
        assert self.page.locator(".note.good").count() == 1, self.page.locator("main").inner_text()

    def read(self, number: str, title: str) -> None:
        """Open a notice's document from the case's page."""
        self.page.goto(f"{self.address}/cases/{number}/")
        link = self.page.locator(".notice", has_text=title).locator("a").first.get_attribute("href")
        assert self.page.request.get(f"{self.address}{link}").headers["content-type"] == "application/pdf"

    def file(self, rulebook: str, *steps: dict[str, str]) -> str:
        """File a case step by step; returns its number."""
        self.page.goto(f"{self.address}/file/{rulebook}/")
        for step in steps:
            for name, value in step.items():
                self.fill(name, value)
            self.press("button[value='next']")
        self.press("button[value='submit']")
        return self.page.locator(".receipt strong").first.inner_text()

    def send(self, go: str, **facts: str | FilePayload) -> None:
        """Fill the step of an application that is open, and press one of its buttons."""
        for name, value in facts.items():
            self.fill(name.replace("__", "."), value)
        self.press(f"button[value='{go}']")

    def press(self, selector: str) -> None:
        """Click what leads to another page, and wait until that page is whole: what is counted then is counted on it."""
        self.page.click(selector)
        self.page.wait_for_load_state()

    def fill(self, name: str, value: str | FilePayload) -> None:
        """Fill a field by its name, whatever kind of field it is; a file is given to one that takes files."""
        field = self.page.locator(f"[name='{name}']").first
        if not isinstance(value, str):
            field.set_input_files(value)
            return
        kind = field.evaluate("e => e.tagName + ':' + (e.type || '')")
        if kind.startswith("SELECT"):
            field.select_option(value)
        elif kind.endswith((":radio", ":checkbox")):
            for one in value.split(","):
                self.page.locator(f"[name='{name}'][value='{one}']").check()
        else:
            field.fill(value)
