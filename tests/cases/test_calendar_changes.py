"""The calendar changes: a body closes for a day, or a year's holidays are published; duties move and people are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError

from mingduan.cases import audit, catalogue, timer
from mingduan.cases.act import Done, Side, act, events_of, notice_words, open_case, state_of
from mingduan.cases.models import Case, DutyRow, EventRow, Notice, Outbox
from mingduan.people.models import Organisation
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Actor
from mingduan.procedure.closed import closed_days
from mingduan.procedure.loading import RulebookError, load
from mingduan.procedure.period import TZ

NOW = datetime(2026, 9, 25, 9, tzinfo=TZ)
LATER = datetime(2026, 9, 28, 9, tzinfo=TZ)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def home(settings, tmp_path: Path) -> Iterator[Path]:
    settings.HOME = tmp_path
    for kept in (timer._counted_on, timer._again, timer._told):
        kept.clear()
    yield tmp_path / "closed-days.yaml"
    timer._counted_on.clear()


def appeal() -> Case:
    enterprise, _ = Organisation.objects.get_or_create(name="恒通", defaults={"kind": "enterprise"})
    agency, _ = Organisation.objects.get_or_create(name="安信", defaults={"kind": "agency"})
    facts = {
        "grounds": "change_of_status", "decision.reference": "7号", "decision.notified_on": "2026-09-01",
        "statement": "不服", "requested": "撤销", "signed_by": "张三",
    }  # fmt: skip
    done = open_case(
        rulebook="cace/appeal", action="file", actor=Actor("a", "张三", frozenset(["appellant"])), at=NOW, facts=facts,
        sides=[Side("appellant", "恒通", enterprise), Side("respondent", "安信", agency)], title="案",
    )  # fmt: skip
    assert isinstance(done, Done)
    return done.case


def due(case: Case, deadline: str) -> date:
    return DutyRow.objects.get(case=case, deadline=deadline).due.astimezone(TZ).date()


def test_an_own_closed_day_moves_the_duties_and_tells_those_they_bind(home: Path) -> None:
    case = appeal()
    assert due(case, "meet") == date(2026, 10, 22)
    home.write_text("cace:\n  2026-10-21: 机构搬迁\n", encoding="utf-8")
    assert timer.recompute(LATER) == 1
    assert due(case, "meet") == date(2026, 10, 23)
    event = state_of(case)
    assert "recount" in event.taken
    told = Notice.objects.get(case=case, role="centre", title="期限变更通知")
    assert "“举行会议”由2026年10月22日改为2026年10月23日" in told.body
    assert Notice.objects.filter(case=case, role="appellant", title="期限变更通知").exists()
    assert Outbox.objects.filter(topic="notice", payload={"notice": told.pk}).exists()
    assert list(audit.verify()) == []


def test_what_moved_is_told_in_english_too(home: Path) -> None:
    case = appeal()
    home.write_text("cace:\n  2026-10-21: 机构搬迁\n", encoding="utf-8")
    timer.recompute(LATER)
    engine, event = catalogue.kept(case.digest), events_of(case)[-1]
    _, body, _ = notice_words(engine, case, event, state_of(case), "en")
    assert "“Hold the meeting” from 22 October 2026 to 23 October 2026" in body
    assert not re.search("[\u4e00-\u9fff]", body)


def test_a_case_that_cannot_be_counted_stops_no_other_and_is_tried_again(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = appeal(), appeal()

    def broken(**said: Any) -> Any:
        if said["number"] == one.number:
            raise IntegrityError("another worker was first")
        return act(**said)

    monkeypatch.setattr(timer, "act", broken)
    home.write_text("cace:\n  2026-10-21: 机构搬迁\n", encoding="utf-8")
    assert timer.recompute(LATER) == 1
    assert (due(one, "meet"), due(other, "meet")) == (date(2026, 10, 22), date(2026, 10, 23))
    monkeypatch.setattr(timer, "act", act)
    assert [timer.recompute(LATER), timer.recompute(LATER)] == [1, 0]
    assert due(one, "meet") == date(2026, 10, 23)


def test_a_refused_recount_is_told_once_and_tried_until_it_is_done(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    case = appeal()
    home.write_text("cace:\n  2026-10-21: 机构搬迁\n", encoding="utf-8")
    too_early = NOW - timedelta(hours=1)
    assert [timer.recompute(too_early), timer.recompute(too_early)] == [0, 0]
    assert caplog.text.count(f"{case.number} recount refused") == 1
    assert due(case, "meet") == date(2026, 10, 22)
    assert timer.recompute(LATER) == 1


@pytest.mark.parametrize("path", sorted((Path(__file__).resolve().parents[2] / "rulebooks").rglob("*.yaml")), ids=str)
def test_every_procedure_with_deadlines_tells_when_they_move(path: Path) -> None:
    book = load(path)
    if not book.deadlines:
        return
    action = next(a for a in book.actions.values() if a.recounts)
    assert set(action.since) == {name for name, state in book.states.items() if not state.end}
    assert action.reasoned


def test_nothing_moves_twice_and_another_bodys_days_move_nothing(home: Path) -> None:
    appeal()
    home.write_text("csp:\n  2026-10-21: 机构搬迁\n", encoding="utf-8")
    assert timer.recompute(LATER) == 0
    home.write_text("cace:\n  2026-10-21: 机构搬迁\n", encoding="utf-8")
    assert [timer.recompute(LATER), timer.recompute(LATER)] == [1, 0]
    timer._counted_on.clear()  # another process
    assert timer.recompute(LATER) == 0
    assert EventRow.objects.count() == 2


def test_a_day_closed_opened_and_closed_again_moves_the_duty_each_time(home: Path) -> None:
    case = appeal()
    for text, day in (("cace:\n  2026-10-21: 搬迁\n", 23), ("cace: {}\n", 22), ("cace:\n  2026-10-21: 搬迁 \n", 23)):
        home.write_text(text, encoding="utf-8")
        assert timer.recompute(LATER) == 1
        assert due(case, "meet") == date(2026, 10, day)


def test_what_was_met_stays_where_it_was(home: Path) -> None:
    case = appeal()
    centre = Actor("c", "林静", frozenset(["centre"]))
    facts = {"departments": "审查部"}
    assert isinstance(act(number=case.number, action="inform_departments", actor=centre, at=NOW, facts=facts), Done)
    home.write_text("cace:\n  2026-09-28: 停电\n", encoding="utf-8")
    timer.recompute(LATER)
    assert "通报" not in Notice.objects.get(case=case, role="centre", title="期限变更通知").body


def test_a_provisional_duty_settles_when_the_years_holidays_are_published(monkeypatch: pytest.MonkeyPatch) -> None:
    known = WorkingCalendar.china()
    unknown = WorkingCalendar(known._worked, range(2004, 2026), frozenset([date(2026, 10, 10)]))
    monkeypatch.setattr(catalogue, "calendar", lambda body: unknown)
    case = appeal()
    assert DutyRow.objects.get(case=case, deadline="meet").provisional
    assert due(case, "meet") == date(2026, 10, 23)
    monkeypatch.setattr(catalogue, "calendar", lambda body: known)
    assert timer.recompute(LATER) == 1
    assert due(case, "meet") == date(2026, 10, 22)
    assert not DutyRow.objects.get(case=case, deadline="meet").provisional


@pytest.mark.parametrize(
    ("text", "line"),
    [("cace:\n  2026-13-45: 搬迁\n", 2), ("cace: 2026\n", 1), ("cace:\n  1900-01-01: 早\n", 2), ("cace:\n  a: 1\n  a: 2\n", 3)],
)  # fmt: skip
def test_a_mistaken_day_is_told_on_its_line(home: Path, text: str, line: int) -> None:
    home.write_text(text, encoding="utf-8")
    with pytest.raises(RulebookError) as caught:
        closed_days(home)
    assert caught.value.mistakes[0].line == line
