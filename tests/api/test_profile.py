"""An enterprise's profile over the interface: its own only, checked, written once for each key."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mingduan.registry.models import Enterprise, Paper, ProfileChange

from ..registry.scheme import code_for
from .client import REGISTRATION, call, make_people

pytestmark = pytest.mark.django_db
ROWS: dict[str, dict[str, Any]] = {
    "staff": {"name": "李工", "leads": True}, "equipment": {"kind": "vehicle", "name": "抢修车", "quantity": 3},
    "sites": {"name": "海淀点", "address": "北京"},
    "performance": {"client": "甲", "project": "乙", "specialty": "XL", "since": "2024-01-01", "until": "2025-01-01", "amount": 100},
}  # fmt: skip


@pytest.fixture(autouse=True)
def _people() -> None:
    make_people()


@pytest.fixture
def registered() -> None:
    assert call("enterprise", "PUT", "/profile", REGISTRATION).status_code == 200


def upload() -> str:
    client = Client(headers={"Authorization": "Bearer enterprise"})
    sent = client.post("/api/files", {"file": SimpleUploadedFile("执照.pdf", b"%PDF-1.4 x")})
    return str(sent.json()["id"])


def test_the_registration_is_entered_read_and_changed() -> None:
    assert call("enterprise", "GET", "/profile").status_code == 404
    call("enterprise", "PUT", "/profile", REGISTRATION)
    call("enterprise", "PUT", "/profile", {**REGISTRATION, "address": "上海"})
    said = call("enterprise", "GET", "/profile").json()
    assert (said["name"], said["address"], said["lists"]["staff"]) == ("enterprise", "上海", 0)
    assert ProfileChange.objects.count() == 2


def test_the_name_in_english_is_kept_and_is_in_english() -> None:
    said = call("enterprise", "PUT", "/profile", {**REGISTRATION, "name_en": "Hengtong Ltd."}).json()
    assert (said["name"], said["name_en"], said["address_en"]) == ("enterprise", "Hengtong Ltd.", "")
    refused = call("enterprise", "PUT", "/profile", {**REGISTRATION, "name_en": "恒通"})
    assert [r["input"] for r in refused.json()["reasons"]] == ["name_en"]


def test_a_wrong_credit_code_is_a_problem_that_names_it() -> None:
    answer = call("enterprise", "PUT", "/profile", {**REGISTRATION, "credit_code": "91110000600037341M"})
    assert answer.status_code == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert [r["input"] for r in answer.json()["reasons"]] == ["credit_code"]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize(("kind", "row"), ROWS.items())
def test_a_row_is_added_changed_and_removed(kind: str, row: dict[str, Any]) -> None:
    added = call("enterprise", "POST", f"/profile/{kind}", row)
    assert added.status_code == 201, added.content
    pk = added.json()["id"]
    name = "name" if "name" in row else "project"
    changed = call("enterprise", "PUT", f"/profile/{kind}/{pk}", {**row, name: "改过的"})
    assert changed.json()[name] == "改过的"
    assert call("stranger", "PUT", f"/profile/{kind}/{pk}", row).status_code == 404
    assert call("enterprise", "DELETE", f"/profile/{kind}/{pk}").status_code == 204
    assert call("enterprise", "GET", f"/profile/{kind}").json() == []


@pytest.mark.usefixtures("registered")
def test_the_same_key_adds_a_row_once() -> None:
    answers = [
        call("enterprise", "POST", "/profile/staff", ROWS["staff"], Idempotency_Key="k").json()["id"] for _ in "12"
    ]
    assert answers[0] == answers[1]
    assert Enterprise.objects.get().technicians.count() == 1


@pytest.mark.usefixtures("registered")
def test_a_paper_is_kept_by_its_upload_and_tells_when_it_expires() -> None:
    sent = {"fact": "licence.papers", "file": upload(), "expires_on": "2020-01-01"}
    kept = call("enterprise", "POST", "/profile/papers", sent)
    assert kept.status_code == 201, kept.content
    assert (kept.json()["name"], kept.json()["expiry"]) == ("执照.pdf", "expired")
    pk = kept.json()["id"]
    later = call("enterprise", "PUT", f"/profile/papers/{pk}", {"fact": "licence.papers", "expires_on": "2999-01-01"})
    assert later.json()["expiry"] == "good"
    assert call("enterprise", "POST", "/profile/papers", {"fact": "licence.papers"}).status_code == 422
    assert Paper.objects.count() == 1


@pytest.mark.usefixtures("registered")
def test_a_certificate_of_somebody_elses_staff_is_refused() -> None:
    call("stranger", "PUT", "/profile", {**REGISTRATION, "credit_code": code_for("stranger")})
    theirs = call("stranger", "POST", "/profile/staff", {"name": "外人"}).json()
    answer = call("enterprise", "POST", "/profile/certificates", {"technician": theirs["id"], "name": "证", "number": "1"})  # fmt: skip
    assert [r["input"] for r in answer.json()["reasons"]] == ["technician"]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("token", ["centre", "tied", "stranger"])
def test_nobody_elses_profile_is_there(token: str) -> None:
    assert call(token, "GET", "/profile").status_code == 404
    assert call(token, "GET", "/profile/staff").status_code == 404


def test_a_token_without_the_scope_is_told_so() -> None:
    assert call("enterprise-reads", "GET", "/profile").status_code == 403
