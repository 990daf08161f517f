"""What the rulebook asks of one side is not taken from another: by the interface it is refused with clause and remedy."""

from __future__ import annotations

from typing import Any

import pytest

from mingduan.api.tokens import digest
from mingduan.cases.act import Done, Side, open_case
from mingduan.cases.models import Case, EventRow
from mingduan.config import clock
from mingduan.people.models import ApiToken, Interest, Office, Organisation, User
from mingduan.procedure.case import Actor

from .client import SCOPES, act, call, filed, make_people

pytestmark = pytest.mark.django_db
BILLING = {"about": "billing", "details": "多扣三十元", "customer.phone": "13800000001"}
NETWORK = {"trouble": "no_signal", "details": "没有信号", "place.address": "港口路1号", "customer.phone": "13800000001"}


@pytest.fixture(autouse=True)
def people() -> None:
    make_people()
    clerk = User.objects.create_user("clerk", password="x", name="温雅")
    Office.objects.create(user=clerk, body="telecom", role="desk")
    ApiToken.objects.create(user=clerk, name="t", scopes=SCOPES, digest=digest("clerk"))


@pytest.mark.parametrize(
    ("rulebook", "facts", "more", "clause"),
    [
        ("telecom/complaint", BILLING, {"channel": "visit"}, "S17 1.1"),
        ("telecom/complaint", BILLING, {"customer.name": "别人"}, "S08 1.2"),
        ("telecom/complaint", BILLING, {"source.name": "总部", "source.ticket": "1"}, "S17 1.2"),
        ("telecom/network-complaint", NETWORK, {"reported_by": "leader"}, "S19 2.1(1)"),  # would make it level 1
    ],
)
@pytest.mark.parametrize("token", ["", "stranger"])
def test_a_customer_is_refused_what_is_asked_of_the_desk(
    token: str, rulebook: str, facts: dict[str, Any], more: dict[str, str], clause: str
) -> None:
    told = call(token, "POST", "/cases", {"rulebook": rulebook, "facts": facts | more, "name": "" if token else "李梅"})
    assert told.status_code == 422, told.content
    reasons = told.json()["reasons"]
    assert [(r["input"], r["clause"]) for r in reasons] == [(name, clause) for name in more]
    assert all("受理台" in r["remedy"]["zh"] for r in reasons)
    assert not Case.objects.exists()


def test_the_desk_gives_it_and_a_customer_files_without_it() -> None:
    desk = call("clerk", "POST", "/cases", {"rulebook": "telecom/network-complaint", "facts": {**NETWORK, "reported_by": "leader", "channel": "visit"}, "action": "file"})  # fmt: skip
    own = call("stranger", "POST", "/cases", {"rulebook": "telecom/network-complaint", "facts": NETWORK})
    assert (desk.status_code, own.status_code) == (201, 201), (desk.content, own.content)
    assert [c.facts["channel"] for c in Case.objects.order_by("pk")] == ["visit", "web"]


def test_looked_over_before_filing_it_is_refused_as_well() -> None:
    told = call(
        "", "POST", "/rulebooks/telecom/network-complaint/check", {"facts": {**NETWORK, "reported_by": "leader"}}
    )
    against = [f["reason"] for f in told.json() if f["reason"]]
    assert [(r["input"], r["clause"]) for r in against] == [("reported_by", "S19 2.1(1)")]


def test_s01_8_3_an_officer_who_comes_to_have_an_interest_neither_reads_nor_acts() -> None:
    number = filed().json()["number"]
    assert call("centre", "GET", f"/cases/{number}").status_code == 200
    Interest.objects.create(
        user=User.objects.get(username="centre"), organisation=Organisation.objects.get(name="enterprise"), kind="持股"
    )
    before = EventRow.objects.count()
    assert act("centre", number, "accept").status_code == 404
    assert call("centre", "GET", f"/cases/{number}").status_code == 404
    assert EventRow.objects.count() == before


def test_s01_8_3_an_officer_is_no_officer_of_the_body_in_a_case_of_their_own() -> None:
    clerk = User.objects.get(username="clerk")
    own = open_case(
        rulebook="telecom/complaint", action="file", actor=Actor(str(clerk.pk), clerk.name, frozenset(["complainant"])), at=clock.now(), facts=BILLING,
        sides=[Side("complainant", clerk.name, None, clerk)], title="",
    )  # fmt: skip
    assert isinstance(own, Done), own
    assert call("clerk", "GET", f"/cases/{own.case.number}").json()["roles"] == ["complainant"]
