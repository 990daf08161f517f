"""Every list of an office as a file, and the certificates whose day comes near."""

from __future__ import annotations

import csv
from datetime import timedelta
from io import BytesIO, StringIO

import pytest
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from mingduan.cases.models import Case, Notice
from mingduan.people.models import Organisation
from mingduan.registry import jobs
from mingduan.registry.models import Certificate
from mingduan.web.lists import LISTS
from tests.registry.test_importing import row, taken, text

from . import office

pytestmark = pytest.mark.django_db


@pytest.fixture
def centre() -> Client:
    office.people()
    return office.signed_in("centre")


def imported(*days: int, **more: str) -> None:
    """Certificates that expire so many days from today."""
    today = timezone.localdate()
    rows = [
        row(f"2025ZH{n:04}JR0", n, 有效期至=(today + timedelta(days=left)).isoformat(), 下次监督日期="", **more)
        for n, left in enumerate(days, 1)
    ]
    assert taken(text(*rows)).good


def lines(client: Client, address: str) -> list[list[str]]:
    body = client.get(address).getvalue().decode("utf-8-sig")  # type: ignore[attr-defined]  # a file's response
    return list(csv.reader(StringIO(body)))


@pytest.mark.parametrize("name", LISTS)
def test_each_list_is_a_csv_and_a_workbook_with_the_same_rows(centre: Client, name: str) -> None:
    imported(30, 300)
    office.file_case(office.ago(2))
    rows = lines(centre, f"/lists/{name}.csv")
    book = load_workbook(BytesIO(centre.get(f"/lists/{name}.xlsx").getvalue()))  # type: ignore[attr-defined]  # a file's response
    assert book.worksheets[0].max_row == len(rows)
    assert rows[0][0]
    if name in ("certificates", "enterprises", "duties", "experts", "statistics"):
        assert len(rows) > 1


def test_a_name_that_is_a_formula_is_not_computed(centre: Client) -> None:
    imported(30, 企业名称="=HYPERLINK(1)")
    for name in ("certificates", "enterprises", "expiring"):
        cells = [c for line in lines(centre, f"/lists/{name}.csv") for c in line]
        assert "'=HYPERLINK(1)" in cells
        assert "=HYPERLINK(1)" not in cells


def test_the_list_of_those_expiring_looks_as_far_ahead_as_asked(centre: Client) -> None:
    imported(30, 100)
    assert len(lines(centre, "/lists/expiring.csv")) == 2
    assert len(lines(centre, "/lists/expiring.csv?days=180")) == 3


def test_certificates_can_be_taken_as_the_search_finds_them(centre: Client) -> None:
    imported(30, 100)
    assert [line[1] for line in lines(centre, "/lists/certificates.csv?q=dydw")[1:]] == []
    assert [line[0] for line in lines(centre, "/lists/certificates.csv?q=2025ZH0002")[1:]] == ["2025ZH0002JR0"]


def test_lists_are_for_officers(centre: Client) -> None:
    assert office.signed_in("enterprise").get("/lists/certificates.csv").status_code == 404
    assert centre.get("/lists/nothing.csv").status_code == centre.get("/lists/certificates.pdf").status_code == 404


def test_renewals_are_opened_for_those_ticked_once_and_their_holders_told(centre: Client) -> None:
    imported(30, 40, 300)
    page = centre.get("/certificates/due/").content.decode()
    assert "2025ZH0002JR0" in page
    assert "2025ZH0003JR0" not in page
    assert "没有要通知的" not in page
    ticked = {"number": ["2025ZH0001JR0", "2025ZH0002JR0", "2025ZH9999JR0"]}
    said = centre.post("/certificates/due/", ticked).content.decode()
    assert "没有有效的证书2025ZH9999JR0" in said
    centre.post("/certificates/due/", ticked)
    opened = Case.objects.filter(rulebook="cace/renewal")
    assert sorted(c.facts["certificate.number"] for c in opened) == ["2025ZH0001JR0", "2025ZH0002JR0"]
    assert Notice.objects.filter(case__in=opened, role="holder").count() == 2
    jobs.daily(timezone.now())
    assert opened.count() == 2
    assert "没有要通知的" in centre.get("/certificates/due/").content.decode()


def test_all_of_a_page_can_be_ticked_at_once(centre: Client) -> None:
    imported(40, 50)
    page = centre.get("/certificates/due/").content.decode()
    assert "all=1" in page
    assert " checked" not in page
    ticked = centre.get("/certificates/due/?all=1").content.decode()
    assert ticked.count(" checked") == ticked.count('name="number"') > 0


def test_a_list_in_english_names_holders_in_english(centre: Client) -> None:
    imported(40)
    row = Certificate.objects.order_by("number")[0]
    Organisation.objects.filter(pk=row.holder_id).update(name_en="Hengtong Ltd.")
    got = b"".join(centre.get("/lists/certificates.csv", headers={"Accept-Language": "en"})).decode()  # type: ignore[arg-type]
    assert f"{row.number},Hengtong Ltd.," in got
    assert "Hengtong" not in b"".join(centre.get("/lists/certificates.csv")).decode()  # type: ignore[arg-type]


def test_nothing_ticked_says_so(centre: Client) -> None:
    imported(30)
    assert "没有勾选证书" in centre.post("/certificates/due/").content.decode()


def test_only_who_may_open_them_can(centre: Client) -> None:
    imported(30)
    committee = office.signed_in("committee")
    assert committee.get("/certificates/due/").status_code == 200
    assert committee.post("/certificates/due/", {"number": "2025ZH0001JR0"}).status_code == 404
    assert office.signed_in("enterprise").get("/certificates/due/").status_code == 404


def test_s18_4_3_holders_are_reminded_of_expiry_90_60_and_30_days_before(centre: Client) -> None:
    from mingduan.cases.timer import run_due

    imported(92)
    row_ = Certificate.objects.get()
    told = []
    for day in range(95):
        at = timezone.now() + timedelta(days=day)
        jobs.open_scheduled(at)
        run_due(at)
        left = (row_.valid_until - timezone.localdate(at)).days
        if Notice.objects.filter(role="holder", at=at, case__rulebook="cace/renewal").exists():
            told.append(left)
    assert told[:3] == [90, 60, 30]
