"""Personal data of a complainant (PIPL 6, 28, 51; S17 4.1): who meets it as it is, on which page, by which program."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from django.test import Client

from mingduan.api.tokens import mint
from mingduan.cases.act import Done, Side, open_case
from mingduan.cases.models import Case, Notice, Reading
from mingduan.config import clock
from mingduan.procedure.case import Actor
from tests.cases.telecom import Desk, at, make

NAME, PHONE, STREET = "欧阳明月", "13912340987", "港口路一百二十号三座"
WHEN = "2026-11-02 10:00"
OFFICES = ("dispatcher", "manager", "lead1")


@pytest.fixture
def told(db: None, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, Case]:
    monkeypatch.setattr(clock, "now", lambda: at("2026-11-02 10:30"))
    people = make()
    done = open_case(
        rulebook="telecom/network-complaint", action="file", actor=Actor(str(people.users["desk"].pk), "受理台", frozenset(["desk"])),
        at=at(WHEN), sides=[Side("complainant", NAME)], title="",
        facts={
            "trouble": "slow_data", "details": f"我是{NAME}，请打{PHONE}，住{STREET}", "place.address": STREET,
            "customer.phone": PHONE, "customer.name": NAME,
        },
    )  # fmt: skip
    assert isinstance(done, Done), done
    case = done.case
    people.do("desk", case, "verify", WHEN, **{"entry.how": "callback", "entry.found": f"回访{NAME}属实"})
    people.do("desk", case, "grade", WHEN)
    people.do("dispatcher", case, "dispatch", WHEN, organisation=str(people.contractors[0].pk), **{"dispatch.specialty": "wireless"})  # fmt: skip
    return people, case


def page(people: Desk, who: str, path: str) -> str:
    client = Client()
    client.force_login(people.users[who])
    return client.get(path).getvalue().decode()


def met(text: str) -> set[str]:
    """Which of the planted values stand in a text."""
    return {value for value in (NAME, PHONE, STREET) if value in text}


def test_the_desk_sees_the_customer_whole_and_it_is_logged(told: tuple[Desk, Case]) -> None:
    people, case = told
    assert met(page(people, "desk", f"/cases/{case.number}/")) == {NAME, PHONE, STREET}
    log = Reading.objects.filter(case=case).latest("id")
    assert log.reader_id == str(people.users["desk"].pk)
    assert "联系电话" in log.name


@pytest.mark.parametrize(("who", "may"), [("dispatcher", {STREET}), ("manager", set()), ("lead1", set())])
def test_others_of_the_case_see_it_masked(told: tuple[Desk, Case], who: str, may: set[str]) -> None:
    people, case = told
    text = page(people, who, f"/cases/{case.number}/")
    assert case.number in text
    assert met(text) == may
    assert "139****0987" in text


@pytest.mark.parametrize("who", ["desk", *OFFICES])
@pytest.mark.parametrize(
    "path", ["/home/", "/cases/", "/cases/all.csv", "/inbox/", "/api/cases", "/api/duties", "/api/notices"]
)
def test_no_list_names_the_customer(told: tuple[Desk, Case], who: str, path: str) -> None:
    people, _ = told
    text = page(people, who, path)
    assert NAME not in text
    assert PHONE not in text


@pytest.mark.parametrize("who", ["desk", *OFFICES])
def test_a_part_of_a_number_finds_nothing(told: tuple[Desk, Case], who: str) -> None:
    people, case = told
    Case.objects.filter(pk=case.pk).update(facts=case.facts | {"details": "网速慢"})  # free text may be looked into
    assert f"/cases/{case.number}/" not in page(people, who, f"/cases/?text={quote(PHONE[3:9])}")


@pytest.mark.parametrize(("who", "may"), [("desk", {NAME, PHONE, STREET}), ("manager", set()), ("lead1", set())])
@pytest.mark.parametrize("path", ["", "/events", "/notices"])
def test_programs_meet_what_pages_show(told: tuple[Desk, Case], who: str, may: set[str], path: str) -> None:
    people, case = told
    text = asked(people, who, f"/api/cases/{case.number}{path}")
    assert met(text) <= may
    if path != "/notices":  # those are written for whom they are for
        assert met(text) == may


@pytest.mark.parametrize(("who", "may"), [("desk", {NAME, PHONE, STREET}), ("manager", set()), ("lead1", set())])
@pytest.mark.parametrize("version", ["v4", "v5"])
def test_trouble_tickets_are_masked_alike(told: tuple[Desk, Case], who: str, may: set[str], version: str) -> None:
    people, case = told
    assert met(asked(people, who, f"/tmf-api/troubleTicket/{version}/troubleTicket/{case.number}")) == may


def test_who_says_why_is_shown_it_for_a_while_and_it_is_noted(
    told: tuple[Desk, Case], monkeypatch: pytest.MonkeyPatch
) -> None:
    people, case = told
    client = Client()
    client.force_login(people.users["manager"])
    client.post(f"/cases/{case.number}/personal/", {"why": "客户要求经理回电"})
    assert met(client.get(f"/cases/{case.number}/").content.decode()) == {NAME, PHONE, STREET}
    log = Reading.objects.get(case=case, what=Reading.What.PERSONAL)
    assert (log.reader_id, log.name) == (str(people.users["manager"].pk), "客户要求经理回电")
    monkeypatch.setattr(clock, "now", lambda: at("2026-11-02 10:46"))
    assert not met(client.get(f"/cases/{case.number}/").content.decode())


@pytest.mark.parametrize(
    ("who", "masked", "may_ask"), [("desk", False, False), ("manager", True, True), ("lead1", True, False)]
)
def test_the_page_says_that_it_masks_and_asks_for_a_reason_where_one_may_give_it(
    told: tuple[Desk, Case], who: str, masked: bool, may_ask: bool
) -> None:
    people, case = told
    text = page(people, who, f"/cases/{case.number}/")
    assert ("个人信息已遮盖" in text, "为什么需要看" in text) == (masked, may_ask)


def test_whom_a_notice_went_to_is_told_also_where_its_document_may_not_be_opened(told: tuple[Desk, Case]) -> None:
    people, case = told
    text = page(people, "manager", f"/cases/{case.number}/")
    told_customer = Notice.objects.get(case=case, role="complainant", seq=1)
    assert f"/notices/{told_customer.pk}.pdf" not in text
    assert f"/notices/{told_customer.pk}.pdf" in page(people, "desk", f"/cases/{case.number}/")
    assert "投诉客户" in text.split('id="notices"')[1].split("</section>")[0]


def test_without_a_reason_nothing_is_shown(told: tuple[Desk, Case]) -> None:
    people, case = told
    client = Client()
    client.force_login(people.users["manager"])
    client.post(f"/cases/{case.number}/personal/", {"why": " "})
    assert not met(client.get(f"/cases/{case.number}/").content.decode())


def test_a_contractor_may_not_have_it_shown(told: tuple[Desk, Case]) -> None:
    people, case = told
    client = Client()
    client.force_login(people.users["lead1"])
    assert client.post(f"/cases/{case.number}/personal/", {"why": "想看"}).status_code == 404


def test_notices_to_others_are_written_masked(told: tuple[Desk, Case]) -> None:
    _, case = told
    for notice in Notice.objects.filter(case=case).exclude(role__in=["complainant", "desk"]):
        assert not met(notice.title + notice.body) - {STREET}, notice.role


def asked(people: Desk, who: str, path: str) -> str:
    """What a program of theirs is told, its escapes undone."""
    made, _ = mint(people.users[who], "t", ["cases:read"])
    response = Client().get(path, headers={"Authorization": f"Bearer {made}"})
    assert response.status_code == 200, response.content
    return json.dumps(response.json(), ensure_ascii=False)
