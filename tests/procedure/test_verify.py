"""Soundness: what would go wrong in use is found, with the dates that prove it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.loading import loads
from mingduan.procedure.verify import verify, windows

GOOD = (Path(__file__).resolve().parents[2] / "rulebooks" / "cace" / "appeal.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "where", "word"),
    [
        ("    to: disposed\n", "", "states/disposed", "没有步骤能到达"),
        ("    from: [closed]\n    to: archived", "    from: [closed]\n    to: closed", "states/closed", "无法走到终结"),
        ("    to: heard\n", "", "states/heard", "没有步骤能到达"),
        (", owner: centre, met_by: [rule]", ", met_by: [rule]", "deadlines/rule", "没有责任人"),
        (", owner: centre, met_by: [rule]", "", "deadlines/rule", "无人履行"),
        ("at_least: 5wd, before", "at_least: 16wd, before", "deadlines/meet~announce", "互相矛盾"),
        ("at_least: 5wd, before", "at_least: 30wd, before", "deadlines/meet~announce", "互相矛盾"),
        ("at_least: 3wd, before", "at_least: 40wd, before", "deadlines/meet~witnesses", "互相矛盾"),
        ("that: payment.amount > 0, else", "that: 1 > 2, else", "actions/receive_deposit", "永远不成立"),
        ("that: on_hold, rule", "that: on_hold && !on_hold, rule", "actions/release_hold", "永远不成立"),
        ("that: stayed, rule", "that: \"state == 'disposed'\", rule", "actions/resume", "永远不成立"),
        ("'plan_correction' in taken\"", "'plan_corection' in taken\"", "actions/verify_correction", "永远不会出现"),
        ("!('file' in late)", "!('filing' in late)", "actions/accept", "永远不会出现"),
        ("met_by: [pay_shortfall], recorded: true", "met_by: [pay_shortfall]", "deadlines/shortfall", "责任人不能"),
        ("owner: centre, met_by: [rule]", "owner: committee, met_by: [rule]", "deadlines/rule", "责任人不能"),
        ("within: 5wd, after: rule, owner: centre, met_by: [settle]", "within: 5wd, after: rule, owner: centre, met_by: [accept]", "deadlines/settle", "再没有状态"),
        ("tells: [appellant, centre, respondent, panel]", "tells: [appellant, centre, respondent]", "actions/withdraw", "专家组”不知道会议"),
        ("    stays: true\n    asks: [court]\n    tells: [appellant, respondent, panel]", "    stays: true\n    asks: [court]\n    tells: [appellant]", "actions/stay", "被申诉机构”不知道会议"),
    ],
)  # fmt: skip
def test_what_is_unsound_is_found(old: str, new: str, where: str, word: str) -> None:
    assert old in GOOD
    problems = verify(loads(GOOD.replace(old, new, 1).encode()))
    assert not where or any(p.where == where and word in p.text.zh and p.text.en for p in problems), problems


def test_the_proof_of_a_contradiction_is_in_dates() -> None:
    problems = verify(loads(GOOD.replace("at_least: 5wd, before", "at_least: 16wd, before").encode()))
    text = next(p.text.zh for p in problems if "互相矛盾" in p.text.zh)
    assert text.count("20") >= 3


def test_a_clause_that_nothing_carries_is_found() -> None:
    missing = GOOD.replace('    "8.6": {', '    "8.7": {zh: 新条款, en: New clause}\n    "8.6": {', 1)
    assert any(p.where == "source/8.7" for p in verify(loads(missing.encode())))


def test_what_if_filed_on_the_eve_of_national_day() -> None:
    last = {w.deadline: w.last for w in windows(loads(GOOD.encode()), date(2026, 9, 25), WorkingCalendar.china())}
    assert last["meet"] == date(2026, 10, 22)
    assert last["announce"] == date(2026, 10, 15)
    assert last["witnesses"] == date(2026, 10, 19)
    assert last["rule"] == date(2026, 12, 25)
