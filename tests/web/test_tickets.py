"""Bringing tickets through the pages: the file, its columns told once, a look before it is begun, and its faults."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from mingduan.cases.models import Case
from mingduan.complaints.models import TicketFile
from mingduan.people.models import Office, User

from .office import signed_in

pytestmark = pytest.mark.django_db
ROWS = "工单号,受理时间,投诉内容,状态\n1,2026-01-05 08:00,没有信号,已归档\n2,昨天,话费多扣,处理中\n"
MAPPED = {
    "rulebook": "telecom/takeover", "order": "ymd", "zone": "Asia/Shanghai", "action.1": "状态", "action.word": ["已归档", "处理中"],
    "action.means": ["take_closed", "take_open"], "source.name.value": "旧系统", "source.ticket.1": "工单号", "received_at.1": "受理时间",
    "details.1": "投诉内容",
}  # fmt: skip


@pytest.fixture
def clerk(desk: None) -> Client:
    user = User.objects.create_user("clerk", password="x", name="温雅")
    Office.objects.create(user=user, body="telecom", role="desk")
    return signed_in("clerk")


def bring(client: Client, rows: str = ROWS) -> str:
    """The address at which the file's columns are told."""
    sent = client.post("/tickets/", {"file": SimpleUploadedFile("t.csv", rows.encode()), "body": "telecom"})
    assert sent.status_code == 302
    return str(sent["Location"])


def test_a_file_is_mapped_tried_and_brought_in(clerk: Client) -> None:
    address = bring(clerk)
    page = clerk.get(address).content.decode()
    assert 'name="source.ticket.1"' in page
    assert 'value="已归档"' in page  # a word that needs a meaning
    tried = clerk.post(address, {**MAPPED, "go": "try"}).content.decode()
    assert "可移入" in tried
    assert "“昨天”不对" in tried
    assert not Case.objects.exists()
    done = clerk.post(address, {**MAPPED, "go": "begin"})
    told = clerk.get(done["Location"]).content.decode()
    assert Case.objects.get().facts["source.ticket"] == "1"
    assert "“昨天”不对" in told
    assert clerk.get(f"{done['Location']}faults.csv").status_code == 200


def test_the_same_headings_need_not_be_told_again(clerk: Client) -> None:
    address = bring(clerk)
    clerk.post(address, {**MAPPED, "go": "begin"})
    again = clerk.get(bring(clerk, ROWS.replace("昨天", "2026-01-06"))).content.decode()
    assert "已按上次对同样标题的说明填好" in again
    assert 'value="旧系统"' in again


def test_a_word_explained_once_stays_explained_after_a_file_without_it(clerk: Client) -> None:
    rows = ROWS.replace("处理中", "甲态")  # a word that nobody guesses
    said = {"action.word": ["已归档", "甲态"], "action.means": ["take_closed", "take_open"]}
    clerk.post(bring(clerk, rows), {**MAPPED, **said, "go": "begin"})
    closed = ROWS.splitlines()[0] + "\n3,2026-01-07 08:00,掉话,已归档\n"
    clerk.post(
        bring(clerk, closed), {**MAPPED, "action.word": ["已归档"], "action.means": ["take_closed"], "go": "begin"}
    )
    again = clerk.get(bring(clerk, rows.replace("2,昨天", "4,2026-01-06"))).context
    action = next(row for row in again["rows"] if row.name == "action")
    assert dict(action.words) == {"已归档": "take_closed", "甲态": "take_open"}


def test_a_mapping_that_lacks_the_source_says_so_and_begins_nothing(clerk: Client) -> None:
    address = bring(clerk)
    sent = clerk.post(address, {**MAPPED, "source.name.value": "", "go": "begin"})
    assert sent.status_code == 422
    assert "没有说明“来源系统”从哪里来" in sent.content.decode()
    assert not TicketFile.objects.get().begun


def test_another_bodys_officer_has_no_such_page(clerk: Client) -> None:
    address = bring(clerk)
    assert signed_in("centre").get("/tickets/").status_code == 404
    assert signed_in("centre").get(address).status_code == 404
