"""The procedure as a page: the diagram, the dates if filed on a day, and a case's place on it."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest
from django.test import Client

from mingduan.cases.act import events_of
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.days import Kind, mark
from mingduan.procedure.loading import load
from mingduan.procedure.rulebook import Rulebook
from mingduan.web.diagram import WIDTH, draw, moves

from . import office
from .office import ago, ruled, signed_in

BOOKS = sorted((Path(__file__).resolve().parents[2] / "rulebooks").rglob("*.yaml"))


@pytest.fixture(params=BOOKS, ids=lambda p: p.stem)
def book(request: pytest.FixtureRequest) -> Rulebook:
    return load(request.param)


def test_every_state_has_a_card_and_every_step_that_leads_on_an_arrow(book: Rulebook) -> None:
    drawn = draw(book, "zh")
    assert {n.name for n in drawn.nodes} == {"", *book.states}
    for node in drawn.nodes:
        if node.name:
            assert book.states[node.name].zh.startswith(node.label.rstrip("…")), "a card bears its state's name"
    leading = {(s, a) for a, spec in book.actions.items() for s in spec.since if spec.to and spec.to != s}
    leading |= {("", a) for a in book.opening}
    assert {(n.name, r.action) for n in drawn.nodes for r in n.rows} == leading
    assert len(drawn.wires) == len(leading)


def test_no_card_lies_on_another_and_nothing_leaves_the_picture(book: Rulebook) -> None:
    for lang in ("zh", "en"):
        drawn = draw(book, lang)
        for one in drawn.nodes:
            assert one.x >= 0
            assert one.x + WIDTH <= drawn.width
            assert one.y + one.height <= drawn.height
            for other in drawn.nodes:
                apart = one.x != other.x or one.y + one.height < other.y or other.y + other.height < one.y
                assert one is other or apart
        for wire in drawn.wires:
            numbers = [float(n) for n in re.findall(r"-?\d+\.?\d*", wire.path)]
            assert max(numbers[::2]) <= drawn.width
            assert max(numbers[1::2]) <= drawn.height


@pytest.mark.django_db
def test_a_cases_way_is_shown_on_the_diagram() -> None:
    office.people()
    case = ruled(ago(20))
    page = signed_in("centre").get(f"/cases/{case.number}/")
    drawn = page.context["diagram"]
    assert [n.name for n in drawn.nodes if n.place == "here"] == ["ruled"]
    assert {n.name for n in drawn.nodes if n.place == "past"} == {"", "filed", "accepted", "announced", "heard"}
    assert sum(w.taken for w in drawn.wires) == 5
    assert 'aria-current="step"' in page.content.decode()
    gone = moves(events_of(case), page.context["book"])
    assert ("heard", "rule", "ruled") in gone


@pytest.mark.django_db
def test_dates_say_why_they_fall_where_they_do() -> None:
    page = Client().get("/procedures/cace/appeal/?from=2026-09-25")
    meeting = next(d for d in page.context["dates"] if d.term.name == "meet")
    assert meeting.window.last == date(2026, 10, 22)
    assert meeting.reason.zh == "跳过中秋节2天、国庆节7天、周末3天；10月10日（周六）补班，计入"
    announced = next(d for d in page.context["dates"] if d.term.name == "announce")
    assert announced.window.since == date(2026, 10, 22)
    assert [d.window.last for d in page.context["dates"]] == sorted(d.window.last for d in page.context["dates"])
    cells = {c.mark.day: c for _, week in page.context["weeks"] for c in week}
    assert meeting.number in cells[date(2026, 10, 22)].numbers
    assert cells[date(2026, 10, 10)].mark.kind is Kind.MAKE_UP
    assert cells[date(2026, 9, 25)].first


@pytest.mark.django_db
def test_every_procedure_has_its_page_in_both_languages(book: Rulebook) -> None:
    for lang in ("zh-hans", "en"):
        page = Client().get(f"/procedures/{book.id}/", headers={"accept-language": lang})
        assert page.status_code == 200
        text = page.content.decode()
        assert all(f'id="s-{state}"' in text for state in book.states)
        assert "style=" not in text


def test_kinds_of_days_agree_with_the_calendar() -> None:
    china = WorkingCalendar.china()
    for year in (2024, 2026, 2028):
        for day in (date.fromordinal(n) for n in range(date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal())):
            found = mark(china, day)
            assert found.off != china.is_working(day)
            assert (found.kind is Kind.MAKE_UP) == (day.weekday() >= 5 and china.is_working(day))
