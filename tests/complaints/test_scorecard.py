"""Laws of a score, one expression on both engines, and files that can't be scored."""

from __future__ import annotations

import json
import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from mingduan.cli import app
from mingduan.complaints.scorecard.card import loads
from mingduan.complaints.scorecard.expression import RECORDS, TICKETS, Inputs
from mingduan.complaints.scorecard.reading import InputError
from mingduan.complaints.scorecard.settle import ContractorScore, worked_out
from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.loading import RulebookError

from .month import CARD, OCTOBER, Files

CARD_FILE = Path(__file__).parents[2] / "scorecards/contractor/complaint-score.yaml"
CON = ibis.duckdb.connect()
CHINA = WorkingCalendar.china()
BEGIN = datetime(2026, 9, 28)

moments = st.integers(0, 45 * 86400).map(lambda s: BEGIN + timedelta(seconds=s))
tickets = st.builds(
    lambda c, u, d, a, r, n, f: {"contractor": c, "urgency": u, "dispatched_at": d, "accepted_at": a and d + timedelta(seconds=a),
                                 "replied_at": r and d + timedelta(seconds=r), "analysed_at": n and d + timedelta(seconds=n), "suspected_fault": f},
    st.sampled_from("甲乙"), st.sampled_from(list(CARD.urgencies)), moments, st.none() | st.integers(1, 9000),
    st.none() | st.integers(1, 100_000), st.none() | st.integers(1, 600_000), st.booleans(),
)  # fmt: skip
records = st.builds(
    lambda c, i, t, n, p: {"contractor": c, "item": i, "at": t, "persons": n, "points": p, "note": ""},
    st.sampled_from("甲乙"), st.sampled_from([n for n, i in CARD.items.items() if i.records]), moments,
    st.none() | st.integers(1, 4), st.none() | st.integers(0, 5000),
)  # fmt: skip


def worked(ts: list[dict[str, Any]], rs: list[dict[str, Any]]) -> dict[str, ContractorScore]:
    """The scores of 甲 and 乙."""
    numbered = [{"ticket": f"T{n}", **t} for n, t in enumerate(ts)]
    recorded = [{"record": f"R{n}", **r} for n, r in enumerate(rs)]
    whom = ibis.memtable([{"contractor": c, "group": ""} for c in "甲乙"])
    inputs = Inputs(ibis.memtable(numbered, schema=TICKETS), ibis.memtable(recorded, schema=RECORDS), whom)
    return {s.contractor: s for s in worked_out(CARD, CON, inputs, OCTOBER, CHINA, traced=False).scores}


@settings(max_examples=15, deadline=None)
@given(st.lists(tickets, max_size=12), st.lists(records, max_size=12), st.randoms(use_true_random=False))
def test_the_order_of_tickets_does_not_matter(ts: list[Any], rs: list[Any], chance: random.Random) -> None:
    assert worked(ts, rs) == worked(chance.sample(ts, len(ts)), chance.sample(rs, len(rs)))


@settings(max_examples=15, deadline=None)
@given(st.lists(tickets, max_size=12), st.lists(records, max_size=12), records)
def test_one_record_more_never_raises_the_score(ts: list[Any], rs: list[Any], more: Any) -> None:
    before, after = worked(ts, rs), worked(ts, [*rs, more])
    assert all(after[c].score <= before[c].score for c in "甲乙")


@settings(max_examples=15, deadline=None)
@given(st.lists(tickets, max_size=12), st.lists(records, max_size=12))
def test_no_item_and_no_section_loses_more_than_it_carries(ts: list[Any], rs: list[Any]) -> None:
    for score in worked(ts, rs).values():
        assert all(0 <= i.lost <= CARD.most(i.item) for i in score.items)
        assert all(0 <= lost <= CARD.sections[s].points for s, lost in score.sections.items())
        assert score.score == CARD.points - sum(score.sections.values())


