"""Many cases opened together: each as if it were opened alone, in a few statements for all of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from mingduan.cases import audit, registrar
from mingduan.cases.act import open_case
from mingduan.cases.counters import Counters
from mingduan.cases.models import Case, Counter, LedgerLine, Notice
from mingduan.cases.opening import Opening, Openings
from mingduan.cases.sides import Side
from mingduan.procedure.case import Actor, Refusal
from mingduan.procedure.period import TZ

from .stored import statements, undone

AT = datetime(2026, 3, 2, 9, tzinfo=TZ)
DESK = Actor("d", "台", frozenset(["desk"]))
BOOK = """
id: test/fee
version: "1"
number: FE
title: {zh: 收费, en: Fee}
desk: {zh: 收费, en: Fees}
source: {document: T, title: {zh: 收费, en: Fees}, clauses: {"1": {zh: 收费, en: Fees}}}
roles:
  payer: {zh: 缴费人, en: Payer, side: filer, named: payer.name, clause: "1"}
  desk: {zh: 台, en: Desk, side: body, clause: "1"}
facts:
  payer.name: {zh: 姓名, en: Name, type: text, clause: "1"}
  about: {zh: 事项, en: About, type: text, clause: "1"}
  amount: {zh: 金额, en: Amount, type: money, clause: "1"}
  receipt: {zh: 收据号, en: Receipt, type: integer, clause: "1"}
  under.way: {zh: 在办, en: Under way, type: text, clause: "1", register: {ask: running, of: about, states: [open]}}
accounts:
  cash: {zh: 现金, en: Cash, kind: asset}
  fees: {zh: 收费, en: Fees, kind: income}
stages:
  one: {zh: 办理, en: One}
states:
  open: {zh: 在办, en: Open, stage: one}
  paid: {zh: 已缴, en: Paid, stage: one, end: true}
actions:
  ask:
    zh: 收费
    en: Ask
    clause: "1"
    by: [desk]
    opens: true
    to: open
    asks: [payer.name, about, amount]
    draws: {receipt: "receipt-{year}"}
    when: [{that: "amount <= 9", else: {zh: 太多, en: Too much}, clause: "1"}]
    money: [{debit: cash, credit: fees, amount: amount}]
    tells: [payer, desk]
  note: {zh: 记账, en: Note, clause: "1", by: [desk], opens: true, to: open, asks: [payer.name, about, amount], draws: {receipt: "receipt-{year}"}}
  alone:
    zh: 单独收费
    en: Ask once
    clause: "1"
    by: [desk]
    opens: true
    to: open
    asks: [payer.name, about, amount]
    reads: [under.way]
    when: [{that: "under.way == ''", else: {zh: 已在办, en: Under way}, clause: "1"}]
  pay: {zh: 缴费, en: Pay, clause: "1", by: [desk], from: [open], to: paid}
deadlines:
  due: {zh: 缴费期限, en: Due, within: 3wd, after: note, owner: payer, met_by: [pay], recorded: true, clause: "1"}
"""
ROW = st.tuples(
    st.sampled_from(["ask", "note", "alone", "nothing"]), st.sampled_from(["甲", "乙", ""]), st.sampled_from(["水", "电"]), st.integers(0, 11),
    st.sampled_from(["", "", "k1", "k2"]),
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _fees(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A procedure in which opening a case does all that opening can do."""
    from django.conf import settings as django_settings

    place, before = tmp_path_factory.mktemp("rulebooks"), django_settings.RULEBOOKS_DIR
    Path(place / "fee.yaml").write_text(BOOK, encoding="utf-8")
    django_settings.RULEBOOKS_DIR = place
    yield
    django_settings.RULEBOOKS_DIR = before


def opening(action: str, name: str, about: str, amount: int, key: str = "") -> Opening:
    return Opening(action, {"payer.name": name, "about": about, "amount": amount}, key=key)


def told(outcome: Any) -> Any:
    return outcome if isinstance(outcome, Refusal) else (outcome.case.number, outcome.seq)


