"""The desk sees letters with what became of them, settles those that wait, and how fetching goes; nobody else sees any."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from mingduan.cases import erasing, files, outbox
from mingduan.cases.models import Case, Disposal, Reading
from mingduan.complaints.models import Letter, LetterReading, Mailbox
from mingduan.complaints.post import keeping, taking, waiting
from mingduan.people.models import User
from mingduan.people.sealing import unseal
from tests.cases import telecom
from tests.complaints.post.letters import CUSTOMER, MORNING, came, facts, proved, written

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


def enclosed(**given: str) -> Any:
    message = written(**given)
    message.add_attachment("账单<script>".encode(), maintype="text", subtype="html", filename="账单.html")
    message.add_attachment("三月：30元".encode(), maintype="text", subtype="plain", filename="账单.txt")
    return message


def test_how_many_wait_is_in_sight_on_every_page(clerk: Client) -> None:
    badge = '来信 <span class="badge">2</span>'
    came(written(Precedence="bulk"))
    assert badge not in clerk.get("/inbox/").content.decode()
    came(written("第二封", Precedence="bulk"))
    assert badge in clerk.get("/inbox/").content.decode()


def test_what_is_waiting_is_told_to_the_desk_each_working_morning_and_to_nobody_when_nothing_is(clerk: Client) -> None:
    User.objects.filter(username="desk").update(email="desk@telecom.example")
    came(written(Precedence="bulk"))
    night = MORNING.replace(hour=0, minute=1)
    for _ in range(3):  # a worker started anew asks again
        assert waiting.daily(night) == 1
    outbox.run(night + timedelta(hours=8))
    assert mail.outbox == []
    outbox.run(MORNING)
    (told,) = mail.outbox
    assert (told.to, told.bcc, told.subject.split(" /")[0]) == ([], ["desk@telecom.example"], "1封来信等待处理")
    assert CUSTOMER not in told.body
    saturday = night + timedelta(days=4)
    assert waiting.daily(saturday) == 0
    Letter.objects.update(what="aside")
    waiting.daily(night + timedelta(days=6))
    outbox.run(MORNING + timedelta(days=6))
    assert len(mail.outbox) == 1


def test_the_files_of_a_letter_that_waits_are_handed_out_to_be_saved_and_to_the_desk_only(clerk: Client) -> None:
    (letter,) = came(enclosed(Precedence="bulk"))
    for file in letter.files:
        got = clerk.get(f"/letters/{letter.pk}/files/{file['sha256']}/")
        assert got.headers["Content-Disposition"].startswith("attachment")
        assert got.headers["Content-Type"] == "application/octet-stream"
        assert "sandbox" in got.headers["Content-Security-Policy"]
    assert clerk.get(f"/letters/{letter.pk}/files/{'0' * 64}/").status_code == 404
    other = Client()
    other.force_login(User.objects.get(username="dispatcher"))
    assert other.get(f"/letters/{letter.pk}/files/{letter.files[0]['sha256']}/").status_code == 404


def test_a_file_that_has_not_been_scanned_is_not_opened(clerk: Client) -> None:
    (letter,) = came(enclosed(Precedence="bulk"))
    files.HeldFile.objects.create(sha256=letter.files[-1]["sha256"])
    assert clerk.get(f"/letters/{letter.pk}/files/{letter.files[-1]['sha256']}/").status_code == 409


def test_the_original_of_one_that_could_not_be_read_can_be_taken(
    clerk: Client, monkeypatch: Any, settings: Any
) -> None:
    monkeypatch.setattr("mingduan.complaints.post.reading.MAX_BOUNDARIES", -1)
    (bad,) = came(written("看不懂"))
    address = f"/letters/{bad.pk}/files/{bad.sha256}/"
    assert b"Subject" in clerk.get(address).content
    settings.SCANNER = "tests.web.test_letters.finds"
    assert clerk.get(address).status_code == 409


def finds(content: bytes) -> str:
    return "Eicar"


def test_pipl_51_who_opened_a_letter_and_its_files_is_kept_with_it_or_with_its_case(clerk: Client) -> None:
    (letter,) = came(enclosed(Precedence="bulk"))
    clerk.get(f"/letters/{letter.pk}/")
    clerk.get(f"/letters/{letter.pk}/files/{letter.files[0]['sha256']}/")
    desk = User.objects.get(username="desk")
    assert list(LetterReading.objects.order_by("pk").values_list("reader_id", "file")) == [
        (str(desk.pk), ""),
        (str(desk.pk), letter.files[0]["name"]),
    ]
    assert letter.files[0]["name"] in clerk.get(f"/letters/{letter.pk}/").content.decode().split("查阅记录")[1]
    clerk.post(f"/letters/{letter.pk}/", {"go": "open"})
    clerk.get(f"/letters/{letter.pk}/")
    letter.refresh_from_db()
    read = Reading.objects.filter(case=letter.case, what="paper").values_list("reader_id", "name")
    assert list(read) == [(str(desk.pk), f"来信 {letter.subject}")]


def test_lists_show_no_whole_address(clerk: Client) -> None:
    (letter,) = came(written(Precedence="bulk"))
    assert CUSTOMER not in clerk.get("/letters/").content.decode()
    assert CUSTOMER in clerk.get(f"/letters/{letter.pk}/").content.decode()


def test_a_case_that_a_letter_may_belong_to_is_a_link_only_for_whom_it_opens(clerk: Client) -> None:
    (first,) = came(written())
    (waits,) = came(written("补充", subject=first.case.number))
    page = clerk.get(f"/letters/{waits.pk}/").content.decode()
    assert "可能是冒名" in page
    assert f'href="/cases/{first.case.number}/"' in page
    assert clerk.get(f"/cases/{first.case.number}/").status_code == 200
    Letter.objects.filter(pk=waits.pk).update(perhaps="TELECOM-TS-2020-0001", case=None)
    page = clerk.get(f"/letters/{waits.pk}/").content.decode()
    assert "TELECOM-TS-2020-0001" in page
    assert 'href="/cases/TELECOM-TS-2020-0001/"' not in page


def test_s17_4_1_letters_go_with_the_file_of_their_case(clerk: Client) -> None:
    (opened,) = came(enclosed())
    (more,) = came(proved("补充一句", subject=opened.case.number))
    (other,) = came(written("别人的事", sender="x@else.cn", Precedence="bulk"))
    case = opened.case
    Letter.objects.filter(pk=more.pk).update(why_zh=f"退信：{CUSTOMER}", why_en=CUSTOMER, quoted="> 30元")
    Disposal.objects.create(case=case, at=MORNING)
    taking._goes_with(case, {}, MORNING)
    for row in Letter.objects.filter(case=case):
        said = [
            getattr(row, f.name)
            for f in Letter._meta.fields
            if f.name not in ("body", "channel", "what", "key", "place", "vouched")
        ]
        assert not any(isinstance(v, str) and v for v in said), said
        assert (row.files, row.refused) == ([], [])
    other.refresh_from_db()
    assert other.text.strip() == "别人的事"
    page = clerk.get(f"/letters/{opened.pk}/")
    assert (page.status_code, CUSTOMER in page.content.decode()) == (200, False)


def test_files_of_a_letter_that_never_got_into_its_case_are_destroyed_with_it(clerk: Client) -> None:
    (first,) = came(written())
    message = enclosed(text="没有立案的一封", Precedence="bulk")
    (waits,) = came(message)
    Letter.objects.filter(pk=waits.pk).update(case=first.case)  # as one that bears another's id
    hashes = [f["sha256"] for f in waits.files]
    assert all(files.exists(h) for h in hashes)
    Disposal.objects.create(case=first.case, at=MORNING)
    files.let_go(erasing.taken_along(first.case, {}, MORNING), MORNING)
    outbox.run(MORNING + timedelta(days=2), limit=500)
    assert not any(files.exists(h) for h in hashes)


def test_what_a_letter_set_aside_said_is_destroyed_once_its_time_is_over_and_never_comes_again(clerk: Client) -> None:
    (letter,) = came(written("我的手机 13912340987", Precedence="bulk"))
    clerk.post(f"/letters/{letter.pk}/", {"go": "aside", "why": "广告"})
    letter.refresh_from_db()
    since = letter.settled_at
    assert keeping.daily(since + timedelta(days=179)) == 0
    assert keeping.daily(since + timedelta(days=182)) == 1
    assert keeping.daily(since + timedelta(days=183)) == 0
    letter.refresh_from_db()
    assert (letter.what, letter.sender, letter.subject, letter.text, letter.files) == ("aside", "", "", "", [])
    assert not came(written("我的手机 13912340987", Precedence="bulk"))


def test_a_letter_that_waits_is_kept_however_long(clerk: Client) -> None:
    (letter,) = came(written(Precedence="bulk"))
    assert keeping.daily(letter.at + timedelta(days=1000)) == 0
