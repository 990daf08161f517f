"""A case that the body itself opens, by the program of whoever holds the office."""

from __future__ import annotations

from typing import Any

import pytest

from mingduan.cases.models import Case
from mingduan.people.models import Interest, User
from tests.registry.scheme import certified

from .client import call, filing, make_people

pytestmark = pytest.mark.django_db


@pytest.fixture
def number() -> str:
    make_people()
    return certified().number


def proposal(number: str, **more: Any) -> dict[str, Any]:
    facts = {"certificate.number": number, "ground": "serious_problem", "reasons": "重大事故"}
    return {"rulebook": "cace/suspension", "action": "propose", "facts": facts, **more}


def test_s18_3_2_the_centre_proposes_suspension_and_the_holder_comes_from_the_register(number: str) -> None:
    first, again = (call("centre", "POST", "/cases", proposal(number), Idempotency_Key="p") for _ in range(2))
    assert first.status_code == 201, first.content
    told = first.json()
    assert (told["secret"], told["roles"], again.json()["number"]) == (None, ["centre"], told["number"])
    assert {"role": "holder", "name": "恒通代维有限公司"} in told["parties"]
    assert call("centre", "GET", f"/cases/{told['number']}/events").json()[0]["action"] == "propose"


def test_a_refusal_names_the_input_and_opens_nothing(number: str) -> None:
    before = Case.objects.count()
    refused = call("centre", "POST", "/cases", proposal("2020ZH9999JR0"))
    assert refused.status_code == 422
    assert "证书现在不是有效状态" in refused.content.decode()
    assert Case.objects.count() == before


@pytest.mark.parametrize(("token", "more"), [("enterprise", {}), ("expert", {}), ("", {"name": "甲"})])
def test_whoever_holds_no_office_cannot_open_it(number: str, token: str, more: dict[str, str]) -> None:
    before = Case.objects.count()
    refused = call(token, "POST", "/cases", proposal(number, **more))
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "refused")
    assert Case.objects.count() == before


def test_without_the_action_it_is_said_to_be_wanted(number: str) -> None:
    told = call("centre", "POST", "/cases", proposal(number, action=""))
    assert (told.status_code, "action" in told.json()["detail"]) == (422, True)


def test_an_officer_with_an_interest_in_the_holder_opens_no_case_about_it(number: str) -> None:
    """S01 8.3: they could not even read it."""
    before, holder = Case.objects.count(), Case.objects.get().parties.get(role="applicant").organisation
    Interest.objects.create(user=User.objects.get(username="centre"), organisation=holder, kind="持股")
    refused = call("centre", "POST", "/cases", proposal(number))
    assert (refused.status_code, refused.json()["type"].rpartition("/")[2]) == (422, "refused")
    assert [(r["rule"], r["clause"], r["remedy"] is not None) for r in refused.json()["reasons"]] == [
        ("interest", "S01 8.3", True)
    ]
    assert Case.objects.count() == before


def test_a_filing_may_name_its_action() -> None:
    make_people()
    told = call("enterprise", "POST", "/cases", filing(action="file"))
    assert (told.status_code, told.json()["roles"]) == (201, ["appellant"])


def test_what_the_body_would_open_is_held_against_every_rule_and_nothing_is_written(number: str) -> None:
    before = Case.objects.count()
    sound, unsound = (
        call("centre", "POST", "/rulebooks/cace/suspension/check", {"action": "propose", "facts": proposal(n)["facts"]}).json()
        for n in (number, "2020ZH9999JR0")
    )  # fmt: skip
    assert not [f for f in sound if f["reason"]]
    assert [f["reason"]["zh"] for f in unsound if f["reason"]]
    assert call("enterprise", "POST", "/rulebooks/cace/suspension/check", {"action": "propose", "facts": {}}).status_code == 404  # fmt: skip
    assert Case.objects.count() == before
