"""A customer's complaint over the interface, with attachments: by a program of the operator's, and by somebody without an account."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mingduan.api.tokens import digest
from mingduan.cases.models import Case
from mingduan.people.models import ApiToken, Office, User

from .client import SCOPES, call, make_people

pytestmark = pytest.mark.django_db
BILLING = {"about": "billing", "details": "套餐外流量多扣三十元", "customer.phone": "13800000001"}
NETWORK = {"trouble": "no_signal", "details": "地下车库没有信号", "place.address": "港口路1号", "customer.phone": "13800000001"}  # fmt: skip


@pytest.fixture(autouse=True)
def people(settings, tmp_path) -> None:
    settings.HOME = tmp_path
    make_people()
    clerk = User.objects.create_user("clerk", password="x", name="温雅")
    Office.objects.create(user=clerk, body="telecom", role="desk")
    ApiToken.objects.create(user=clerk, name="t", scopes=SCOPES, digest=digest("clerk"))


def upload(token: str, name: str, content: bytes) -> str:
    """The id of what was uploaded."""
    sent = {"Authorization": f"Bearer {token}"} if token else {}
    taken = Client(headers=sent).post("/api/files", {"file": SimpleUploadedFile(name, content)})
    assert taken.status_code == 201, taken.content
    return str(taken.json()["id"])


def file(token: str, rulebook: str, facts: dict[str, Any], **more: Any) -> Any:
    """The answer to filing it with two attachments."""
    papers = [
        upload(token, "账单.pdf", b"%PDF-1.7\n%%EOF"),
        upload(token, "截图.png", b"\x89PNG\r\n\x1a\n" + b"\0" * 30),
    ]
    return call(token, "POST", "/cases", {"rulebook": rulebook, "facts": {**facts, "evidence": papers}, **more})


@pytest.mark.parametrize(
    ("rulebook", "facts"), [("telecom/complaint", BILLING), ("telecom/network-complaint", NETWORK)]
)
def test_s17_1_1_the_desks_program_files_with_attachments_and_they_are_read_back(
    rulebook: str, facts: dict[str, Any]
) -> None:
    done = file("clerk", rulebook, {**facts, "channel": "api", "customer.name": "李梅"}, action="file")
    assert done.status_code == 201, done.content
    number = done.json()["number"]
    listed = call("clerk", "GET", f"/cases/{number}/files").json()
    assert [f["name"] for f in listed] == ["账单.pdf", "截图.png"]
    got = call("clerk", "GET", f"/cases/{number}/files/{listed[0]['sha256']}")
    assert got.content == b"%PDF-1.7\n%%EOF"
    assert call("stranger", "GET", f"/cases/{number}/files/{listed[0]['sha256']}").status_code == 404
    assert Case.objects.get(number=number).facts["channel"] == "api"


def test_s17_1_1_somebody_without_an_account_files_with_attachments() -> None:
    done = file("", "telecom/complaint", BILLING, name="李梅")
    assert done.status_code == 201, done.content
    assert len(Case.objects.get(number=done.json()["number"]).facts["evidence"]) == 2
