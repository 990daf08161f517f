"""A person asks for what is held of them and is given it (PIPL 45; GB/T 35273 8.7)."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from django.test import Client

from mingduan.cases import requests
from mingduan.cases.act import Done, Side, act, open_case
from mingduan.cases.models import Case, Notice, Reading
from mingduan.config import clock
from mingduan.people.models import Office, User
from mingduan.procedure.case import Actor
from tests.cases.telecom import Desk, at, make

NAME, PHONE, WORDS = "欧阳明月", "13912340987", "晚上七点后网速很慢"
WHEN, NOW = "2026-11-02 10:00", "2026-11-02 10:30"


@pytest.fixture
def told(db: None, monkeypatch: pytest.MonkeyPatch) -> tuple[Desk, Done]:
    monkeypatch.setattr(clock, "now", lambda: at(NOW))
    people = make()
    officer = User.objects.create_user("officer", name="秦朗", organisation=people.users["desk"].organisation)
    Office.objects.create(user=officer, body="telecom", role="data_officer")
    people.users["officer"] = officer
    return people, filed(PHONE)


def filed(phone: str, user: User | None = None) -> Done:
    done = open_case(
        rulebook="telecom/complaint", action="file", actor=Actor(str(user.pk) if user else "public", NAME, frozenset(["complainant"])),
        at=at(WHEN), sides=[Side("complainant", NAME, user=user)], title="", facts={"about": "billing", "details": WORDS, "customer.phone": phone},
    )  # fmt: skip
    assert isinstance(done, Done), done
    return done


def following(done: Done) -> Client:
    client = Client()
    client.post("/follow/", {"number": done.case.number, "secret": done.secret})
    return client


def asked(client: Client, number: str, **sent: str) -> str:
    """The number of the request."""
    answer = client.post(f"/cases/{number}/mydata/", sent)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer.headers["Location"]).strip("/").split("/")[-1]


def copied(client: Client, number: str) -> tuple[dict[str, Any], list[str]]:
    answer = client.get(f"/cases/{number}/copy.zip")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.getvalue())) as got:
        assert got.read("个人信息副本.pdf").startswith(b"%PDF-")
        return json.loads(got.read("copy.json")), got.namelist()


def test_the_page_tells_what_is_held_and_what_was_asked_before(told: tuple[Desk, Done]) -> None:
    _, done = told
    client, path = following(done), f"/cases/{done.case.number}/mydata/"
    before = client.get(path)
    assert before.status_code == 200
    assert "法定保存期：3年" in before.content.decode()
    request = asked(client, done.case.number, wanted="copy")
    assert request not in before.content.decode()
    assert request in client.get(path).content.decode()
    other = following(filed("13700000000"))
    assert other.get(path).status_code == 404


def test_with_number_and_secret_the_copy_is_given_at_once(told: tuple[Desk, Done]) -> None:
    _, done = told
    client = following(done)
    request = asked(client, done.case.number, wanted="copy")
    copy, _ = copied(client, request)
    (case,) = copy["cases"]
    assert case["number"] == done.case.number
    facts = {f["name"]: f["value"] for f in case["facts"]}
    assert (facts["customer.phone"], facts["details"]) == (PHONE, WORDS)
    assert case["messages"][0]["title"]
    assert case["purpose"]["basis"] == "S04"
    assert case["retention"] | {"clause": "", "rule": ""} == {"rule": "", "clause": "", "lasts": "3年", "until": None, "ended": False}  # fmt: skip


def test_the_copy_tells_who_saw_it_when_and_what_for(told: tuple[Desk, Done]) -> None:
    people, done = told
    desk = Client()
    desk.force_login(people.users["desk"])
    desk.get(f"/cases/{done.case.number}/")
    manager = Client()
    manager.force_login(people.users["manager"])
    manager.post(f"/cases/{done.case.number}/personal/", {"why": "客户要求经理回电"})
    client = following(done)
    copy, _ = copied(client, asked(client, done.case.number, wanted="copy"))
    seen = copy["cases"][0]["seen"]
    assert [s["showed"] for s in seen if s["reader"] == "运营商市分公司 投诉受理台"] == ["投诉内容、客户姓名、联系电话、电子邮件、投诉号码、证据材料、来文所列相关业务、来文附注、来文所附网址、来信内容、附件、补充的资料、发生地点、客户意见、意见和建议、重开的理由、申诉理由、申诉请求"]  # fmt: skip
    assert [s["why"] for s in seen if s["reader"] == "运营商市分公司 分公司经理"] == ["客户要求经理回电"]
    assert "desk" not in json.dumps(seen)


def test_a_request_at_the_desk_is_a_case_with_a_term_of_thirty_days_and_its_clause(told: tuple[Desk, Done]) -> None:
    people, done = told
    desk = Actor(str(people.users["desk"].pk), "受理台", frozenset(["desk"]))
    request = open_case(
        rulebook="telecom/personal-request", action="file", actor=desk, at=at(NOW), title="", sides=[],
        facts={"wanted": "copy", "about": done.case.number, "person.name": NAME},
    )  # fmt: skip
    assert isinstance(request, Done), request
    duty = request.case.duties.get(deadline="answer")
    assert (duty.clause, duty.due, duty.status) == ("GB/T 35273 8.7", at("2026-12-02 23:59:59.999999"), "open")


def test_each_taking_of_a_copy_is_in_the_log_of_both_cases(told: tuple[Desk, Done]) -> None:
    _, done = told
    client = following(done)
    request = asked(client, done.case.number, wanted="copy")
    copied(client, request)
    copied(client, request)
    for number in (request, done.case.number):
        assert Reading.objects.filter(case__number=number, what=Reading.What.COPY).count() == 2


@pytest.mark.usefixtures("told")
def test_an_account_may_have_all_its_complaints_in_one_copy() -> None:
    customer = User.objects.create_user("customer", name=NAME)
    first, second = filed("13800000001", customer), filed("13800000002", customer)
    client = Client()
    client.force_login(customer)
    copy, _ = copied(client, asked(client, first.case.number, wanted="copy", everywhere="yes"))
    assert [c["number"] for c in copy["cases"]] == [first.case.number, second.case.number]


def test_a_secret_opens_one_case_and_no_other(told: tuple[Desk, Done]) -> None:
    _, done = told
    filed(PHONE)
    client = following(done)
    copy, _ = copied(client, asked(client, done.case.number, wanted="copy", everywhere="yes"))
    assert [c["number"] for c in copy["cases"]] == [done.case.number]


def test_at_the_desk_a_copy_waits_for_the_identity_to_be_proved(told: tuple[Desk, Done]) -> None:
    people, done = told
    desk = Actor(str(people.users["desk"].pk), "受理台", frozenset(["desk"]))
    request = open_case(
        rulebook="telecom/personal-request", action="file", actor=desk, at=at(WHEN), title="", sides=[],
        facts={"wanted": "copy", "about": done.case.number, "person.name": NAME},
    )  # fmt: skip
    assert isinstance(request, Done), request
    client = Client()
    client.force_login(people.users["desk"])
    assert client.get(f"/cases/{request.case.number}/copy.zip").status_code == 404
    act(number=request.case.number, action="prove", actor=desk, at=at(WHEN), facts={"identity.kind": "document", "identity.note": "居民身份证，人证一致"})  # fmt: skip
    act(number=request.case.number, action="give", actor=desk, at=at(WHEN))
    copy, _ = copied(client, request.case.number)
    assert [c["number"] for c in copy["cases"]] == [done.case.number]


@pytest.mark.parametrize("who", ["dispatcher", "manager", "lead1", "engineer1"])
def test_nobody_else_is_given_the_copy(told: tuple[Desk, Done], who: str) -> None:
    people, done = told
    request = asked(following(done), done.case.number, wanted="copy")
    client = Client()
    client.force_login(people.users[who])
    assert client.get(f"/cases/{request}/copy.zip").status_code == 404
    assert client.get(f"/cases/{done.case.number}/mydata/").status_code == 404


def test_whoever_asks_is_told_and_the_officer_too(told: tuple[Desk, Done]) -> None:
    _, done = told
    request = asked(following(done), done.case.number, wanted="copy")
    roles = set(Notice.objects.filter(case__number=request).values_list("role", flat=True))
    assert roles == {"complainant", "data_officer"}


def test_a_contact_that_was_verified_finds_the_other_complaints(told: tuple[Desk, Done]) -> None:
    _, done = told
    second, _ = filed(PHONE), filed("13800000003")
    party = done.case.parties.get()
    got = requests.ask(party, None, at(NOW), everywhere=True, secret=done.secret, contact=PHONE)
    assert isinstance(got, Done), got
    numbers = [p.case.number for p in requests.about(Case.objects.get(pk=got.case.pk))]
    assert numbers == [done.case.number, second.case.number]
