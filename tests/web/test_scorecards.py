"""The scorecards' pages: who sees what, the preview, the settled card, its files, the way to a contest."""

from __future__ import annotations

from datetime import datetime
from io import BytesIO

import pytest
from django.test import Client
from openpyxl import load_workbook

from mingduan.cases.models import Case
from mingduan.complaints.scorecard import settlement
from mingduan.config import clock
from tests.cases.telecom import Desk, at
from tests.complaints.test_settlement import contested, desk, handled, october, recorded

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
BASE = "/scorecards/contractor/complaint-score/"
NOVEMBER_9 = "2026-11-09 10:30"


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    """The 9th of November in the morning."""
    _at(monkeypatch, at(NOVEMBER_9))


def _at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    monkeypatch.setattr(clock, "now", lambda: moment)


def page(desk: Desk, who: str, path: str = "") -> tuple[int, str]:
    """What somebody gets there."""
    client = Client()
    client.force_login(desk.users[who])
    answer = client.get(BASE + path if not path.startswith("/") else path)
    return answer.status_code, answer.content.decode(errors="replace")


def settled(desk: Desk) -> dict[str, Case]:
    """Both contractors with a late ticket in October, settled."""
    for contractor in (0, 1):
        handled(desk, "2026-10-08 09:00", "2026-10-08 12:00", "2026-10-08 13:00", contractor=contractor)
    recorded(desk, "manners", "2026-10-12 10:00")
    return october(desk)


def test_the_running_month_is_a_preview_and_says_so(desk: Desk, now: None) -> None:
    handled(desk, "2026-11-02 09:00", "2026-11-02 12:00", "2026-11-02 13:00")
    _, said = page(desk, "contracts", f"2026-11/{desk.contractors[0].pk}/")
    assert "预览" in said
    assert ">93<" in said


@pytest.mark.parametrize("who", ["lead1", "manager"])
def test_each_deduction_leads_to_its_ticket_or_record(desk: Desk, now: None, who: str) -> None:
    case = settled(desk)["恒通代维"]
    _, said = page(desk, who, f"2026-10/{desk.contractors[0].pk}/")
    for line in case.facts["lines"]:
        assert f'href="/cases/{line["source"]}/"' in said


def test_who_may_not_open_a_ticket_gets_no_link_to_it_but_what_it_was_judged_by(desk: Desk, now: None) -> None:
    lines = settled(desk)["恒通代维"].facts["lines"]
    _, said = page(desk, "contracts", f"2026-10/{desk.contractors[0].pk}/")  # an office of the contractors' body only
    for line in lines:
        status, _ = page(desk, "contracts", f"/cases/{line['source']}/")
        assert (f'href="/cases/{line["source"]}/"' in said) == (status == 200)
    assert {line["key"]: page(desk, "contracts", f"/cases/{line['source']}/")[0] for line in lines} == {
        "manners": 200,
        "on_time": 404,
    }
    assert "一般 · 派单 10-08 09:00 · 签收 10-08 12:00 · 最终回复 10-08 13:00" in said
    assert "13800000000" not in said


