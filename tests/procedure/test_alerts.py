"""When alerts fall: whole days within the rulebook's hours, nothing in quiet hours, once for one end and again for another."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mingduan.procedure.case import Act, Actor, Case, Event, fold
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import RulebookError, load, loads
from mingduan.procedure.period import TZ
from tests.scenarios.story import at

BOOKS = Path(__file__).resolve().parents[2] / "rulebooks"
COMPLAINT, EMERGENCY = (Engine(load(BOOKS / "telecom" / f"{n}.yaml")) for n in ("complaint", "emergency"))
SMALL = """
id: body/small
version: "1"
title: {zh: 小程序, en: Small}
number: SM
source: {document: S01, title: {zh: 文, en: Text}, clauses: {"1": {zh: 一, en: One}}}
hours: {from: "09:00", until: "17:00", clause: "1"}
roles:
  filer: {zh: 甲, en: A, side: filer}
  desk: {zh: 乙, en: B, side: body}
  timer: {zh: 系统, en: System, side: system}
stages: {one: {zh: 一, en: One}}
states:
  open: {zh: 在办, en: Open, stage: one}
  done: {zh: 办结, en: Done, stage: one, end: true}
actions:
  file: {zh: 提出, en: File, by: [filer], opens: true, to: open, clause: "1"}
  answer: {zh: 答复, en: Answer, by: [desk], from: [open], to: done, clause: "1"}
  extend: {zh: 延期, en: Extend, by: [desk], from: [open], extends: answer, clause: "1"}
  halt: {zh: 中止, en: Stay, by: [desk], from: [open], stays: true, clause: "1"}
  resume: {zh: 恢复, en: Resume, by: [desk], from: [open], resumes: true, while_stayed: true, clause: "1"}
  warn: {zh: 预警, en: Warn, by: [timer], from: [open], tells: [desk], clause: "1"}
  overdue: {zh: 超时, en: Overdue, by: [timer], from: [open], tells: [desk], clause: "1"}
deadlines:
  answer: {zh: 答复, en: Answer, within: PERIOD, after: file, owner: desk, met_by: [answer], clause: "1", alerts: [{before: BEFORE, does: warn}, {after: 0min, does: overdue}, {after: 4h, does: overdue}]}
"""


def small(period: str = "5wd", before: str = "1wd") -> Engine:
    return Engine(loads(SMALL.replace("PERIOD", period).replace("BEFORE", before).encode()))


class Told:
    """A case under an engine, with a worker that gives what is due whenever it looks."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.case, self.alerts = engine, Case(), list[Event]()

    def do(self, role: str, action: str, when: datetime, **facts: object) -> Told:
        self._take(
            Act(action, Actor(role, role, frozenset([role])), when, {n.replace("__", "."): v for n, v in facts.items()})
        )
        return self

    def looks(self, when: datetime) -> list[str]:
        """The worker gives what has come at `when`, one after another; which alerts those were."""
        given = []
        while found := [d for d in self.engine.duties(self.case, when) if d.alert and d.alert.at <= when]:
            duty = min(found, key=lambda d: d.alert.at if d.alert else when)
            assert duty.alert
            event = self._take(
                Act(
                    duty.alert.action,
                    Actor("timer", "系统", frozenset(["timer"])),
                    when,
                    reason="到期",
                    alert=(duty.deadline, duty.alert.number),
                )
            )
            self.alerts.append(event)
            given.append(f"{duty.deadline}#{duty.alert.number}")
        return given

    def next(self, deadline: str, when: datetime) -> datetime | None:
        """When the next alert of a deadline falls, as it stands at `when`."""
        duty = next(d for d in self.engine.duties(self.case, when) if d.deadline == deadline)
        return duty.alert.at.astimezone(TZ) if duty.alert else None

    def _take(self, act: Act) -> Event:
        event = self.engine.decide(self.case, act)
        assert isinstance(event, Event), event
        self.case = fold([event], self.case)
        return event


def filed(engine: Engine, when: str) -> Told:
    return Told(engine).do("filer", "file", at(when))


@pytest.mark.parametrize(
    ("period", "before", "alerts"),
    [
        ("5wd", "1wd", ["2026-03-16 09:00:00", "2026-03-18 09:00:00", "2026-03-18 13:00:00"]),
        ("5wd", "2h", ["2026-03-17 15:00:00", "2026-03-18 09:00:00", "2026-03-18 13:00:00"]),  # from the closing hour
        ("10d", "3d", ["2026-03-17 09:00:00", "2026-03-21 09:00:00", "2026-03-21 13:00:00"]),
        ("30h", "2h", ["2026-03-11 14:00:00", "2026-03-11 16:00:00", "2026-03-11 20:00:00"]),  # hours are hours
    ],
)
def test_whole_days_are_told_in_the_hours_and_hours_as_they_run(period: str, before: str, alerts: list[str]) -> None:
    told = filed(small(period, before), "2026-03-10 10:00")
    now, found = at("2026-03-10 10:00"), []
    while (coming := told.next("answer", now)) is not None:
        now = coming + timedelta(seconds=1)
        found.append(f"{coming:%Y-%m-%d %H:%M:%S}")
        assert len(told.looks(now)) == 1
    assert found == alerts


