"""Dispatch in a browser without JavaScript: what is proposed is sent out, on a desk and on a phone; and nothing there bars anybody."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from mingduan.cases.models import Assignment, Case
from mingduan.people.models import FieldWorker
from tests.cases import telecom
from tests.web.office import signed_in
from tests.web.test_dispatch import around_the_clock
from tests.web.test_field import ago

pytestmark = pytest.mark.e2e
PLACES = [
    ("幸福路8号", "22.5787,113.0815", "蓬江"),
    ("建设路与港口路口", "22.6011,113.0702", "蓬江"),
    ("会城大道100号", "22.4583,113.0340", "新会"),
    ("某镇某村", "", "新会"),
    ("东华一路58号", "22.5960,113.0905", "蓬江"),
]


@pytest.fixture(autouse=True)
def demo() -> None:
    """No demonstration: an office of its own."""


@pytest.fixture
def office(flushable: None) -> telecom.Desk:
    made = telecom.make()
    made.users["other1"].mandates.create(body="telecom", role="engineer")
    for who, base, area in (("engineer1", (22.57, 113.09), "蓬江"), ("other1", (22.47, 113.04), "新会"), ("engineer2", (22.60, 113.05), "蓬江")):  # fmt: skip
        FieldWorker.objects.create(
            user=made.users[who], skills=["wireless"], areas=[area], latitude=base[0], longitude=base[1], base=f"{area}驻点",
            shifts=around_the_clock(),
        )  # fmt: skip
    return made


def placed(case: Case, n: int) -> None:
    address, position, area = PLACES[n]
    case.facts |= {"place.address": address, "place.position": position, "place.area": area}
    case.save()


@pytest.mark.parametrize("width", [1440, 390])
def test_proposals_are_sent_out_without_javascript(
    browser: Browser, live_server, office: telecom.Desk, width: int
) -> None:
    for n in range(5):
        placed(office.dispatched(ago(200 if n == 4 else 30)), n)
        placed(office.filed(ago(30)), n)
    shots = os.environ.get("MINGDUAN_SHOTS")
    for who in ("dispatcher", "lead1"):
        for script in (True, False):
            context = browser.new_context(
                viewport={"width": width, "height": 900}, locale="zh-CN", java_script_enabled=script
            )
            cookie = signed_in(who).cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": live_server.url}])
            page = context.new_page()
            paths = ["/dispatch/"] if who == "dispatcher" else ["/dispatch/people/", f"/dispatch/people/{office.users['engineer1'].pk}/", "/dispatch/"]  # fmt: skip
            for path in paths if script else []:
                page.goto(f"{live_server.url}{path}")
                if shots:
                    name = f"{who}-{path.strip('/').replace('/', '-')}-{width}.png"
                    page.screenshot(path=str(Path(shots) / name), full_page=True)
                assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path
                found = Axe().run(page).response["violations"]
                assert [(path, v["id"], [n["html"][:120] for n in v["nodes"]]) for v in found] == []
            if not script and who == "lead1":
                page.goto(f"{live_server.url}/dispatch/")
                page.get_by_role("button", name="派出勾选的").click()
                expect(page.locator("section[role=status] .tag.good")).to_have_count(5)
                assert Assignment.objects.count() == 5
            context.close()
