"""Who may call: tokens and their scopes, a case's secret, the public."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from mingduan.api.once import forget
from mingduan.cases.models import Case
from mingduan.config import limits
from mingduan.people.models import ApiToken, User

from .client import act, call, filed, filing, make_people

pytestmark = pytest.mark.django_db
KEY = "3f8c1c9e-9d0b-4f5e"


@pytest.fixture(autouse=True)
def people() -> None:
    make_people()


@pytest.mark.parametrize(("token", "status"), [("nobody", 401), ("enterprise-reads", 403)])
def test_without_a_token_or_its_scope_nothing_is_written(token: str, status: int) -> None:
    response = call(token, "POST", "/cases", filing(name="甲"))
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert Case.objects.count() == 0


def test_a_revoked_token_and_one_whose_owner_has_left_are_unknown() -> None:
    ApiToken.objects.filter(user__username="centre").update(revoked=True)
    User.objects.filter(username="enterprise").update(is_active=False)
    assert [call(who, "GET", "/me").status_code for who in ("centre", "enterprise", "stranger")] == [401, 401, 200]


def test_a_token_knows_when_it_was_last_used() -> None:
    assert call("centre", "GET", "/me").json()["offices"] == [{"body": "cace", "role": "centre"}]
    assert ApiToken.objects.exclude(used_at=None).count() == 1


def test_the_public_files_follows_and_acts_with_number_and_secret() -> None:
    response = call("", "POST", "/cases", filing(name="新纪元公司"))
    assert response.status_code == 201, response.content
    number, secret = response.json()["number"], response.json()["secret"]
    assert call("", "GET", f"/cases/{number}").status_code == 401
    assert call("", "GET", f"/cases/{number}", Case_Secret="wrong").status_code == 404
    case = call("", "GET", f"/cases/{number}", Case_Secret=secret)
    assert (case.status_code, case.json()["roles"]) == (200, ["appellant"])
    body = {"action": "withdraw", "reason": "已和解"}
    done = call("", "POST", f"/cases/{number}/acts", body, Case_Secret=secret, If_Match=case.headers["ETag"])
    assert done.status_code == 200, done.content
    other = filed().json()["number"]
    assert call("", "GET", f"/cases/{other}", Case_Secret=secret).status_code == 404
    assert call("", "GET", "/cases", Case_Secret=secret).status_code == 401


def test_the_public_gives_a_name_and_an_account_gets_no_secret() -> None:
    assert call("", "POST", "/cases", filing()).status_code == 422
    assert filed().json()["secret"] is None


def test_guessing_a_secret_is_stopped_alike_for_a_case_that_is_and_one_that_is_not(monkeypatch) -> None:
    monkeypatch.setitem(limits.TABLE, "api-secret", replace(limits.TABLE["api-secret"], times=3))
    number = call("", "POST", "/cases", filing(name="甲")).json()["number"]
    told = [
        [call("", "GET", f"/cases/{n}", Case_Secret=f"guess{i}").status_code for i in range(4)]
        for n in (number, "CACE-SS-1999-0001")
    ]
    assert told == [[404, 404, 404, 429]] * 2
    limited = call("", "GET", f"/cases/{number}", Case_Secret="x")
    assert int(limited.headers["Retry-After"]) > 0


def test_a_repeated_key_does_the_thing_once_and_is_its_senders_own() -> None:
    first = call("enterprise", "POST", "/cases", filing(), Idempotency_Key="k")
    again = call("enterprise", "POST", "/cases", filing(), Idempotency_Key="k")
    other = call("stranger", "POST", "/cases", filing(), Idempotency_Key="k")
    assert first.json()["number"] == again.json()["number"] != other.json()["number"]
    assert Case.objects.count() == 2


def test_a_key_used_for_something_else_is_a_problem() -> None:
    assert call("enterprise", "POST", "/cases", filing(), Idempotency_Key="k").status_code == 201
    response = call("enterprise", "POST", "/cases", {**filing(), "name": "x"}, Idempotency_Key="k")
    assert (response.status_code, response.json()["type"][-10:]) == (422, "key-reused")


def test_a_refused_request_leaves_its_key_free() -> None:
    number = filed().json()["number"]
    path = f"/cases/{number}/acts"
    bad, good = ({"action": "inform_departments", "facts": f} for f in ({}, {"departments": "审查部"}))
    assert call("centre", "POST", path, bad, If_Match="*", Idempotency_Key="k").status_code == 422
    assert call("centre", "POST", path, good, If_Match="*", Idempotency_Key="k").status_code == 200
    assert call("centre", "POST", path, good, If_Match="*", Idempotency_Key="k").status_code == 200
    assert Case.objects.get().length == 2


def test_the_public_repeating_its_request_with_its_key_is_told_the_secret_again() -> None:
    body = filing(name="甲公司")
    first, again = (call("", "POST", "/cases", body, Idempotency_Key=KEY).json() for _ in range(2))
    assert first["secret"] == again["secret"]
    assert call("", "GET", f"/cases/{first['number']}", Case_Secret=again["secret"]).status_code == 200
    assert call("", "POST", "/cases", filing(name="乙"), Idempotency_Key="short").status_code == 422
    assert Case.objects.count() == 1


def test_an_act_needs_a_role_in_the_case() -> None:
    number = filed().json()["number"]
    assert act("enterprise", number, "accept", major=False).status_code == 422
    assert act("stranger", number, "withdraw").status_code == 404


def test_keys_are_forgotten_after_a_month() -> None:
    call("enterprise", "POST", "/cases", filing(), Idempotency_Key="k")
    now = timezone.now()
    assert (forget(now + timedelta(days=29)), forget(now + timedelta(days=31))) == (0, 1)
