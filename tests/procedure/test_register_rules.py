"""What a rulebook says to the register: its mistakes are told, and its dates and numbers are computed."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from mingduan.procedure.case import Act, Actor, Case, Event
from mingduan.procedure.engine import Engine
from mingduan.procedure.expressions import ExpressionError, Expressions
from mingduan.procedure.loading import RulebookError, loads

GOOD = (Path(__file__).resolve().parents[2] / "rulebooks" / "cace" / "qualification.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        ("effect: issue", "effect: isue", "issue"),
        ("          number: certificate.number\n          specialty", "          nmber: certificate.number\n          specialty", "nmber"),
        ("          grade: granted\n", "", "grade"),
        ("issued_on: certificate.issued_on", "issued_on: certificate.number", "TIMESTAMP"),
        ("        for: applicant\n", "", "for"),
        ("        for: applicant\n", "        for: aplicant\n", "aplicant"),
        ("reads: [holding.number]", "reads: [granted]", "granted"),
        ("asks: [specialty, grade", "asks: [holding.number, specialty, grade", "holding.number"),
        ('draws: {certificate.serial: "certificate-{year}"}', 'draws: {certificate.number: "certificate-{year}"}', "certificate.number"),
        ('draws: {certificate.serial: "certificate-{year}"}', 'draws: {certificate.serial: "certificate-{month}"}', "certificate.serial"),
        ("parties: {appellant: applicant", "parties: {appellant: nobody", "nobody"),
        ('clause: "S18 4.1.2"', 'clause: "S18 4.1.9"', "S18 4.1.9"),
        ("register: {ask: held, of", "register: {ask: hold, of", "ask"),
    ],
)  # fmt: skip
def test_a_mistake_about_the_register_is_told(old: str, new: str, word: str) -> None:
    assert old in GOOD
    with pytest.raises(RulebookError) as caught:
        loads(GOOD.replace(old, new, 1).encode())
    assert any(word in m.in_("zh") and m.line > 1 for m in caught.value.mistakes), str(caught.value)


@pytest.mark.parametrize("fact", ["report.numbr", "report.what", "certificate.number"])
def test_what_a_certificate_fills_in_is_a_text_the_filers_form_asks_for(fact: str) -> None:
    misuse = (Path(__file__).resolve().parents[2] / "rulebooks" / "cace" / "misuse.yaml").read_text("utf-8")
    with pytest.raises(RulebookError) as caught:
        loads(misuse.replace("{number: report.number", f"{{number: {fact}", 1).encode())
    assert fact in str(caught.value)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("later(now, '3y')", "2027-02-28"), ("later(now, '1d')", "2024-03-01"), ("earlier(now, '12mo')", "2023-02-28"),
        ("earlier(later(now, '3y'), '1d')", "2027-02-27"), ("padded(7, 4)", "0007"), ("padded(12345, 4)", "12345"),
    ],
)  # fmt: skip
def test_days_later_and_before_never_roll_and_numbers_are_padded(source: str, wanted: str) -> None:
    expressions = Expressions(loads(GOOD.encode()))
    # a leap day, late enough that it is still the same day in Shanghai
    got = expressions.evaluate(source, expressions.scope({"now": datetime(2024, 2, 29, 3, tzinfo=UTC)}))
    assert (got.date().isoformat() if isinstance(got, datetime) else got) == wanted


def test_working_days_are_not_counted_by_the_calendar_functions() -> None:
    expressions = Expressions(loads(GOOD.encode()))
    with pytest.raises(ExpressionError):
        expressions.evaluate("later(now, '5wd')", expressions.scope({"now": datetime(2024, 2, 29, tzinfo=UTC)}))


def test_what_the_register_tells_cannot_be_entered_by_an_actor() -> None:
    engine = Engine(loads(GOOD.encode()))
    act = Act(
        "approve", Actor("a", "a", frozenset(["association"])), datetime(2026, 3, 2, tzinfo=UTC), {"holding.number": ""}
    )
    outcome = engine.decide(Case(state="reviewed"), act)
    assert not isinstance(outcome, Event)
    assert "holding.number" in [r.input for r in outcome.reasons]


def test_only_what_somebody_outside_may_file_can_be_filed() -> None:
    folder = Path(__file__).resolve().parents[2] / "rulebooks" / "cace"
    filing = {p.stem: loads(p.read_bytes()).filing for p in folder.glob("*.yaml")}
    assert {n for n, f in filing.items() if f is None} == {"surveillance", "suspension", "transfer", "withdrawal"}
    assert filing["change"] == ("file", "holder")
    assert filing["misuse"] == ("report", "reporter")
