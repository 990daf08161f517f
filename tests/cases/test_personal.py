"""Personal data of a complainant (PIPL 6, 28, 51; S17 4.1): who meets it as it is, on which page, by which program."""

from __future__ import annotations

import contextlib
import json
from typing import Any
from urllib.parse import quote

import pytest
from django.core import mail
from django.test import Client

from mingduan.api.tokens import mint
from mingduan.cases import files, outbox
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


@pytest.mark.parametrize(("who", "part"), [("desk", True), ("dispatcher", False), ("manager", False), ("lead1", False)])
def test_a_masked_name_is_found_whole_and_by_a_part_only_by_who_sees_it(
    told: tuple[Desk, Case], who: str, part: bool
) -> None:
    people, case = told
    Case.objects.filter(pk=case.pk).update(facts=case.facts | {"details": "网速慢"})  # free text may be looked into
    here = f"/cases/{case.number}/"
    assert (here in page(people, who, f"/cases/?text={quote(NAME[1:3])}")) is part
    assert here in page(people, who, f"/cases/?text={quote(NAME)}")


@pytest.mark.parametrize(
    "path",
    [
        "/home/", "/cases/", "/cases/all.csv", "/cases/?text=%E7%BD%91%E9%80%9F", "/inbox/", "/statistics/", "/dashboard/", "/archive/", "/dispatch/",
        "/hotspots/", "/duties/", "/meetings/", "/letters/", "/desk/", "/api/cases", "/api/duties", "/api/notices", "/api/archive", "/api/statistics",
        "/tmf-api/troubleTicket/v4/troubleTicket", "/tmf-api/troubleTicket/v5/troubleTicket?fields=note,relatedParty,description",
    ],
)  # fmt: skip
@pytest.mark.parametrize("who", [*OFFICES, "other1", "lead2", "engineer2"])
def test_whoever_must_not_see_it_meets_it_nowhere(told: tuple[Desk, Case], who: str, path: str) -> None:
    people, _ = told
    client = Client()
    client.force_login(people.users[who])
    token, _ = mint(people.users[who], "t", ["cases:read"])
    headers = {"Authorization": f"Bearer {token}"} if "api" in path else {}
    text = client.get(path, follow=True, headers=headers).getvalue().decode("utf-8", "replace")
    with contextlib.suppress(ValueError):  # a page or a file
        text = json.dumps(json.loads(text), ensure_ascii=False)
    assert met(text) <= ({STREET} if who == "dispatcher" else set())


def test_no_mail_to_the_office_or_a_contractor_holds_it(told: tuple[Desk, Case]) -> None:
    people, _ = told
    outbox.run(at("2026-11-02 10:30"))
    others = [m for m in mail.outbox if people.users["desk"].email not in m.to]
    assert others
    assert not [m.to for m in others if met(str(m.message().as_string()) + m.subject + m.body)]


def test_programs_say_why_and_are_shown_it_and_it_is_noted(told: tuple[Desk, Case]) -> None:
    people, case = told
    got = say_why(people, "manager", case, " 客户要求经理回电 ")
    assert got.status_code == 200
    assert met(json.dumps(got.json(), ensure_ascii=False)) == {NAME, PHONE, STREET}
    log = Reading.objects.get(case=case, what=Reading.What.PERSONAL)
    assert (log.reader_id, log.name) == (str(people.users["manager"].pk), "客户要求经理回电")


@pytest.mark.parametrize(("who", "why", "status"), [("lead1", "想看", 404), ("manager", " ", 422)])
def test_programs_are_shown_nothing_without_right_or_reason(
    told: tuple[Desk, Case], who: str, why: str, status: int
) -> None:
    people, case = told
    assert say_why(people, who, case, why).status_code == status
    assert not Reading.objects.filter(case=case, what=Reading.What.PERSONAL).exists()


def say_why(people: Desk, who: str, case: Case, why: str) -> Any:
    token, _ = mint(people.users[who], "t", ["cases:read"])
    return Client().post(
        f"/api/cases/{case.number}/personal",
        {"why": why},
        "application/json",
        headers={"Authorization": f"Bearer {token}"},
    )


def test_a_file_with_personal_data_opens_to_whom_it_is_shown_or_who_says_why(told: tuple[Desk, Case]) -> None:
    people, case = told
    kept = files.receive("欧阳明月的账单.txt", b"bill\n" * 3, at(WHEN))
    assert isinstance(kept, files.StoredFile)
    Case.objects.filter(pk=case.pk).update(facts=case.facts | {"evidence": [kept.as_fact()]})
    path = f"/cases/{case.number}/files/{kept.sha256}/"
    desk, manager, lead = (Client() for _ in range(3))
    for client, who in ((desk, "desk"), (manager, "manager"), (lead, "lead1")):
        client.force_login(people.users[who])
    assert desk.get(path).status_code == 200
    assert (manager.get(path).status_code, lead.get(path).status_code) == (302, 302)
    assert NAME not in manager.get(f"/cases/{case.number}/").content.decode()
    manager.post(f"/cases/{case.number}/personal/", {"why": "核对账单"})
    assert manager.get(path).status_code == 200
    assert json.loads(asked(people, "lead1", f"/api/cases/{case.number}/files")) == []


def test_numbers_in_words_are_masked_to_who_is_shown_the_address_only(told: tuple[Desk, Case]) -> None:
    people, case = told
    Case.objects.filter(pk=case.pk).update(facts=case.facts | {"details": "也可打 13700001111"})
    assert "13700001111" not in page(people, "dispatcher", f"/cases/{case.number}/")