def test_a_contractor_sees_its_own_card_only_and_others_scores_once_published(
    desk: Desk, now: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = settled(desk)
    own, other = (f"2026-10/{o.pk}/" for o in desk.contractors)
    assert [page(desk, "lead1", p)[0] for p in (own, other)] == [200, 404]
    assert "远景维护" not in page(desk, "lead1", "2026-10/")[1]
    _at(monkeypatch, at("2026-11-12 11:00"))
    desk.do("contracts", cases["远景维护"], "publish", "2026-11-12 10:00")
    assert "远景维护" in page(desk, "lead1", "2026-10/")[1]
    assert page(desk, "lead1", other)[0] == 404


@pytest.mark.parametrize("who", ["engineer1", "other1", "desk"])
def test_for_others_there_is_no_such_page(desk: Desk, now: None, who: str) -> None:
    settled(desk)
    paths = (
        "/scorecards/",
        BASE + "2026-10/",
        f"{BASE}2026-10/{desk.contractors[0].pk}/",
        f"{BASE}2026-10.csv",
        f"{BASE}2026-10/{desk.contractors[0].pk}.pdf",
    )
    assert {page(desk, who, p)[0] for p in paths} == {404}


@pytest.mark.parametrize("written", ["2026-12", "2026-13", "x"])
def test_a_month_that_has_not_begun_or_is_none_is_not_there(desk: Desk, now: None, written: str) -> None:
    assert page(desk, "contracts", f"{written}/")[0] == 404


def test_the_contest_button_brings_the_form_with_its_line_chosen(desk: Desk, now: None) -> None:
    case = settled(desk)["恒通代维"]
    seq = case.facts["lines"][0]["seq"]
    link = f"/cases/{case.number}/do/contest/?about={seq}"
    assert link in page(desk, "lead1", f"2026-10/{desk.contractors[0].pk}/")[1]
    assert link not in page(desk, "contracts", f"2026-10/{desk.contractors[0].pk}/")[1]
    _, form = page(desk, "lead1", link)
    assert f'value="{seq}" selected' in form or f'value="{seq}" checked' in form


def test_an_upheld_line_is_shown_struck_and_costs_nothing(desk: Desk, now: None) -> None:
    case = settled(desk)["恒通代维"]
    line = next(x for x in case.facts["lines"] if x["key"] == "on_time")
    contest = contested(desk, case, line["seq"], "2026-11-09 09:00")
    desk.do(
        "manager", case, "decide", "2026-11-09 10:00", entry=contest, **{"entry.upheld": True, "entry.reasons": "查实"}
    )
    settlement.rescore(at("2026-11-09 10:01"))
    _, said = page(desk, "lead1", f"2026-10/{desk.contractors[0].pk}/")
    assert "<s>−2</s>" in said
    assert "<b>93</b>" in said


def test_the_card_as_a_workbook_holds_every_deduction_and_no_formula(desk: Desk, now: None) -> None:
    settled(desk)
    client = Client()
    client.force_login(desk.users["contracts"])
    got = client.get(f"{BASE}2026-10/{desk.contractors[0].pk}.xlsx")
    sheet = load_workbook(BytesIO(b"".join(got.streaming_content))).active
    cells = [[c.value for c in row] for row in sheet.iter_rows()]
    assert [r[8] for r in cells[1:] if r[6]] == ["2.00", "2.00"]
    assert not [c for row in sheet.iter_rows() for c in row if c.data_type == "f"]


def test_the_card_as_pdf_is_archival_and_the_same_each_time(desk: Desk, now: None) -> None:
    settled(desk)
    client = Client()
    client.force_login(desk.users["lead1"])
    first, second = (client.get(f"{BASE}2026-10/{desk.contractors[0].pk}.pdf").content for _ in range(2))
    assert first == second
    assert first.startswith(b"%PDF-")
    assert b"pdfaid:part" in first


def test_in_english_too(desk: Desk, now: None) -> None:
    settled(desk)
    client = Client()
    client.force_login(desk.users["contracts"])
    said = client.get(f"{BASE}2026-10/{desk.contractors[0].pk}/", headers={"accept-language": "en"}).content.decode()
    assert "Tickets on time" in said


def test_a_mean_leads_to_every_ticket_in_it_and_can_be_contested(desk: Desk, now: None) -> None:
    ticket = handled(desk, "2026-10-08 09:00", "2026-10-08 10:00", "2026-10-09 05:00")
    case = october(desk)["恒通代维"]
    _, said = page(desk, "lead1", f"2026-10/{desk.contractors[0].pk}/")
    assert f'href="/cases/{ticket.number}/"' in said
    assert "20.00 h" in said
    assert f"/cases/{case.number}/do/contest/?about={case.facts['lines'][0]['seq']}" in said
