"""One case of a procedure in a place at a time: a new edition begins with the lists of the one before, and puts it out of force."""

from __future__ import annotations

import importlib
import threading
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from mingduan.cases import audit
from mingduan.cases.act import Done, act, events_of, open_case
from mingduan.cases.models import Case, DutyRow, Link
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.engine import Engine

from .telecom import at

acting = importlib.import_module("mingduan.cases.act")
pytestmark = pytest.mark.django_db
BOOK = "telecom/emergency"
PLAN: dict[str, Any] = {"plan.title": "2026版", "plan.text": []}
POSTS = ("command", "department", "service", "technical")


@pytest.fixture(autouse=True)
def _paper() -> None:
    from mingduan.cases.files import keep

    PLAN["plan.text"] = [keep("预案.txt", "预案".encode(), "text/plain").as_fact()]


def do(case: Case, role: str, action: str, when: str | datetime, **facts: Any) -> Case:
    moment = at(when) if isinstance(when, str) else when
    done = act(number=case.number, action=action, actor=Actor("7", "某人", frozenset([role])), at=moment, facts=facts)
    assert isinstance(done, Done), done
    case.refresh_from_db()
    return case


def in_force() -> Case:
    done = open_case(
        rulebook=BOOK, action="draft_plan", actor=Actor("7", "某人", frozenset(["team"])), at=at("2026-03-10 09:00"), facts=PLAN, sides=(), title="",
    )  # fmt: skip
    assert isinstance(done, Done), done
    case = done.case
    for post in POSTS:
        do(case, "team", "enrol", "2026-03-10 10:00", **{"entry.name": post, "entry.post": post, "entry.phone": "1"})
    means = {"entry.kind": "communication", "entry.what": "对讲机", "entry.where": "值班室"}
    do(case, "team", "stock", "2026-03-10 11:00", **means)
    return do(case, "command", "approve_plan", "2026-03-10 12:00")


def edition_of(case: Case) -> Case:
    return Case.objects.get(number=Link.objects.get(case=case, relation="edition").number)


def test_s12_7_1_a_new_edition_begins_with_the_roster_of_the_one_in_force_and_takes_its_place(db: None) -> None:
    old = in_force()
    do(old, "team", "enrol", "2026-04-01 09:00", **{"entry.name": "新人", "entry.post": "service", "entry.phone": "2"})
    gone = next(r["seq"] for r in old.facts["roster"] if r["name"] == "service")
    do(old, "team", "release", "2026-04-01 09:10", entry=gone, **{"entry.left": "调离"})
    do(old, "team", "revise_plan", "2027-03-01 09:00", **{**PLAN, "plan.changes": "增补"})
    new = edition_of(old)
    assert [r["name"] for r in new.facts["roster"]] == ["command", "department", "technical", "新人"]
    assert [r["what"] for r in new.facts["resources"]] == ["对讲机"]
    assert (old.state, new.state) == ("plan_in_force", "plan_draft")
    first = new.facts["roster"][0]["seq"]
    do(new, "team", "enrol", "2027-03-02 09:00", **{"entry.name": "甲", "entry.post": "command", "entry.phone": "3"})
    do(new, "team", "release", "2027-03-02 09:10", entry=first, **{"entry.left": "退休"})
    do(new, "command", "approve_plan", "2027-03-03 09:00")
    old.refresh_from_db()
    assert (old.state, new.state) == ("plan_replaced", "plan_in_force")
    assert new.number in events_of(old)[-1].reason
    assert list(audit.verify()) == []


def test_s12_6_1_the_next_drill_is_owed_under_the_new_edition_alone(db: None) -> None:
    old = in_force()
    do(old, "team", "revise_plan", "2026-05-06 09:00", **{**PLAN, "plan.changes": "增补"})
    new = do(edition_of(old), "command", "approve_plan", "2026-05-07 09:00")
    owed = DutyRow.objects.filter(deadline="drill", status__in=("open", "late"))
    assert [(d.case.number, d.due.date().isoformat()) for d in owed] == [(new.number, "2026-11-09")]


def test_s12_7_2_what_an_event_taught_goes_into_an_edition_with_the_roster_of_the_plan_in_force(db: None) -> None:
    old = in_force()
    done = open_case(
        rulebook=BOOK, action="activate", actor=Actor("7", "某人", frozenset(["desk"])), at=at("2026-06-01 01:00"), sides=(), title="",
        facts={"event.what": "光缆中断", "event.area": "城北", "event.complaints": 120, "event.major": True},
    )  # fmt: skip
    assert isinstance(done, Done), done
    case = done.case
    assert case.title == "投诉应急：城北"
    for what in ("measure", "customers"):
        do(case, "team", "note", "2026-06-01 02:00", **{"entry.what": what, "entry.text": "已办"})
    do(case, "command", "stand_down", "2026-06-01 03:00")
    told = {"summary": "完成", "shortcomings": "缺备件", "revise": True, "satisfaction": "多数满意"}
    do(case, "team", "summarise", "2026-06-02 09:00", **told)
    do(case, "team", "adjust_plan", "2026-06-03 09:00", **{**PLAN, "plan.changes": "增加备件"})
    new = do(edition_of(case), "command", "approve_plan", "2026-06-04 09:00")
    old.refresh_from_db()
    assert (old.state, new.state, len(new.facts["roster"])) == ("plan_replaced", "plan_in_force", 4)


def edition(old: Case, when: str) -> Case:
    do(old, "team", "revise_plan", when, **{**PLAN, "plan.changes": when})
    return Case.objects.get(number=Link.objects.filter(case=old, relation="edition").latest("pk").number)


def test_s12_7_1_an_edition_approved_by_a_clock_that_is_behind_puts_the_other_out_of_force_all_the_same(
    db: None,
) -> None:
    old = in_force()
    first, second = edition(old, "2026-05-06 09:00"), edition(old, "2026-05-06 09:01")
    do(first, "command", "approve_plan", "2026-05-07 09:00:01")
    do(second, "command", "approve_plan", "2026-05-07 09:00:00")
    first.refresh_from_db()
    assert (first.state, second.state) == ("plan_replaced", "plan_in_force")
    assert list(audit.verify()) == []


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one write at a time")
@pytest.mark.usefixtures("flushable")
@pytest.mark.django_db(transaction=True)
def test_s12_7_1_of_two_editions_approved_at_the_same_time_one_is_in_force(monkeypatch: pytest.MonkeyPatch) -> None:
    old = in_force()
    pair = [edition(old, "2026-05-06 09:00"), edition(old, "2026-05-06 09:01")]
    together, superseding = threading.Barrier(2, timeout=20), acting._supersede

    def both_at_once(engine: Engine, case: Case, action: str, when: datetime) -> Refusal | None:
        if action == "approve_plan":  # both have taken the place, and neither is committed yet
            together.wait()
        return superseding(engine, case, action, when)

    monkeypatch.setattr(acting, "_supersede", both_at_once)

    def approve(case: Case) -> None:
        try:
            do(case, "command", "approve_plan", "2026-05-07 09:00")
        finally:
            connection.close()

    threads = [threading.Thread(target=approve, args=(c,)) for c in pair]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(Case.objects.filter(pk__in=[c.pk for c in (old, *pair)]).values_list("state", flat=True)) == [
        "plan_in_force", "plan_replaced", "plan_replaced",
    ]  # fmt: skip
    assert list(audit.verify()) == []
