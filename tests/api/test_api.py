"""The interface for programs: an appeal over it, and everything it refuses."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from mingduan.cases import audit
from mingduan.cases.models import Case, Reading
from mingduan.people.models import ApiToken, Office, Organisation, User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people() -> None:
    body = Organisation.objects.create(name="评定机构", kind="body")
    Organisation.objects.create(name="安信认证", kind="agency")
    for login, role in (("centre", "centre"), ("enterprise", ""), ("stranger", "")):
        organisation = body if role else Organisation.objects.create(name=login, kind="enterprise")
        user = User.objects.create_user(login, name=login, organisation=organisation)
        if role:
            Office.objects.create(user=user, body="cace", role=role)
        for scopes in (["cases:read", "cases:write"], ["cases:read"]):
            token = login if len(scopes) == 2 else f"{login}-reads"
            ApiToken.objects.create(
                user=user, name="t", scopes=scopes, digest=hashlib.sha256(token.encode()).hexdigest()
            )


def call(token: str, method: str, path: str, body: Any = None, **headers: str) -> Any:
    sent = {"Authorization": f"Bearer {token}", **{k.replace("_", "-"): v for k, v in headers.items()}}
    return Client(headers=sent).generic(
        method, f"/api{path}", json.dumps(body) if body is not None else "", content_type="application/json"
    )


def filing() -> dict[str, Any]:
    return {
        "rulebook": "cace/appeal",
        "opponent": Organisation.objects.get(name="安信认证").pk,
        "facts": {
            "grounds": "change_of_status", "decision.reference": "X", "statement": "不服", "requested": "撤销", "signed_by": "张三",
            "decision.notified_on": (timezone.localdate() - timedelta(3)).isoformat(),
        },
    }  # fmt: skip


def filed() -> Any:
    response = call("enterprise", "POST", "/cases", filing())
    assert response.status_code == 201, response.content
    return response


def test_an_appeal_is_filed_paid_and_accepted_over_the_interface() -> None:
    number, etag = filed().json()["number"], '"1"'
    payment = {"payment.amount": 500_000, "payment.on": timezone.localdate().isoformat()}
    for action, facts in (("receive_deposit", payment), ("accept", {"major": False})):
        response = call("centre", "POST", f"/cases/{number}/acts", {"action": action, "facts": facts}, If_Match=etag)
        assert response.status_code == 200, response.content
        etag = response.headers["ETag"]
    assert response.json()["state"] == "accepted"
    assert any(d["deadline"] == "meet" for d in call("enterprise", "GET", f"/cases/{number}/duties").json())
    assert [e["action"] for e in call("enterprise", "GET", f"/cases/{number}/events").json()] == [
        "file",
        "receive_deposit",
        "accept",
    ]
    assert any(
        o["action"] == "withdraw" and o["open"] for o in call("enterprise", "GET", f"/cases/{number}/options").json()
    )
    assert any(d["number"] == number for d in call("centre", "GET", "/duties").json())
    assert Reading.objects.filter(reader="centre").exists()
    assert list(audit.verify()) == []


def test_a_refusal_is_a_problem_with_its_clause() -> None:
    number = filed().json()["number"]
    response = call(
        "centre", "POST", f"/cases/{number}/acts", {"action": "accept", "facts": {"major": False}}, If_Match='"1"'
    )
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["clause"] == "6.1"
    assert response.json()["reasons"][0]["remedy"]["zh"]


def test_if_match_is_asked_for_and_kept_to() -> None:
    number = filed().json()["number"]
    departments = {"action": "inform_departments", "facts": {"departments": "审查部"}}
    path = f"/cases/{number}/acts"
    assert call("centre", "POST", path, departments).status_code == 428
    assert call("centre", "POST", path, departments, If_Match='"1"').status_code == 200
    assert call("centre", "POST", path, departments, If_Match='"1"').status_code == 412
    assert call("centre", "POST", path, departments, If_Match="abc").status_code == 412


def test_a_repeated_key_does_the_thing_once_and_is_its_senders_own() -> None:
    first = call("enterprise", "POST", "/cases", filing(), Idempotency_Key="k")
    again = call("enterprise", "POST", "/cases", filing(), Idempotency_Key="k")
    other = call("stranger", "POST", "/cases", filing(), Idempotency_Key="k")
    assert first.json()["number"] == again.json()["number"] != other.json()["number"]
    assert Case.objects.count() == 2


def test_who_may_not_see_a_case_cannot_tell_that_it_exists() -> None:
    number = filed().json()["number"]
    for path in ("", "/events", "/duties", "/options"):
        mine, none = (
            call("stranger", "GET", f"/cases/{number}{path}"),
            call("stranger", "GET", f"/cases/CACE-SS-1999-0001{path}"),
        )
        assert (mine.status_code, mine.json()) == (none.status_code, none.json())
        assert mine.status_code == 404
    assert call("stranger", "GET", "/cases").json()["items"] == []


@pytest.mark.parametrize(("token", "status"), [("nobody", 401), ("enterprise-reads", 403)])
def test_without_a_token_or_its_scope_nothing_is_written(token: str, status: int) -> None:
    response = call(token, "POST", "/cases", filing())
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert Case.objects.count() == 0


@pytest.mark.parametrize(
    "body", [{}, {"rulebook": 3}, {"rulebook": "x/y", "facts": {}}, {"rulebook": "cace/appeal", "facts": {}}, []]
)
def test_what_is_not_understood_is_a_problem_too(body: Any) -> None:
    response = call("enterprise", "POST", "/cases", body)
    assert response.status_code == 422
    assert response.json()["title"]


def test_votes_stay_inside() -> None:
    case = Case.objects.get(number=filed().json()["number"])
    Case.objects.filter(pk=case.pk).update(facts={**case.facts, "votes": [{"vote": "upheld"}]})
    assert "votes" in call("centre", "GET", f"/cases/{case.number}").json()["facts"]
    assert "votes" not in call("enterprise", "GET", f"/cases/{case.number}").json()["facts"]


def test_pages_of_cases_follow_each_other_without_gap_or_repeat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mingduan.api.api.PAGE", 2)
    numbers = [filed().json()["number"] for _ in range(5)]
    seen, cursor = [], ""
    while cursor is not None:
        page = call("enterprise", "GET", f"/cases?{f'after={cursor}' if cursor else ''}").json()
        seen += [c["number"] for c in page["items"]]
        cursor = page["next"]
    assert seen == numbers[::-1]


def test_the_description_is_openapi_3_1() -> None:
    described = Client().get("/api/openapi.json").json()
    assert described["openapi"].startswith("3.1")
    assert "/api/cases/{number}/acts" in described["paths"]
