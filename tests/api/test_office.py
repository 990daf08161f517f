"""The office over many cases, for its officers and nobody else."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from mingduan.cases.models import Assignment, Case
from mingduan.people.models import User
from mingduan.procedure.calendar import WorkingCalendar

from .client import act, call, filed, make_people, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def number() -> str:
    make_people()
    made = str(filed().json()["number"])
    pay(made)
    assert act("centre", made, "accept", major=False).status_code == 200
    return made


@pytest.mark.parametrize("path", ["/statistics", "/ledger", "/journal", "/archive"])
def test_the_office_is_for_its_officers(number: str, path: str) -> None:
    assert call("centre", "GET", path).status_code == 200
    assert call("enterprise", "GET", path).status_code == 404
    assert call("", "GET", path).status_code == 401


def test_the_figures_count_cases_and_deadlines(number: str) -> None:
    told = call("centre", "GET", "/statistics").json()
    assert (told["opened"], told["pending"], told["decided"]) == (1, 1, 0)
    assert {g["name"]: g["count"] for g in told["grounds"] if g["count"]} == {"change_of_status": 1}
    assert call("centre", "GET", "/statistics?rulebook=csp/appeal-complaint").json()["opened"] == 0
    assert call("centre", "GET", "/statistics?since=2026-02-01&until=2026-01-01").status_code == 422


def test_the_books_hold_what_came_in(number: str) -> None:
    accounts = {a["name"]: a["balance"] for a in call("centre", "GET", "/ledger").json()}
    assert (accounts["bank"], accounts["deposit_held"]) == (500_000, 500_000)
    (line,) = call("centre", "GET", "/journal").json()["items"]
    assert (line["number"], line["amount"], line["action"]) == (number, 500_000, "receive_deposit")


def test_meetings_are_for_whoever_may_see_the_case(number: str) -> None:
    day = WorkingCalendar.china().add(timezone.localdate(), 8)
    starts = f"{day.isoformat()}T09:30:00+08:00"
    assert (
        act("centre", number, "announce_meeting", meeting__starts_at=starts, meeting__place="会议室").status_code == 200
    )
    told = call("enterprise", "GET", "/meetings?mine=true").json()
    assert [(m["number"], m["place"]) for m in told] == [(number, "会议室")]
    assert call("stranger", "GET", "/meetings").json() == []


def test_the_office_asks_for_one_persons_meetings(number: str) -> None:
    day = WorkingCalendar.china().add(timezone.localdate(), 8)
    starts = f"{day.isoformat()}T09:30:00+08:00"
    set_ = act("centre", number, "announce_meeting", meeting__starts_at=starts, meeting__place="会议室")
    assert set_.status_code == 200, set_.content
    members = User.objects.in_bulk(["centre", "stranger", "expert"], field_name="username")
    Assignment.objects.create(case=Case.objects.get(number=number), role="panel", user=members["expert"])

    def asked(token: str, login: str) -> Any:
        return call(token, "GET", f"/meetings?person={members[login].pk}")

    assert [m["number"] for m in asked("centre", "expert").json()] == [number]
    assert asked("centre", "centre").json() == [], "an officer is no party of it, nor appointed"
    assert asked("centre", "stranger").status_code == 422
    assert asked("enterprise", "centre").status_code == 422


def test_times_that_would_do_are_lawful_and_taken_as_they_are(number: str) -> None:
    address = f"/cases/{number}/times/announce_meeting"
    told = call("centre", "GET", address).json()
    assert (told["input"], len(told["times"]), bool(told["before"]), bool(told["after"])) == ("meeting.starts_at", 3, True, True)  # fmt: skip
    assert {r["clause"] for r in told["before"]} == {"6.2.3"}
    assert told["times"][0]["notice"] >= 5
    last = call("centre", "GET", f"{address}?limit=20").json()["times"][-1]
    assert (last["spare"], last["starts_at"][:10]) == (0, told["last"])
    for time in (told["times"][0]["starts_at"], last["starts_at"]):
        body = {"action": "announce_meeting", "facts": {"meeting.starts_at": time, "meeting.place": "一"}}
        findings = call("centre", "POST", f"/cases/{number}/check", body).json()
        assert all(f["holds"] for f in findings), findings


@pytest.mark.parametrize(
    ("token", "action"), [("enterprise", "announce_meeting"), ("stranger", "announce_meeting"), ("centre", "accept"), ("centre", "nothing"), ("centre", "file")],
)  # fmt: skip
def test_times_are_for_whoever_fixes_the_meeting_and_for_acts_that_fix_one(
    number: str, token: str, action: str
) -> None:
    assert call(token, "GET", f"/cases/{number}/times/{action}").status_code == 404


@pytest.mark.parametrize(
    ("asked", "found"),
    [("which=gone", False), ("which=over", False), ("which=kept", True), ("rulebook=cace/appeal", True), ("rulebook=cace/complaint", False),
     ("text={number}", True), ("text=%20安信%20", True), ("text=nothing", False)],
)  # fmt: skip
def test_the_archive_is_narrowed_as_on_the_page(asked: str, found: bool) -> None:
    make_people()
    number = filed().json()["number"]
    withdrawal = {"action": "withdraw", "reason": "和解"}
    assert call("enterprise", "POST", f"/cases/{number}/acts", withdrawal, If_Match="*").status_code == 200
    assert act("centre", number, "close").status_code == 200
    told = call("centre", "GET", f"/archive?{asked.format(number=number)}").json()["items"]
    assert [f["number"] for f in told] == [number] * found
    assert call("centre", "GET", "/archive?which=lost").status_code == 422


def test_a_closed_case_is_in_the_archive() -> None:
    make_people()
    number = filed().json()["number"]
    assert call("centre", "GET", "/archive").json()["items"] == []
    withdrawal = {"action": "withdraw", "reason": "和解"}
    assert call("enterprise", "POST", f"/cases/{number}/acts", withdrawal, If_Match="*").status_code == 200
    closed = act("centre", number, "close")
    assert closed.status_code == 200, closed.content
    told = call("centre", "GET", "/archive").json()["items"]
    assert [(f["number"], f["state"], f["may_go"]) for f in told] == [(number, "closed", False)]