def test_one_filed_in_the_evening_before_its_warning_is_warned_of_in_the_morning() -> None:
    told = filed(small("1wd", "1wd"), "2026-03-10 23:50")
    assert told.looks(at("2026-03-10 23:59")) == []
    assert told.looks(at("2026-03-11 09:00")) == ["answer#0"]


def test_a_deadline_put_off_after_its_warning_is_warned_of_again_and_its_end_told_again() -> None:
    told = filed(small(), "2026-03-10 10:00")
    assert told.looks(at("2026-03-16 10:00")) == ["answer#0"]
    told.do("desk", "extend", at("2026-03-16 11:00"), until="2026-03-24")
    assert told.looks(at("2026-03-18 14:00")) == []
    assert told.looks(at("2026-03-23 09:00")) == ["answer#0"]
    assert told.looks(at("2026-03-25 09:00")) == ["answer#1"]
    told.do("desk", "extend", at("2026-03-25 09:30"), until="2026-03-31")
    assert told.looks(at("2026-03-25 23:00")) == []
    assert told.looks(at("2026-04-01 14:00")) == ["answer#1", "answer#2"]
    assert told.looks(at("2026-04-02 14:00")) == []


def test_a_stay_tells_nothing_and_the_end_it_puts_off_is_warned_of_again() -> None:
    told = filed(small(), "2026-03-10 10:00")
    assert told.looks(at("2026-03-16 10:00")) == ["answer#0"]
    told.do("desk", "halt", at("2026-03-16 11:00"))
    assert told.looks(at("2026-03-20 10:00")) == []
    told.do("desk", "resume", at("2026-03-23 09:00"))
    assert told.looks(at("2026-03-23 09:00")) == ["answer#0"]


def test_hours_that_end_before_they_begin_are_told() -> None:
    with pytest.raises(RulebookError, match="from 须早于 until"):
        loads(SMALL.replace("PERIOD", "5wd").replace("BEFORE", "1wd").replace('"17:00"', '"08:00"').encode())


def test_s12_7_2_what_is_to_be_revised_is_warned_of_and_what_is_not_is_silent() -> None:
    for revise in (True, False):
        told = Told(EMERGENCY).do("desk", "activate", at("2026-06-01 01:00"), event__what="断纤", event__area="城北", event__complaints=120, event__major=True)  # fmt: skip
        for what in ("measure", "customers"):
            told.do("team", "note", at("2026-06-01 02:00"), entry__what=what, entry__text="已办")
        told.do("command", "stand_down", at("2026-06-01 03:00"))
        told.do(
            "team",
            "summarise",
            at("2026-06-02 09:00"),
            summary="完成",
            shortcomings="缺备件",
            revise=revise,
            satisfaction="满意",
        )
        when = ("2026-06-15 08:29", "2026-06-15 08:30", "2026-06-17 08:29", "2026-06-17 08:30", "2026-06-18 09:00")
        given = [[a for a in told.looks(at(w)) if a.startswith("revision#")] for w in when]
        assert given == ([[], ["revision#0"], [], ["revision#1"], []] if revise else [[], [], [], [], []])


INSTANTS = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31)).map(lambda d: d.replace(tzinfo=TZ))
LOOKS = st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=4)), min_size=1, max_size=30)


@given(INSTANTS, LOOKS, st.sampled_from(["service", "billing"]), st.booleans())
def test_s08_3_3_no_alert_of_whole_days_comes_outside_the_hours_nor_any_twice_whenever_the_worker_looks(
    filed_at: datetime, waits: list[timedelta], about: str, media: bool
) -> None:
    told = Told(COMPLAINT).do(
        "complainant", "file", filed_at, about="billing", details="多扣", customer__phone="13800000000"
    )
    told.do("desk", "verify", filed_at, entry__how="records", entry__found="属实")
    told.do("desk", "grade", filed_at, **{"class": about, "marks.media": media})
    told.do("desk", "assign", filed_at, department="计费部")
    now = filed_at
    for wait in waits:
        now += wait
        told.looks(now)
        for duty in COMPLAINT.duties(told.case, now):
            assert duty.alert is None or duty.alert.at > now
    book = COMPLAINT.rulebook
    assert len({e.alert for e in told.alerts}) == len(told.alerts)
    for event in told.alerts:
        assert event.alert is not None
        spec, clock = book.deadlines[event.alert[0]], event.at.astimezone(TZ).time()
        whole = not book.period(spec.within or "").unit.elapses
        if whole:
            assert book.time_of_day(book.hours.since) <= clock <= book.time_of_day(book.hours.until)
        for role in book.actions[event.action].tells:
            assert COMPLAINT.told_at(told.case, role, event.at) == event.at
