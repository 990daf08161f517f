"""The case page of a company that works for the body: it stands among the parties, once, and its people can be sent."""

from __future__ import annotations

import pytest
from django.test import Client

from ..cases.telecom import make

pytestmark = pytest.mark.django_db


def test_the_company_is_shown_once_and_only_its_own_people_can_be_sent() -> None:
    desk = make()
    case = desk.dispatched("2026-03-10 10:00")
    client = Client()
    client.force_login(desk.users["lead1"])
    page = client.get(f"/cases/{case.number}/").content.decode()
    people = page[page.index("当事人与人员") : page.index("通知</h2>")]
    assert people.count("恒通代维") == 1
    desk.do("lead1", case, "accept", "2026-03-10 10:10")
    form = client.get(f"/cases/{case.number}/do/assign/").content.decode()
    assert "engineer1" in form
    assert "engineer2" not in form
    client.force_login(desk.users["lead2"])
    assert client.get(f"/cases/{case.number}/").status_code == 404


def test_the_dispatcher_chooses_among_the_companies_with_the_mandate() -> None:
    desk = make()
    case = desk.filed("2026-03-10 10:00")
    client = Client()
    client.force_login(desk.users["dispatcher"])
    form = client.get(f"/cases/{case.number}/do/dispatch/").content.decode()
    assert "恒通代维" in form
    assert "远景维护" in form
    assert "运营商市分公司" not in form