def alone(wanted: list[Opening]) -> list[Any]:
    """Each opened by itself."""
    return [
        told(open_case(rulebook="test/fee", action=o.action, actor=DESK, at=AT, facts=o.facts, sides=o.sides, title=o.title, key=o.key))
        for o in wanted
    ]  # fmt: skip


@transaction.atomic
def together(wanted: list[Opening]) -> list[Any]:
    """All opened at once."""
    openings = Openings("test/fee", DESK, AT)
    openings.prepare(wanted)
    openings.consult(wanted)
    outcomes = [told(openings.open(o)) for o in wanted]
    openings.write()
    return outcomes


class AnyCases(TestCase):
    """Whatever cases are opened."""

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(st.lists(ROW, max_size=8))
    def test_together_they_are_what_each_would_be_alone(self, rows: list[tuple[str, str, str, int, str]]) -> None:
        wanted = [opening(*row) for row in rows]
        one_by_one, at_once = undone(lambda: alone(wanted)), undone(lambda: together(wanted))
        assert at_once[0] == one_by_one[0]
        for table, written in one_by_one[1].items():
            order = (lambda r: (r["key"],)) if table in ("Outbox", "Receipt") else (lambda r: ())
            assert sorted(at_once[1][table], key=order) == sorted(written, key=order), table


@pytest.mark.django_db
def test_all_that_opening_does_is_done_together_too() -> None:
    together([opening("ask", "甲", "水", n) for n in (1, 2, 12, 3)])
    assert list(Case.objects.order_by("pk").values_list("number", flat=True)) == [f"TEST-FE-2026-{n:04}" for n in (1, 2, 3)]  # fmt: skip
    assert [c.facts["receipt"] for c in Case.objects.order_by("pk")] == [1, 2, 3]
    assert list(LedgerLine.objects.values_list("amount", flat=True)) == [1, 2, 3]
    assert (Notice.objects.count(), Counter.objects.get(name="test:receipt-2026").last) == (6, 3)
    assert list(audit.verify()) == []


@pytest.mark.django_db
def test_more_cases_take_no_more_statements() -> None:
    together([opening("note", "甲", "水", 1)])
    few, many = ([opening("note", "甲", "水", 1) for _ in range(n)] for n in (10, 60))
    assert statements(lambda: together(many)) <= statements(lambda: together(few)) + 2
    assert statements(lambda: alone(few[:1])) <= statements(lambda: together(few))


@pytest.mark.django_db
def test_nothing_is_left_of_cases_that_are_all_refused() -> None:
    assert all(isinstance(r, Refusal) for r in together([opening("ask", "甲", "水", 10), opening("nothing", "甲", "水", 1)]))  # fmt: skip
    assert not Case.objects.exists()
    assert not Counter.objects.exists()


@pytest.mark.django_db
def test_counters_are_taken_in_one_order_whatever_order_they_are_asked_in() -> None:
    locked: list[str] = []

    def note(execute: Any, sql: str, params: Any, *rest: Any) -> Any:
        if "cases_counter" in sql and sql.startswith(("INSERT", "SELECT")):
            locked.extend(p for p in params if isinstance(p, str) and p in wanted)
        return execute(sql, params, *rest)

    wanted = ["B-1", "A-1", "b:x", "a:x"]
    with transaction.atomic(), connection.execute_wrapper(note):
        Counters().take(wanted)
    assert list(dict.fromkeys(locked[4:])) == ["a:x", "b:x", "A-1", "B-1"]
    with transaction.atomic():
        counters = Counters()
        counters.take(wanted)
        assert list(counters.standing()) == ["a:x", "b:x", "A-1", "B-1"]


def test_a_side_that_is_named_is_not_asked_of_the_register() -> None:
    from mingduan.cases import catalogue

    engine = catalogue.in_force()["test/fee"]
    assert list(registrar.unnamed(engine, [Side("payer", "甲")])) == []
