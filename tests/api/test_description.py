"""The description, the kinds of problems, and what is readable without a token."""

from __future__ import annotations

import pytest
from django.test import Client

from mingduan.api.problems import KINDS

from .client import call, make_people

pytestmark = pytest.mark.django_db


def test_the_description_is_openapi_3_1_and_every_operation_says_what_it_does() -> None:
    told = Client().get("/api/openapi.json").json()
    assert told["openapi"].startswith("3.1")
    for path, operations in told["paths"].items():
        for method, operation in operations.items():
            assert operation["description"], (method, path)
            if operation.get("security"):
                assert "401" in operation["responses"], (method, path)


def test_the_description_is_a_page_too() -> None:
    assert "/api/cases/{number}/acts" in Client().get("/api/docs").content.decode()


@pytest.mark.parametrize("slug", KINDS)
def test_the_type_of_a_problem_is_an_address_that_explains_it(slug: str) -> None:
    page = Client().get(f"/api/problems/{slug}", headers={"accept-language": "en"})
    assert KINDS[slug].title.en in page.content.decode().replace("&#x27;", "'")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nothing", 404), ("DELETE", "/cases", 405), ("GET", "/cases/%00", 400), ("GET", "/rulebooks/x/y", 404)],
)
def test_whatever_goes_wrong_has_the_one_format(method: str, path: str, status: int) -> None:
    response = call("", method, path)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert Client().get(response.json()["type"]).status_code == 200


def test_a_problem_is_told_in_the_readers_language() -> None:
    zh, en = (call("", "GET", "/me", Accept_Language=lang).json() for lang in ("zh-CN", "en"))
    assert (zh["title"], en["title"]) == (KINDS["token-missing"].title.zh, KINDS["token-missing"].title.en)


def test_an_error_of_ours_is_a_problem_without_a_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    make_people()
    monkeypatch.setattr("mingduan.api.duties.my_duties", lambda *_: 1 / 0)
    client = Client(headers={"Authorization": "Bearer centre"}, raise_request_exception=False)
    response = client.get("/api/duties")
    assert (response.status_code, response.json()["status"]) == (500, 500)
    assert "ZeroDivision" not in response.content.decode()


def test_procedures_are_public_and_tell_their_dates() -> None:
    assert "cace/appeal" in {r["id"] for r in call("", "GET", "/rulebooks").json()}
    assert call("", "GET", "/rulebooks/cace/appeal").json()["source"]["document"] == "S01"
    dates = {d["deadline"]: d for d in call("", "GET", "/rulebooks/cace/appeal/dates?from=2026-09-25").json()}
    assert dates["meet"]["last"] == "2026-10-22"
    assert call("", "GET", "/rulebooks/cace/appeal/dates?from=9999-12-31").status_code == 422


def test_whether_a_filing_would_be_admissible_is_told_rule_by_rule() -> None:
    found = call("", "POST", "/rulebooks/cace/appeal/check", {"facts": {}}).json()
    assert {f["reason"]["input"] for f in found if f["reason"]} >= {"statement", "grounds"}


def test_whom_a_case_may_be_about_is_public() -> None:
    make_people()
    assert {o["kind"] for o in call("", "GET", "/organisations").json()} == {"body", "agency"}
