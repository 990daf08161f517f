"""What an act is held to, rule by rule, also while something is still missing."""

from __future__ import annotations

from datetime import datetime

from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.case import Act, Actor, Finding
from mingduan.procedure.engine import Engine
from mingduan.procedure.interests import conflicts
from mingduan.procedure.period import TZ, Period
from tests.scenarios.test_s01_appeal import accepted

NOW = datetime(2026, 9, 25, 10, tzinfo=TZ)
APPELLANT = Actor("1", "张三", frozenset(["appellant"]))


def finding(engine: Engine, words: str, **facts: object) -> Finding:
    given = {name.replace("__", "."): value for name, value in facts.items()}
    return next(f for f in engine.check(None, Act("file", APPELLANT, NOW, given)) if f.text.zh == words)


def test_a_rule_is_judged_as_soon_as_what_it_looks_at_is_there(appeal: Engine) -> None:
    assert finding(appeal, "收到通知之日不能晚于今天", decision__notified_on="2026-09-24").holds
    late = finding(appeal, "收到通知之日不能晚于今天", decision__notified_on="2026-09-26")
    assert late.reason is not None


def test_a_rule_about_something_missing_neither_holds_nor_has_a_reason(appeal: Engine) -> None:
    for facts in ({}, {"decision__notified_on": "soon"}):
        open_ = finding(appeal, "收到通知之日不能晚于今天", **facts)
        assert not open_.holds
        assert open_.reason is None


def test_whoever_may_not_act_at_all_is_told_that_first(appeal: Engine) -> None:
    found = appeal.check(None, Act("file", Actor("2", "李四", frozenset(["centre"])), NOW))
    assert next(f.rule for f in found if f.reason) == "role"
    assert not any(f.rule == "guard" for f in found)


def test_s01_3_1_a_panel_of_an_even_number_is_refused(appeal: Engine) -> None:
    people = [{"id": str(n), "name": f"专家{n}"} for n in range(4)]
    accepted(appeal, major=True).refused("centre", "form_panel", "2026-09-26 09:00", "3.1", people=people)


def test_an_interest_that_ended_on_the_day_the_look_back_reaches_to_still_bars() -> None:
    at, calendar = datetime(2026, 9, 25, 9, tzinfo=TZ), WorkingCalendar.china()
    ended = [{"party": "甲", "kind": "任职", "until": day} for day in ("2024-09-24", "2024-09-25")]
    assert conflicts(ended, Period.parse("2y"), at, calendar) == (ended[1],)
