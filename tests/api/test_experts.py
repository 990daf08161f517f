"""The register of experts over the interface: one's own record declared, others' recorded; what stands keeps them from a case."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from mingduan.people.models import Absence, Interest, Kin, Office, Organisation, Specialty, User

from .client import act, call, filed, make_people, pay

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _people() -> None:
    make_people()


def pk(login: str) -> int:
    return int(User.objects.get(username=login).pk)


def place(login: str, rest: str = "") -> str:
    return f"/experts/{pk(login)}{rest}"


def declared(token: str, login: str, list_: str, /, **row: Any) -> Any:
    response = call(token, "POST", place(login, f"/{list_}"), row)
    assert response.status_code == 201, response.content
    return response.json()


def test_an_expert_reads_the_own_record_an_officer_anybodys_and_nobody_else_any() -> None:
    own = call("expert", "GET", place("expert"))
    assert (own.status_code, own.json()["organisation"]) == (200, "expert")
    assert call("centre", "GET", place("expert")).status_code == 200
    for token, login in (("expert", "tied"), ("enterprise", "expert"), ("enterprise", "enterprise")):
        assert call(token, "GET", place(login)).status_code == 404, (token, login)


def test_a_token_for_cases_reaches_no_record() -> None:
    response = call("centre-reads", "GET", place("expert"))
    assert (response.status_code, response.json()["type"][-13:]) == (403, "scope-missing")


def test_a_tie_of_kin_declared_by_a_program_keeps_the_expert_from_the_case() -> None:
    number = filed().json()["number"]
    pay(number)
    assert act("centre", number, "accept", major=True).status_code == 200
    kin = declared("expert", "expert", "kin", name="陈立", relation="spouse")
    tie = declared(
        "expert", "expert", "interests", whose="kin", holder=kin["id"], organisation="enterprise", kind="任职"
    )
    assert (tie["whose"], tie["holder"], tie["source"]) == ("kin", kin["id"], "self")
    named = call("centre", "GET", f"/cases/{number}/candidates/form_panel").json()
    assert next(c for c in named if c["id"] == str(pk("expert")))["against"]
    read = call("centre", "GET", place("expert")).json()
    assert [(x["organisation"], x["may_change"]) for x in read["interests"]] == [("enterprise", True)]


def test_days_away_are_told_by_the_register_until_they_are_taken_back() -> None:
    day = (timezone.localdate() + timedelta(5)).isoformat()
    away = declared("expert", "expert", "absences", since=day, until=day, why="出差")

    def absent() -> bool:
        return next(e["absent"] for e in call("centre", "GET", f"/experts?day={day}").json() if e["name"] == "expert")

    assert absent()
    back = call("expert", "POST", place("expert", f"/absences/{away['id']}/retract"), {"reason": "改期"})
    assert (back.status_code, back.json()["retraction"]) == (200, "改期")
    assert not absent()


def test_one_ends_what_one_declared_but_not_what_the_body_recorded() -> None:
    own = declared("expert", "expert", "employments", organisation="安信认证", since="2020-01-01")
    theirs = declared("centre", "expert", "employments", organisation="新单位")
    assert (own["source"], theirs["source"]) == ("self", "body")
    end = {"until": "2026-01-31"}
    assert call("expert", "POST", place("expert", f"/employments/{own['id']}/end"), end).json()["until"] == "2026-01-31"
    refused = call("expert", "POST", place("expert", f"/employments/{theirs['id']}/end"), end)
    assert (refused.status_code, refused.json()["type"][-7:]) == (422, "refused")
    assert call("expert", "POST", place("tied", f"/employments/{own['id']}/end"), end).status_code == 404
    again = call("expert", "POST", place("expert", f"/employments/{own['id']}/end"), end)
    assert again.json()["detail"] == "已经结束或撤回"


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        ({"organisation": ""}, "organisation"), ({"since": "2026-02-01", "until": "2026-01-01"}, "row"), ({"since": "someday"}, "since"),
        ({"whose": "kin", "holder": 999}, "holder"), ({"whose": "employer", "holder": 1}, "holder"), ({"whose": "kin"}, "holder"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_told_and_nothing_is_kept(row: dict[str, Any], wrong: str) -> None:
    sent = {"organisation": "安信认证", "kind": "顾问"} | row
    response = call("expert", "POST", place("expert", "/interests"), sent)
    assert (response.status_code, wrong in response.json()["reasons"][0]["input"]) == (422, True), response.json()
    assert not Interest.objects.exists()


def test_the_body_enters_an_employers_tie() -> None:
    agency = Organisation.objects.get(name="安信认证").pk
    read = call("centre", "GET", place("tied")).json()
    assert read["employers"] == [{"id": agency, "name": "安信认证"}]
    tie = {"whose": "employer", "holder": agency, "organisation": "enterprise", "kind": "业务合同"}
    assert declared("centre", "tied", "interests", **tie)["whose"] == "employer"


def test_a_repeated_key_declares_and_ends_once() -> None:
    sent = {"since": "2026-12-01"}
    first, again = (
        call("expert", "POST", place("expert", "/absences"), sent, Idempotency_Key="k1").json() for _ in range(2)
    )
    assert first == again
    assert Absence.objects.count() == 1
    path = place("expert", f"/absences/{first['id']}/end")
    ends = [call("expert", "POST", path, {"until": "2026-12-09"}, Idempotency_Key="k2").status_code for _ in range(2)]
    assert ends == [200, 200]
    assert (
        call("expert", "POST", path, {"until": "2026-12-10"}, Idempotency_Key="k2").json()["type"][-10:] == "key-reused"
    )


def test_the_body_records_specialties_and_nobody_their_own() -> None:
    lines = Specialty.objects.create(zh="线路", en="Lines").pk
    Office.objects.create(user_id=pk("tied"), body="cace", role="centre")
    assert call("centre", "PUT", place("expert", f"/specialties/{lines}")).status_code == 204
    assert [e["name"] for e in call("centre", "GET", f"/experts?specialty={lines}").json()] == ["expert"]
    assert call("tied", "PUT", place("tied", f"/specialties/{lines}")).status_code == 422
    assert call("centre", "DELETE", place("expert", f"/specialties/{lines}")).status_code == 204
    assert call("centre", "GET", place("expert")).json()["specialties"] == []


def test_a_record_unchanged_need_not_be_sent_again() -> None:
    tag = call("expert", "GET", place("expert")).headers["ETag"]
    assert call("expert", "GET", place("expert"), If_None_Match=tag).status_code == 304
    Kin.objects.create(user_id=pk("expert"), name="丙", relation="other")
    assert call("expert", "GET", place("expert"), If_None_Match=tag).status_code == 200
