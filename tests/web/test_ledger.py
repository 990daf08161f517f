"""The ledger: for officers of the body only, balanced, by day and account, and nothing in it computes in a spreadsheet."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from openpyxl import load_workbook

from mingduan.people.models import Office, User

from . import office
from .office import accepted, ago, closed, do, ruled, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def people() -> None:
    office.people()


def balances(login: str, **query: object) -> dict[str, int]:
    return {a.name: a.balance for a in signed_in(login).get("/ledger/", query).context["accounts"]}


@pytest.mark.parametrize("address", ["/ledger/", "/ledger/journal.csv", "/archive/"])
@pytest.mark.parametrize(
    ("login", "status"), [("centre", 200), ("committee", 200), ("enterprise", 404), ("agency", 404), ("expert1", 404)]
)
def test_only_officers_find_the_page(address: str, login: str, status: int) -> None:
    assert signed_in(login).get(address).status_code == status


def test_officers_of_another_body_see_none_of_it() -> None:
    accepted(ago(3))
    other = User.objects.create_user("other", password="x", name="他机构")
    Office.objects.create(user=other, body="ccrc", role="quality")
    assert balances("other") == {}
    assert signed_in("other").get("/ledger/").context["open"] == []
    assert b"CACE" not in b"".join(signed_in("other").get("/ledger/journal.csv").streaming_content)


def test_deposits_refunds_and_costs_stand_where_they_should() -> None:
    held = accepted(ago(3))
    closed(ago(30), costs=300_000)
    assert balances("centre") == {
        "bank": 800_000,
        "deposit_held": 500_000,
        "refund_due": 0,
        "shortfall_due": 0,
        "costs_recovered": 300_000,
    }
    found = signed_in("centre").get("/ledger/").context["open"]
    assert [(o.case, [(a.zh, n) for a, n in o.sums]) for o in found] == [(held, [("申诉保证金", 500_000)])]


def test_a_shortfall_is_shown_as_receivable() -> None:
    case = do(ruled(ago(20)), "centre", "centre", "settle", ago(9), costs__attributable=640_000)
    page = signed_in("centre").get("/ledger/")
    assert [n for o in page.context["open"] for a, n in o.sums if a.kind == "asset"] == [140_000]
    assert "应收" in page.content.decode()
    assert case.number in page.content.decode()


def test_debits_equal_credits_and_days_cut_the_journal() -> None:
    closed(ago(30))
    accepted(ago(3))
    page = signed_in("centre").get("/ledger/").context
    assert page["debited"] == page["credited"] > 0
    day = ago(3).date()
    cut = signed_in("centre").get("/ledger/", {"since": day.isoformat()}).context
    assert [p.line.amount for p in cut["postings"]] == [500_000]
    assert next(a for a in cut["accounts"] if a.name == "bank").before == 300_000
    assert balances("centre", until=(day - timedelta(days=1)).isoformat())["bank"] == 300_000
    assert len(signed_in("centre").get("/ledger/?account=refund_due").context["postings"]) == 2
    assert signed_in("centre").get("/ledger/?since=9999-12-31&until=nonsense").status_code == 200


def test_the_journal_is_taken_away_in_yuan() -> None:
    case = accepted(ago(3))
    book = load_workbook(BytesIO(b"".join(signed_in("centre").get("/ledger/journal.xlsx").streaming_content)))
    header, row = list(book.active.iter_rows(values_only=True))
    assert header[-1] == "金额（元）"
    assert row[1:] == (case.number, "登记保证金到账", "centre", "银行存款", "申诉保证金", 5000)
    text = b"".join(signed_in("centre").get("/ledger/journal.csv").streaming_content).decode()
    assert str(Decimal("5000")) in text
    assert signed_in("centre").get("/ledger/journal.pdf").status_code == 404


def test_queries_do_not_grow_with_the_lines(django_assert_max_num_queries) -> None:
    client = signed_in("centre")
    accepted(ago(3))
    client.get("/ledger/")
    with django_assert_max_num_queries(40) as few:
        client.get("/ledger/")
    for _ in range(6):
        accepted(ago(3))
    with django_assert_max_num_queries(len(few)):
        client.get("/ledger/")
