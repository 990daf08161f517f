"""S02 6–11: who does what in the whole scheme, read off the rulebooks, and the grades."""

from __future__ import annotations

import pytest

from .scheme import engine

WHO = {
    "association": {("qualification", "approve"), ("renewal", "approve"), ("withdrawal", "withdraw")},
    "committee": {
        ("qualification", "review"), ("renewal", "review"), ("surveillance", "maintain"), ("suspension", "suspend"), ("suspension", "lift"),
        ("cancellation", "cancel"), ("change", "decide_grade"), ("change", "decide_change"), ("misuse", "decide"),
    },
    "centre": {
        ("qualification", "accept"), ("qualification", "evaluate"), ("qualification", "issue"), ("qualification", "archive"),
        ("suspension", "propose"), ("withdrawal", "propose"), ("misuse", "propose"), ("change", "issue"), ("renewal", "issue"),
    },
    "agency": {("qualification", "approve_report"), ("surveillance", "approve_report"), ("renewal", "approve_report")},
}  # fmt: skip


@pytest.mark.parametrize(("role", "book", "action"), [(r, b, a) for r, acts in WHO.items() for b, a in sorted(acts)])
def test_s02_6_to_9_each_decision_belongs_to_one_body_alone(role: str, book: str, action: str) -> None:
    assert engine(book).rulebook.actions[action].by == (role,)


def test_s02_11_grades_of_the_scheme() -> None:
    grade = engine("qualification").rulebook.facts["grade"]
    assert {k: c.zh for k, c in grade.choices.items()} == {"j": "甲级", "y": "乙级", "b": "丙级", "l": "临时级"}
    assert grade.clause == "S02 11"


@pytest.mark.parametrize(
    ("book", "parameter", "value"),
    [
        ("qualification", "validity", "3y"), ("qualification", "surveillance_interval", "12mo"), ("suspension", "max_suspension", "6mo"),
    ],
)  # fmt: skip
def test_what_the_sources_leave_open_is_a_parameter_marked_so(book: str, parameter: str, value: str) -> None:
    found = engine(book).rulebook.parameters[parameter]
    assert (found.value, found.inferred) == (value, True)
