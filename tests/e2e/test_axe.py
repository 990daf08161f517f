"""axe finds nothing on any page: every address of the written matrix is opened by somebody who may, in light and in dark."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, Page

from mingduan.cases.act import Done, Side, open_case
from mingduan.complaints.models import TicketFile
from mingduan.people.models import FieldWorker, Mandate, Office
from mingduan.procedure.case import Actor
from tests.cases import telecom
from tests.complaints.post.letters import came, written
from tests.complaints.test_settlement import recorded
from tests.permissions.test_matrix import OPENS, rows
from tests.permissions.world import World, make
from tests.web.test_field import ago
from tests.web.test_watch import event

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("flushable")]
PROGRAMS = ("/api/", "/tmf-api/", "/health/", "/metrics")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
EXCUSED = {
    "/account/recovery-codes/": "nobody of the world has a second factor: test_accounts opens it, its parts are those of /account/second-factor/",
    "/account/second-factor/off/": "as above",
    "/login/code/": "leads on unless a password was just given",
}
PLACE = re.compile(r"<([a-z0-9_]+)>")


@pytest.fixture(autouse=True)
def demo() -> None:
    """No demonstration: the matrix's world and an operator's."""


@pytest.fixture
def visits(registry_home: Any) -> list[tuple[str, Client, str]]:
    """(address as written, whose browser, address as asked for) for every page of the product."""
    world = make()
    found = list(_of_the_matrix(world))
    return found + list(_of_the_operator())


def _of_the_matrix(world: World) -> Iterator[tuple[str, Client, str]]:
    """Each by the first person of the matrix who may, an officer before a party before the public."""
    order = ("centre", "filer", "admin", "committee", "secretariat", "expert", "stranger", "secret", "nobody")
    for method, address, marks in rows():
        if method != "GET" or not _is_page(address) or address in EXCUSED:
            continue
        for name in sorted(marks, key=lambda n: order.index(n) if n in order else len(order)):
            if marks[name] == OPENS:
                case = world.public if name == "secret" else world.case
                values = world.values(address, case)
                yield address, world.people[name].client, PLACE.sub(lambda m, v=values: str(v[m[1]]), address)
                break


def _of_the_operator() -> Iterator[tuple[str, Client, str]]:
    """The complaint desk's, dispatch's, the field's and the contractors' pages, with something on each."""
    office = telecom.make(("华盛代维", "金桥代维"))
    for who, body, role in (
        ("manager", "telecom", "command"), ("manager", "contractor", "branch_manager"), ("dispatcher", "telecom", "team"),
    ):  # fmt: skip
        Office.objects.create(user=office.users[who], body=body, role=role)
    Mandate.objects.create(user=office.users["lead1"], body="contractor", role="contractor")
    engineer = office.users["engineer1"]
    FieldWorker.objects.create(user=engineer, skills=["wireless"], latitude=22.57, longitude=113.09, shifts=["00:00-23:59"] * 7)  # fmt: skip
    office.filed(ago(40))
    job = office.dispatched(ago(30))
    office.do("lead1", job, "accept", ago(20))
    office.do("lead1", job, "assign", ago(19), people=[{"id": str(engineer.pk)}])
    office.users["contracts"] = office.users["manager"]
    recorded(office, "dress", ago(10), persons=1)
    emergency = event(minutes=40)
    clients = {name: Client() for name in office.users}
    for name, client in clients.items():
        client.force_login(office.users[name])
    sheet = SimpleUploadedFile(
        "t.csv", "工单号,受理时间,投诉内容,状态\n1,2026-01-05 08:00,没有信号,已归档\n2,昨天,话费多扣,处理中\n".encode()
    )
    clients["desk"].post("/tickets/", {"file": sheet, "body": "telecom"})
    (letter,) = came(written(Precedence="bulk"))
    tickets, company = TicketFile.objects.get().pk, office.contractors[0].pk
    card = f"/scorecards/contractor/complaint-score/{timezone.localdate():%Y-%m}/"
    for address, who, path in (
        ("/desk/", "desk", ""), ("/desk/<body>/", "desk", "/desk/telecom/"), ("/desk/<body>/model/", "desk", "/desk/telecom/model/"),
        ("/dashboard/", "manager", ""), ("/hotspots/", "manager", ""), ("/dispatch/", "dispatcher", ""), ("/dispatch/", "lead1", ""),
        ("/dispatch/people/", "lead1", ""), ("/dispatch/people/<pk>/", "lead1", f"/dispatch/people/{engineer.pk}/"),
        ("/field/", "engineer1", ""), ("/field/<number>/", "engineer1", f"/field/{job.number}/"),
        ("/cases/<number>/watch/", "manager", f"/cases/{emergency.number}/watch/"),
        ("/cases/<number>/", "manager", f"/cases/{emergency.number}/"), ("/cases/<number>/", "engineer1", f"/cases/{job.number}/"),
        ("/cases/<number>/do/<action>/", "engineer1", f"/cases/{job.number}/do/report/"),
        ("/scorecards/", "manager", ""), ("/scorecards/", "lead1", ""), ("/scorecards/<body>/<name>/<written>/", "manager", card),
        ("/scorecards/<body>/<name>/<written>/<pk>/", "lead1", f"{card}{company}/"),
        ("/contractors/", "manager", ""), ("/contractors/", "lead1", ""), ("/contractors/<pk>/", "manager", f"/contractors/{company}/"),
        ("/letters/", "desk", ""), ("/letters/<pk>/", "desk", f"/letters/{letter.pk}/"), ("/tickets/", "desk", ""), ("/tickets/<pk>/", "desk", f"/tickets/{tickets}/"),
        ("/tickets/<pk>/columns/", "desk", f"/tickets/{tickets}/columns/"),
    ):  # fmt: skip
        yield address, clients[who], path or address
    yield "/cases/<number>/mydata/", *_of_a_complainant()


def _of_a_complainant() -> tuple[Client, str]:
    """Whoever complained without an account, at what is held of them."""
    told = {"about": "billing", "details": "话费多扣", "customer.phone": "13912340987"}
    done = open_case(
        rulebook="telecom/complaint", action="file", actor=Actor("public", "欧阳明月", frozenset(["complainant"])), at=telecom.at(ago(15)),
        sides=[Side("complainant", "欧阳明月")], title="", facts=told,
    )  # fmt: skip
    assert isinstance(done, Done)
    client = Client()
    client.post("/follow/", {"number": done.case.number, "secret": done.secret})
    return client, f"/cases/{done.case.number}/mydata/"


def test_axe_finds_nothing_on_any_page_of_the_matrix(
    browser: Browser, live_server: Any, visits: list[tuple[str, Client, str]]
) -> None:
    pages: dict[int, Page] = {}
    wrong: list[str] = []
    left = {a for m, a, _ in rows() if m == "GET" and _is_page(a)} - set(EXCUSED)
    for address, client, path in visits:
        page = pages.get(id(client)) or pages.setdefault(id(client), _browser(browser, live_server.url, client))
        answer = page.goto(live_server.url + path)
        assert answer is not None
        assert answer.status == 200, (address, path, answer.status)
        left.discard(address)
        page.evaluate("document.querySelectorAll('main details').forEach(d => d.open = true)")
        if not page.evaluate("document.documentElement.scrollWidth <= innerWidth"):
            wrong.append(f"{path}: runs off the side")
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found = Axe().run(page, options=RULES).response["violations"]
            wrong += [f"{path} {scheme}: {v['id']}: {n['html'][:120]}" for v in found for n in v["nodes"]]
    assert wrong == []
    assert left == set(), "neither opened nor excused"


def _is_page(address: str) -> bool:
    """Files and what only programs ask for have no page; the API's description has one."""
    last = address.rstrip("/").rpartition("/")[2]
    if address.startswith(PROGRAMS):
        return address == "/api/docs"
    return "." not in last and last != "<sha256>"


def _browser(browser: Browser, address: str, client: Client) -> Page:
    """A browser signed in as the client is, on a phone."""
    context = browser.new_context(viewport={"width": 390, "height": 900}, locale="zh-CN")
    context.add_cookies([{"name": n, "value": c.value, "url": address} for n, c in client.cookies.items()])
    return context.new_page()
