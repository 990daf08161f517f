"""Lists brought in by a program: the file, how far it is, what was wrong with which row."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mingduan.api.tokens import digest
from mingduan.cases.models import Case
from mingduan.people.models import ApiToken, Office, User
from mingduan.registry.models import Certificate
from tests.registry.test_importing import row, text

from .client import SCOPES, call, make_people

pytestmark = pytest.mark.django_db
TICKETS = "工单号,受理时间,投诉内容,状态\n1,2026-01-05 08:00,没有信号,已归档\n2,昨天,话费多扣,处理中\n"
MAPPING = json.dumps({
    "rulebook": "telecom/takeover",
    "fields": {
        "action": {"columns": ["状态"], "words": {"已归档": "take_closed", "处理中": "take_open"}},
        "source.name": {"value": "旧系统"}, "source.ticket": {"columns": ["工单号"]},
        "received_at": {"columns": ["受理时间"]}, "details": {"columns": ["投诉内容"]},
    },
}, ensure_ascii=False)  # fmt: skip


@pytest.fixture(autouse=True)
def people() -> None:
    make_people()
    clerk = User.objects.create_user("clerk", password="x", name="温雅")
    Office.objects.create(user=clerk, body="telecom", role="desk")
    ApiToken.objects.create(user=clerk, name="t", scopes=SCOPES, digest=digest("clerk"))


def bring(token: str, what: str, content: str, key: str = "", **more: Any) -> Any:
    """The answer to sending a file."""
    headers = {"Authorization": f"Bearer {token}"} | ({"Idempotency-Key": key} if key else {})
    sent = {"file": SimpleUploadedFile("list.csv", content.encode()), **more}
    return Client(headers=headers).post(f"/api/imports/{what}", sent)


def register() -> str:
    """A certificate, and another with a grade there is not."""
    return text(row(), row("2025ZH0002JR0", 2, 等级="特级"))


def test_a_register_is_looked_at_taken_over_and_its_faults_told() -> None:
    looked = bring("centre", "certificates", register(), check="true")
    assert (looked.status_code, looked.json()["dry_run"], looked.json()["done"]) == (201, True, True), looked.content
    assert not Certificate.objects.exists()
    done = bring("centre", "certificates", register()).json()
    assert (done["rows"], done["added"], done["bad"], Certificate.objects.count()) == (2, 1, 1, 1)
    assert call("centre", "GET", f"/imports/certificates/{done['id']}").json() == done
    faults = call("centre", "GET", f"/imports/certificates/{done['id']}/faults").json()["items"]
    assert {(f["line"], f["what"], f["columns"]) for f in faults} == {(3, "bad", "等级")}
    assert [f["id"] for f in call("centre", "GET", "/imports/certificates").json()["items"]] == [done["id"], done["id"] - 1]  # fmt: skip


def test_the_same_request_is_done_once_and_the_key_with_another_member_is_refused() -> None:
    first, again = (bring("centre", "certificates", register(), key="k", check="true") for _ in range(2))
    assert first.json() == again.json()
    other = bring("centre", "certificates", register(), key="k")
    assert (other.status_code, other.json()["type"].rpartition("/")[2]) == (422, "key-reused")
    assert not Certificate.objects.exists()


def test_a_file_that_is_no_table_is_told() -> None:
    told = bring("centre", "certificates", "nothing")
    assert (told.status_code, told.json()["reasons"][0]["input"]) == (422, "file")


@pytest.mark.parametrize("token", ["enterprise", "expert", "clerk"])
def test_whoever_does_not_keep_the_certificates_finds_nothing(token: str) -> None:
    assert bring(token, "certificates", register()).status_code == 404
    assert call(token, "GET", "/imports/certificates").status_code == 404


def test_tickets_come_in_by_a_mapping_that_is_remembered() -> None:
    unsaid = bring("clerk", "tickets", TICKETS)
    assert (unsaid.status_code, "工单号" in unsaid.json()["detail"]) == (422, True)
    done = bring("clerk", "tickets", TICKETS, mapping=MAPPING).json()
    assert (done["rows"], done["added"], done["bad"], done["done"]) == (2, 1, 1, True)
    assert Case.objects.get().facts["source.ticket"] == "1"
    faults = call("clerk", "GET", f"/imports/tickets/{done['id']}/faults").json()["items"]
    assert [(f["line"], "昨天" in f["wrong"]["zh"]) for f in faults] == [(3, True)]
    again = bring("clerk", "tickets", TICKETS.replace("昨天", "2026-01-06")).json()
    assert (again["already"], again["added"], Case.objects.count()) == (1, 1, 2)
    assert [f["id"] for f in call("clerk", "GET", "/imports/tickets").json()["items"]] == [again["id"], done["id"]]


@pytest.mark.parametrize("mapping", ["{", "[]", "{}", MAPPING.replace("工单号", "号码"), MAPPING.replace("takeover", "nothing"), "[" * 40_000])  # fmt: skip
def test_a_mapping_that_does_not_fit_is_told_and_nothing_comes_in(mapping: str) -> None:
    told = bring("clerk", "tickets", TICKETS, mapping=mapping)
    assert (told.status_code, told.json()["reasons"][0]["input"]) == (422, "mapping")
    assert not Case.objects.exists()


def test_tickets_of_a_desk_that_is_not_ones_own_are_not_brought() -> None:
    assert bring("clerk", "tickets", TICKETS, body="cace", mapping=MAPPING).status_code == 422
    assert bring("enterprise", "tickets", TICKETS, mapping=MAPPING).status_code == 404
