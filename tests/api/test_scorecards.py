"""Contractors' scorecards for programs: who reads which, and each deduction with what it rests on."""

from __future__ import annotations

import pytest

from mingduan.api.tokens import digest
from mingduan.cases.models import Case
from mingduan.config import clock
from mingduan.people.models import ApiToken
from tests.cases.telecom import Desk, at
from tests.complaints.test_settlement import contested, desk, handled, october, recorded

from .client import call

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
CARD = "/scorecards/contractor/complaint-score"


@pytest.fixture(autouse=True)
def house(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """The 9th of November; whoever works there has a token of their login name."""
    monkeypatch.setattr(clock, "now", lambda: at("2026-11-09 10:30"))
    for login, user in desk.users.items():
        ApiToken.objects.create(user=user, name="t", scopes=["cases:read"], digest=digest(login))
    return desk


@pytest.fixture
def settled(desk: Desk) -> Desk:
    """Both contractors with a late ticket in October, settled."""
    for contractor in (0, 1):
        handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00", contractor=contractor)
    recorded(desk, "manners", "2026-10-12 10:00")
    october(desk)
    return desk


def test_the_months_are_listed_for_managers_and_contractors(settled: Desk) -> None:
    for who in ("contracts", "lead1"):
        (card,) = call(who, "GET", "/scorecards").json()
        assert (card["card"], card["out_of"], card["months"]) == (
            "contractor/complaint-score",
            "95.00",
            ["2026-11", "2026-10"],
        )


def test_a_manager_reads_a_settled_month_with_everybodys_place(settled: Desk) -> None:
    told = call("contracts", "GET", f"{CARD}/2026-10").json()
    assert (told["preview"], {p["name"]: p["score"] for p in told["places"]}) == (
        False,
        {"恒通代维": "91.00", "远景维护": "93.00"},
    )
    assert all(p["case"] for p in told["places"])


def test_each_deduction_names_its_ticket_or_record_item_and_clause(settled: Desk) -> None:
    told = call("contracts", "GET", f"{CARD}/2026-10/{settled.contractors[0].pk}").json()
    items = [i for s in told["sections"] for i in s["items"] if i["deductions"]]
    assert [(i["item"], i["clause"], i["lost"], [d["points"] for d in i["deductions"]]) for i in items] == [
        ("manners", "1.6", "2.00", ["2.00"]), ("on_time", "2.1", "2.00", ["2.00"]),
    ]  # fmt: skip
    for d in (d for i in items for d in i["deductions"]):
        assert Case.objects.filter(number=d["case"]).exists()


def test_a_contractor_reads_its_own_card_only_and_others_places_once_published(
    settled: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, other = (f"{CARD}/2026-10/{o.pk}" for o in settled.contractors)
    assert [call("lead1", "GET", a).status_code for a in (own, other)] == [200, 404]
    places = call("lead1", "GET", f"{CARD}/2026-10").json()["places"]
    assert [p["name"] for p in places] == ["恒通代维"]
    monkeypatch.setattr(clock, "now", lambda: at("2026-11-12 11:00"))
    case = next(c for c in Case.objects.filter(rulebook="contractor/assessment") if "远景维护" in c.title)
    settled.do("contracts", case, "publish", "2026-11-12 10:00")
    assert {p["name"] for p in call("lead1", "GET", f"{CARD}/2026-10").json()["places"]} == {"恒通代维", "远景维护"}
    assert call("lead1", "GET", other).status_code == 404


@pytest.mark.parametrize("who", ["engineer1", "other1", "desk"])
def test_for_others_there_is_none(settled: Desk, who: str) -> None:
    assert call(who, "GET", "/scorecards").json() == []
    own = f"{CARD}/2026-10/{settled.contractors[0].pk}"
    assert {call(who, "GET", a).status_code for a in (f"{CARD}/2026-10", own)} == {404}


def test_without_a_token_nothing_is_read(settled: Desk) -> None:
    assert call("", "GET", "/scorecards").status_code == 401


def test_the_running_month_is_a_preview_and_follows_what_is_written(desk: Desk) -> None:
    """At the same instant: what was worked out before is not told again once a ticket is late."""
    address = f"{CARD}/2026-11/{desk.contractors[0].pk}"
    handled(desk, "2026-11-02 09:00", "2026-11-02 10:00", "2026-11-02 11:00")
    before = call("contracts", "GET", address).json()
    handled(desk, "2026-11-03 09:00", "2026-11-03 12:00", "2026-11-03 13:00")
    after = call("contracts", "GET", address).json()
    assert (before["preview"], before["score"], after["score"]) == (True, "95.00", "93.00")


@pytest.mark.parametrize("month", ["2026-12", "2026-13", "october", "2026-10-01"])
def test_a_month_that_has_not_begun_or_is_none_is_not_there(settled: Desk, month: str) -> None:
    assert call("contracts", "GET", f"{CARD}/{month}").status_code == 404


def test_a_contest_is_told_at_its_deduction(desk: Desk) -> None:
    handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00")
    case = october(desk)["恒通代维"]
    contested(desk, case, case.facts["lines"][0]["seq"])
    told = call("lead1", "GET", f"{CARD}/2026-10/{desk.contractors[0].pk}").json()
    (d,) = [d for s in told["sections"] for i in s["items"] for d in i["deductions"]]
    assert (d["seq"], d["contested"], d["upheld"]) == (case.facts["lines"][0]["seq"], True, False)