@pytest.fixture(scope="module")
def big_month(tmp_path_factory: pytest.TempPathFactory) -> Files:
    """2,000 tickets and 60 records drawn by a seed."""
    chance, files = random.Random(7), Files(tmp_path_factory.mktemp("month"))
    for _ in range(2000):
        at = BEGIN + timedelta(seconds=chance.randrange(40 * 86400))
        files.ticket(
            *(str(at + timedelta(seconds=chance.randrange(1, s))) if chance.random() < 0.98 else "" for s in (1, 9000, 110_000)[1:]),
            contractor=chance.choice("甲乙丙丁"), urgency=chance.choice(["特急", "紧急", "一般"]), dispatched_at=str(at),
            analysed_at=str(at + timedelta(seconds=chance.randrange(700_000))), suspected_fault=chance.choice("是否"),
        )  # fmt: skip
    for _ in range(60):
        item = chance.choice([n for n, i in CARD.items.items() if i.records])
        files.record(
            item,
            contractor=chance.choice("甲乙丙丁"),
            persons=str(chance.randrange(1, 4)),
            points=f"{chance.randrange(800) / 100}",
        )
    return files


def test_duckdb_and_spark_agree_to_the_last_hundredth(big_month: Files) -> None:
    on_duckdb, on_spark = big_month.settled(), big_month.settled(engine="spark")
    assert len(on_duckdb.lines) > 100
    assert on_spark == on_duckdb


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("urgency", "火急", "紧急程度应为：特急、紧急、一般"),
        ("dispatched_at", "昨天", "不是时间"),
        ("dispatched_at", "2026-10-08T09:00:00+08:00", "不带时区"),
        ("dispatched_at", "", "不是时间"),
        ("contractor", "", "不能为空"),
        ("replied_at", "32日", "不是时间"),
        ("suspected_fault", "可能", "应为“是”或“否”"),
    ],
)
def test_a_bad_row_is_told_with_its_line_and_nothing_is_scored(
    tmp_path: Path, column: str, value: str, said: str
) -> None:
    files = Files(tmp_path)
    files.ticket("08 09:00:00", "08 10:00:00", "08 11:00:00")
    files.ticket("08 09:00:00", "08 10:00:00", "08 11:00:00")
    files.tickets[1] = {**files.tickets[1], column: value}
    with pytest.raises(InputError) as error:
        files.settled()
    assert [(r.line, said in r.text.zh) for r in error.value.rows] == [(3, True)]


def test_a_ticket_that_comes_twice_is_told(tmp_path: Path) -> None:
    files = Files(tmp_path)
    for _ in range(2):
        files.ticket("08 09:00:00", ticket="T-1")
    with pytest.raises(InputError, match="“T-1”出现2次"):
        files.settled()


def test_the_command_prints_the_score_as_json(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.ticket("08 09:00:00", "08 12:00:00", "08 13:00:00")
    told = CliRunner().invoke(
        app, ["scorecard", str(files.write()), "--rulebook", str(CARD_FILE), "--month", "2026-10", "--json"]
    )
    data = json.loads(told.stdout)
    assert (told.exit_code, data["contractors"][0]["score"], data["lines"][0]["source"]) == (0, "93.00", "T0")


def test_the_command_refuses_bad_rows_with_1_and_a_bad_month_with_2(tmp_path: Path) -> None:
    files = Files(tmp_path)
    files.ticket("08 09:00:00", urgency="火急")
    args = ["scorecard", str(files.write()), "--rulebook", str(CARD_FILE), "--month"]
    codes = [CliRunner().invoke(app, [*args, month]).exit_code for month in ("2026-10", "2026-13")]
    assert codes == [1, 2]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("points: 95", "points: 96", "合计95分"),
        ("section: other", "section: others", "没有名为“others”的部分"),
        ('clause: "1.6"', 'clause: "1.7"', "来源没有条款“1.7”"),
        ("deduct: 0.5", "deduct: 0.005", "最多两位小数"),
        ("urgent: 15h, ", "", "每种紧急程度须各有时限"),
        ("within: 3wd", "within: 3mo", "小时（h）或工作日（wd）"),
        ("over: 17h", "over: 17wd", "平均时长以小时计"),
        ("zero_from: 5, records", "zero_at: 5, records", "不认识“zero_at”"),
    ],
)
def test_a_mistake_in_a_card_is_told_with_its_line(old: str, new: str, said: str) -> None:
    text = CARD_FILE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(RulebookError) as error:
        loads(text.replace(old, new, 1).encode())
    assert any(said in m.text.zh and m.line > 1 for m in error.value.mistakes)
