"""S02 6–11, S18 3: who does what in the whole scheme, the refusal of anybody else, and the grades."""

from __future__ import annotations

import pytest

from mingduan.procedure.case import Act, Actor, Case, Refusal

from .scheme import engine
from .story import at

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


BOOKS = (
    "qualification", "repair-qualification", "surveillance", "renewal", "change", "suspension", "cancellation", "withdrawal", "misuse",
)  # fmt: skip
AUDIT = {
    ("agency",): {"appoint_team", "plan_audit", "approve_report"},
    ("team",): {"record_finding", "submit_report", "verify_correction"},
}
DECIDES = {  # S02 6: grants and withdraws; S02 7 and S18 3.4: reviews, maintains, suspends, cancels, changes
    "qualification": {("association",): {"approve", "disapprove"}, ("committee",): {"review", "decline_review"}},
    "repair-qualification": {("association",): {"approve", "disapprove"}, ("committee",): {"review", "decline_review"}},
    "renewal": {("association",): {"approve", "disapprove"}, ("committee",): {"review", "decline_review"}},
    "surveillance": {("committee",): {"maintain"}},
    "change": {("committee",): {"decide_grade", "decide_change", "decline"}},
    "suspension": {("committee",): {"suspend", "dismiss", "lift"}},
    "cancellation": {("committee",): {"cancel", "decline"}},
    "withdrawal": {("association",): {"withdraw", "dismiss"}},
    "misuse": {("committee",): {"decide"}},
}


@pytest.mark.parametrize("book", BOOKS)
def test_s02_6_to_9_the_association_and_the_committee_do_what_the_source_gives_them_and_nothing_else(book: str) -> None:
    actions = engine(book).rulebook.actions.items()
    done = {who: {n for n, a in actions if a.by == who} for who in (("association",), ("committee",))}
    assert {who: names for who, names in done.items() if names} == DECIDES[book]
    assert all({"association", "committee"}.isdisjoint(a.by) for _, a in actions if len(a.by) > 1), "nobody beside them"


@pytest.mark.parametrize("book", ["qualification", "repair-qualification", "surveillance", "renewal", "change"])
def test_s02_9_the_audit_is_the_agencys_and_its_teams(book: str) -> None:
    actions = engine(book).rulebook.actions.items()
    assert {who: {n for n, a in actions if a.by == who} for who in AUDIT} == AUDIT


@pytest.mark.parametrize("book", BOOKS)
def test_s02_6_to_9_every_step_by_any_other_role_is_refused_with_its_clause(book: str) -> None:
    made, wrong = engine(book), []
    for name, action in made.rulebook.actions.items():
        for role in made.rulebook.roles.keys() - set(action.by):
            for state in action.since or ("",):
                act = Act(name, Actor("x", "某人", frozenset([role])), at("2026-03-02 09:00"), number="C-1")
                outcome = made.decide(Case(state=state), act)
                told = [r.clause for r in outcome.reasons if r.rule == "role"] if isinstance(outcome, Refusal) else []
                if told != [action.clause]:
                    wrong.append((name, role, state, told))
    assert wrong == []


@pytest.mark.parametrize(
    ("book", "deciding"),
    [
        ("qualification", {"evaluate", "fail", "review", "decline_review", "approve", "disapprove"}),
        ("repair-qualification", {"evaluate", "fail", "review", "decline_review", "approve", "disapprove"}),
        ("renewal", {"examine", "decline", "review", "decline_review", "approve", "disapprove"}),
        ("surveillance", {"examine", "maintain"}),
        ("change", {"examine", "decide_grade", "decide_change", "decline"}),
    ],
)
def test_s02_10_an_auditor_of_the_case_does_not_evaluate_review_or_decide_it(book: str, deciding: set[str]) -> None:
    """The sources leave it open; ISO/IEC 17021-1 9.5.1 and 17065 7.6 ask for it, so the rule is marked inferred."""
    made = engine(book)
    for name in deciding:
        action = made.rulebook.actions[name]
        case = Case(state=action.since[0], served={"team": ({"id": "11", "name": "审查员11"},)})
        for who, barred in (("11", True), ("12", False)):
            act = Act(name, Actor(who, who, frozenset(action.by)), at("2026-03-02 09:00"), number="C-1")
            found = [f for f in made.check(case, act) if f.text.zh == "本人没有参加过本案审查组"]
            assert [(f.holds, f.inferred) for f in found] == [(not barred, True)], name


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
