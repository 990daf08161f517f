"""Bringing an existing register to the page."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from mingduan.cases import audit, outbox
from mingduan.cases.models import Case
from mingduan.registry import importing
from mingduan.registry.models import Certificate, Import
from tests.registry.test_importing import row, text

from . import office

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre() -> Client:
    office.people()
    return office.signed_in("centre")


def brought(client: Client, content: str | bytes, **more: str) -> str:
    """The page one comes to."""
    file = SimpleUploadedFile("名册.csv", content if isinstance(content, bytes) else content.encode())
    response = client.post("/register/import/", {"file": file, **more}, follow=True)
    return response.content.decode()


def test_rows_are_entered_and_faults_told_with_line_and_column(centre: Client) -> None:
    page = brought(centre, text(row(), row("2025ZH0002JR0", 2, 等级="特级")))
    assert "2025ZH0002JR0" in page
    assert "“特级”不对" in page
    assert Certificate.objects.get().number == "2025ZH0001JR0"
    told = Case.objects.get().events.get().body
    assert (told["actor_name"], told["role"]) == ("centre", "centre")
    sheet = load_workbook(BytesIO(centre.get(f"/register/import/{Import.objects.get().pk}/faults.xlsx").getvalue()))  # type: ignore[attr-defined]  # a file's response
    assert [c.value for c in next(sheet.worksheets[0].iter_rows(min_row=2))][:4] == [3, "2025ZH0002JR0", "有误", "等级"]


def test_checking_enters_nothing(centre: Client) -> None:
    assert "可以移入" in brought(centre, text(row()), check="1")
    assert not Certificate.objects.exists()


@pytest.mark.parametrize("dry_run", [False, True])
def test_a_long_file_goes_on_in_the_background_and_nothing_is_entered_twice(centre: Client, dry_run: bool) -> None:
    count = importing.SLICE + 5
    rows = [row(f"2025ZH{n:04}JR0", n) for n in range(1, count)]
    page = brought(centre, text(*rows, row("2025ZH0001JR0", 1)), **({"check": "1"} if dry_run else {}))
    assert f"{importing.SLICE} / {count}" in page
    for step in range(3):
        outbox.run(timezone.now() + timedelta(hours=step))
    job = Import.objects.get()
    assert (job.done, job.added, job.already) == (True, count - 1, 1)
    assert Certificate.objects.count() == (0 if dry_run else count - 1)
    assert list(audit.verify()) == []


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", "甲,乙\n1,2\n".encode()])
def test_a_file_that_is_no_register_says_what_would_be_right(centre: Client, content: bytes) -> None:
    assert 'role="alert"' in brought(centre, content)
    assert not Import.objects.exists()


def test_no_file_says_so(centre: Client) -> None:
    response = centre.post("/register/import/")
    assert response.status_code == 422
    assert "没有选择文件" in response.content.decode()


def test_the_template_can_be_brought_back(centre: Client) -> None:
    template = centre.get("/register/import/template.csv").getvalue()  # type: ignore[attr-defined]  # a file's response
    brought(centre, template)
    assert Certificate.objects.count() == 1


def test_who_may_not_transfer_certificates_finds_no_page(centre: Client) -> None:
    for login in ("committee", "enterprise"):
        assert office.signed_in(login).get("/register/import/").status_code == 404
