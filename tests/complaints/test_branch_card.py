"""A branch's own scorecard: what it may set otherwise, what it may not, and where a mistake stands."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from mingduan.complaints.scorecard.card import load, loads, whole
from mingduan.procedure.loading import RulebookError

CARD = Path(__file__).parents[2] / "scorecards" / "contractor" / "complaint-score.yaml"


@pytest.fixture
def branch(tmp_path: Path) -> Path:
    """Where a branch's file goes, beside the card it extends."""
    (tmp_path / "contractor").mkdir()
    (tmp_path / "yunzhou").mkdir()
    shutil.copy(CARD, tmp_path / "contractor")
    return tmp_path / "yunzhou" / "complaint-score.yaml"


def written(branch: Path, items: str) -> Path:
    """The branch's file with these items."""
    branch.write_text(
        f"id: yunzhou/complaint-score\nextends: contractor/complaint-score\nitems:\n  {items}\n", encoding="utf-8"
    )
    return branch


def test_a_branch_sets_what_the_source_leaves_open_and_keeps_the_rest(branch: Path) -> None:
    card, base = load(written(branch, "fault_analysis: {points: 10, tickets: {deduct: 1}}")), load(CARD)
    item, was = card.items["fault_analysis"], base.items["fault_analysis"]
    assert item.tickets is not None
    assert was.tickets is not None
    assert (item.points, item.tickets.deduct, item.tickets.limits) == (1000, 100, was.tickets.limits)
    assert {n: i for n, i in card.items.items() if n != "fault_analysis"} == {
        n: i for n, i in base.items.items() if n != "fault_analysis"
    }


def test_what_comes_of_it_is_a_whole_card_that_needs_neither_file(branch: Path) -> None:
    path = written(branch, "fault_analysis: {points: 10}")
    kept, card = whole(path), load(path)
    path.unlink()
    assert loads(kept) == card


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ("dress: {records: {deduct: 2}}", "条款1.2规定"),
        ("fault: {points: 10}", "没有名为“fault”"),
        ("fault_analysis: {points: 50}", "不能超过所在部分"),
        ("fault_analysis: {points: x}", "不是分数"),
        ("fault_analysis: {zero: 3}", "不合要求"),
    ],
)
def test_a_mistake_is_told_where_it_stands(branch: Path, items: str, said: str) -> None:
    with pytest.raises(RulebookError) as caught:
        load(written(branch, items))
    assert said in caught.value.mistakes[0].text.zh
    assert (caught.value.mistakes[0].file, caught.value.mistakes[0].line) == (str(branch), 4)


def test_a_card_that_is_not_there_is_told(branch: Path) -> None:
    branch.write_text("id: yunzhou/x\nextends: contractor/other\nitems: {a: {points: 1}}\n")
    with pytest.raises(RulebookError) as caught:
        load(branch)
    assert "没有考核办法" in caught.value.mistakes[0].text.zh
