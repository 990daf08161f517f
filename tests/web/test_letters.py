"""The desk sees letters with what became of them, settles those that wait, and how fetching goes; nobody else sees any."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from mingduan.cases.models import Case
from mingduan.complaints.models import Letter, Mailbox
from mingduan.people.models import User
from mingduan.people.sealing import unseal
from tests.cases import telecom
from tests.complaints.post.letters import came, facts, written

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _home(settings: Any, tmp_path: Path) -> None:
    settings.HOME = tmp_path


@pytest.fixture
def clerk() -> Client:
    client = Client()
    client.force_login(telecom.make().users["desk"])
    return client


def test_a_letter_that_waits_is_shown_with_why_and_the_desk_opens_its_case(clerk: Client) -> None:
    (letter,) = came(written(Precedence="bulk"))
    assert "群发或程序发出的邮件" in clerk.get("/letters/").content.decode()
    assert clerk.post(f"/letters/{letter.pk}/", {"go": "open"}).status_code == 302
    letter.refresh_from_db()
    assert (letter.what, letter.settled_by.username, facts(letter)["channel"]) == ("opened", "desk", "email")
    assert letter.subject in clerk.get(f"/cases/{letter.case.number}/").content.decode()
    assert clerk.post(f"/letters/{letter.pk}/", {"go": "open"}).status_code == 200
    assert Case.objects.count() == 1


def test_a_letter_is_added_to_the_case_that_the_desk_names_and_no_other_body_s(clerk: Client) -> None:
    (first,) = came(written())
    (waits,) = came(written("补充说明", sender="x@else.cn", List_Id="<x>"))
    wrong = clerk.post(f"/letters/{waits.pk}/", {"go": "join", "number": "TELECOM-TS-2026-9999"})
    assert (wrong.status_code, "没有这个案件" in wrong.content.decode()) == (422, True)
    assert clerk.post(f"/letters/{waits.pk}/", {"go": "join", "number": first.case.number}).status_code == 302
    assert "补充说明" in facts(first)["material_text"]


def test_setting_aside_needs_a_reason(clerk: Client) -> None:
    (letter,) = came(written(Precedence="bulk"))
    assert clerk.post(f"/letters/{letter.pk}/", {"go": "aside", "why": " "}).status_code == 422
    assert clerk.post(f"/letters/{letter.pk}/", {"go": "aside", "why": "广告"}).status_code == 302
    assert "没有这样的来信" in clerk.get("/letters/").content.decode()
    assert "广告" in clerk.get("/letters/?show=other").content.decode()


def test_what_could_not_be_read_can_be_read_again_once_the_program_can(clerk: Client, monkeypatch: Any) -> None:
    with monkeypatch.context() as broken:
        broken.setattr("mingduan.complaints.post.reading.MAX_BOUNDARIES", -1)
        (bad,) = came(written())
        assert clerk.post(f"/letters/{bad.pk}/", {"go": "again"}).status_code == 422
    assert clerk.post(f"/letters/{bad.pk}/", {"go": "again"}).status_code == 302
    assert [x.what for x in Letter.objects.all()] == ["opened"]


def test_nothing_a_letter_says_is_markup_on_the_page(clerk: Client) -> None:
    (letter,) = came(
        written("<script>alert(1)</script>", subject="<b>x</b>", sender='"<i>y</i>" <a@b.cn>', Precedence="bulk")
    )
    for page in (clerk.get("/letters/"), clerk.get(f"/letters/{letter.pk}/")):
        assert not any(bad in page.content.decode() for bad in ("<script>alert", "<b>x", "<i>y"))


@pytest.mark.parametrize("who", ["dispatcher", "manager", "lead1", "engineer1"])
def test_only_the_desk_sees_letters(who: str) -> None:
    client = Client()
    client.force_login(telecom.make().users[who])
    (letter,) = came(written())
    assert [client.get(a).status_code for a in ("/letters/", f"/letters/{letter.pk}/")] == [404, 404]


def test_who_runs_it_sees_a_failing_mailbox_and_its_password_is_sealed(clerk: Client) -> None:
    chief = Client()
    chief.force_login(User.objects.create_user("chief", is_staff=True, is_superuser=True))
    form = {"body": "telecom", "kind": "imap", "address": "kefu@telecom.example", "host": "127.0.0.1", "port": 1, "security": "tls", "user": "kefu",
            "secret": "开门", "folder": "INBOX", "done_folder": "", "active": "on"}  # fmt: skip
    assert chief.post("/admin/complaints/mailbox/add/", form).status_code == 302
    box = Mailbox.objects.get()
    assert (box.password.startswith("sealed:"), unseal(box.password)) == (True, "开门")
    assert "开门" not in chief.get(f"/admin/complaints/mailbox/{box.pk}/change/").content.decode()
    came()
    page = clerk.get("/letters/").content.decode()
    assert "失败 1" in page
    assert "Connection refused" in page
