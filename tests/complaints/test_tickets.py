"""Tickets of another system taken in from a file: the real file whole, as it is; each bad row told; none twice."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from openpyxl import Workbook

from mingduan.cases import audit, sheet
from mingduan.cases.models import Case, DutyRow
from mingduan.complaints import layout, tickets
from mingduan.complaints.layout import Given, Layout
from mingduan.procedure.case import Actor
from tests.cases.stored import statements, undone

REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "telecom-complaints-2015.csv"
NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DESK = Actor("7", "江蕙", frozenset({"desk"}))
HEADINGS = ["工单号", "受理时间", "投诉内容", "状态", "渠道"]
ROWS = [
    ["1001", "2026-10-03 09:12", "家里没有信号", "已归档", "客服热线"],
    ["1002", "2026/10/4 下午3:05", "话费多扣了30元", "处理中", "网上"],
]
MAPPING = Layout("telecom/takeover", {
    "action": Given(("状态",), words={"已归档": "take_closed", "处理中": "take_open"}), "source.name": Given(value="旧客服系统"),
    "source.ticket": Given(("工单号",)), "received_at": Given(("受理时间",)), "details": Given(("投诉内容",)), "channel": Given(("渠道",)),
})  # fmt: skip
FCC = Layout("telecom/takeover", {
    "action": Given(("Status",), words={"closed": "take_closed", "solved": "take_closed", "open": "take_open", "pending": "take_open"}),
    "source.name": Given(value="FCC 2015"), "source.ticket": Given(("Ticket #",)), "received_at": Given(("Date", "Time")),
    "details": Given(("Customer Complaint",)), "channel": Given(("Received Via",), words={"customercarecall": "hotline", "internet": "web"}),
    "place.address": Given(("City", "State", "Zip code")), "on_behalf": Given(("Filing on Behalf of Someone",)),
}, order="dmy", zone="America/New_York")  # fmt: skip


def csv(rows: list[list[str]], encoding: str = "utf-8-sig") -> bytes:
    return "\r\n".join(",".join(row) for row in [HEADINGS, *rows]).encode(encoding)


def xlsx(rows: list[list[str]]) -> bytes:
    book, out = Workbook(), io.BytesIO()
    for row in [HEADINGS, *rows]:
        book.active.append(row)
    book.active.cell(2, 2).value = datetime(2026, 10, 3, 9, 12)
    book.save(out)
    return out.getvalue()


def parquet(rows: list[list[str]]) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.table({h: [row[n] for row in rows] for n, h in enumerate(HEADINGS)}), out)
    return out.getvalue()


def take(content: bytes, mapping: Layout = MAPPING, **more) -> list[tickets.Outcome]:
    return list(tickets.take_in(layout.read(content), mapping, DESK, NOW, **more))


@pytest.mark.skipif(not REAL.exists(), reason=f"没有共享数据 {REAL}")
@pytest.mark.django_db
def test_the_real_file_comes_in_whole_as_it_is() -> None:
    content = REAL.read_bytes()
    told = take(content, FCC)
    assert [o.faults for o in told if o.faults] == []
    assert {o.what for o in told} == {"added"}
    assert Case.objects.filter(rulebook="telecom/takeover").count() == len(told) == 2224
    assert Case.objects.filter(state="closed", ended=True).count() == 734 + 973
    assert DutyRow.objects.filter(deadline="carry_on").count() == 363 + 154
    first = Case.objects.get(number=told[0].case).facts
    assert first["received_at"] == "2015-04-22T15:53:50-04:00"
    assert (first["channel"], first["details"]) == ("hotline", "Comcast Cable Internet Speeds")
    assert list(audit.verify_case(Case.objects.get(number=told[0].case))) == []
    again = take(content, FCC, end=300)
    assert {o.what for o in again} == {"already"}
    assert Case.objects.filter(rulebook="telecom/takeover").count() == 2224


@pytest.mark.parametrize("made", [csv, lambda r: csv(r, "gb18030"), xlsx, parquet], ids=["utf-8", "gb18030", "xlsx", "parquet"])  # fmt: skip
@pytest.mark.django_db
def test_every_kind_of_file_gives_the_same(made) -> None:
    told = take(made(ROWS))
    assert [(o.what, o.faults) for o in told] == [("added", ())] * 2
    closed, still_open = (Case.objects.get(number=o.case) for o in told)
    assert (closed.state, still_open.state) == ("closed", "open")
    assert closed.facts["received_at"] == "2026-10-03T09:12:00+08:00"
    assert still_open.facts["received_at"] == "2026-10-04T15:05:00+08:00"


@pytest.mark.parametrize("made", [xlsx, parquet], ids=["xlsx", "parquet"])
def test_the_same_headings_are_the_same_whatever_kind_of_file_they_came_in(made) -> None:
    assert layout.read(made(ROWS)).digest == layout.read(csv(ROWS)).digest


@pytest.mark.django_db
def test_bad_rows_are_told_and_the_good_ones_kept() -> None:
    rows = [
        ROWS[0],
        ["", "2026-10-03", "没有编号", "已归档", "网上"],
        ["1003", "2026-13-40", "日期不对", "已归档", "飞鸽"],
        ["1004", "2027-01-01", "还没有到", "已归档", "网上"],
        ["1005", "2026-10-03", "", "撤单", "网上"],
        ROWS[1],
    ]
    told = take(csv(rows))
    assert [o.what for o in told] == ["added", "bad", "bad", "bad", "bad", "added"]
    said = [[(f.column, f.wrong.zh) for f in o.faults] for o in told]
    assert said[1] == [("工单号", "缺少“原工单号”")]
    assert said[2] == [("受理时间", "“2026-13-40”不对"), ("渠道", "“飞鸽”不对")]
    assert said[3] == [("受理时间", "受理时间晚于现在")]
    assert said[4] == [("状态", "“撤单”没有对应的办理")]
    assert [o.line for o in told] == [2, 3, 4, 5, 6, 7]


@pytest.mark.django_db
def test_more_rows_take_no_more_statements() -> None:
    take(csv(ROWS))
    few, many = (csv([[f"{n}{i}", *ROWS[i % 2][1:]] for i in range(n)]) for n in (20, 120))
    assert statements(lambda: take(many)) <= statements(lambda: take(few)) + 12


ANY = st.lists(st.tuples(st.sampled_from(["1", "2", "3", ""]), st.sampled_from(["2026-10-03", "2027-01-01", "?"]), st.sampled_from(["没有信号", "话费多扣", ""]), st.sampled_from(["已归档", "处理中", "撤单"]), st.sampled_from(["网上", "飞鸽"])), max_size=7)  # fmt: skip


class AnyRows(TestCase):
    """Whatever rows a file has."""

    @settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
    @given(ANY)
    def test_together_rows_become_what_each_becomes_alone(self, rows: list[tuple[str, ...]]) -> None:
        content = csv([list(row) for row in rows])
        at_once = undone(lambda: take(content))
        assert at_once == undone(lambda: [o for n in range(len(rows)) for o in take(content, begin=n, end=n + 1)])


@pytest.mark.django_db
def test_a_ticket_never_comes_in_twice() -> None:
    changed = [ROWS[0][0], ROWS[0][1], "别的内容", *ROWS[0][3:]]
    told = take(csv([ROWS[0], ROWS[0], changed]))
    assert [o.what for o in told] == ["added", "already", "conflict"]
    assert told[2].faults[0].column == "投诉内容"
    assert told[2].case == told[0].case
    other = Layout(MAPPING.rulebook, {**MAPPING.fields, "source.name": Given(value="另一系统")})
    assert [o.what for o in take(csv(ROWS), other)] == ["added", "added"]  # the number belongs to its source


@pytest.mark.django_db
def test_a_dry_run_tells_the_same_and_writes_nothing() -> None:
    rows = [ROWS[0], ROWS[0], ["1009", "哪天", "内容", "已归档", "网上"]]
    told = take(csv(rows), dry_run=True)
    assert [o.what for o in told] == ["added", "already", "bad"]
    assert not Case.objects.exists()
    assert [o.what for o in take(csv(rows))] == ["added", "already", "bad"]


@pytest.mark.django_db
def test_a_mapping_is_proposed_from_the_headings() -> None:
    file = layout.read(csv(ROWS))
    book = layout.targets("telecom", ["desk"])[0].rulebook
    found = layout.guess(file, book, layout.openings_of(book, ["desk"]))
    assert {n: g.columns for n, g in found.fields.items()} == {n: g.columns for n, g in MAPPING.fields.items() if n != "source.name"}  # fmt: skip


@pytest.mark.django_db
def test_what_people_call_columns_and_states_is_understood() -> None:
    head = ["单号", "时间", "内容", "状态", "来源", "来电号码", "地点", "片区"]
    states = ("已办结", "未办结", "处理中", "待归档", "Closed", "奇怪")
    channels = ("热线", "10086电话", "营业厅来访", "微信小程序", "热线", "热线")
    rows = [[str(n), "2026-01-05 08:00", "没有信号", s, c, "138", "幸福路", "蓬江"] for n, (s, c) in enumerate(zip(states, channels, strict=True))]  # fmt: skip
    file = layout.read("\n".join(",".join(r) for r in [head, *rows]).encode())
    book = layout.targets("telecom", ["desk"])[0].rulebook
    found = layout.guess(file, book, layout.openings_of(book, ["desk"])).fields
    assert {n: g.columns[0] for n, g in found.items() if g.columns} == {
        "source.ticket": "单号", "received_at": "时间", "details": "内容", "action": "状态", "channel": "来源",
        "customer.phone": "来电号码", "place.address": "地点", "place.area": "片区",
    }  # fmt: skip
    assert found["action"].words == {
        "已办结": "take_closed", "未办结": "take_open", "处理中": "take_open", "待归档": "take_open", "closed": "take_closed",
    }  # fmt: skip
    assert found["channel"].words == {"热线": "hotline", "10086电话": "hotline", "营业厅来访": "visit"}


def test_what_is_no_table_says_so() -> None:
    for content in (b"", b"PAR1 and no more", b"PK\x03\x04 broken"):
        with pytest.raises(sheet.Unreadable):
            layout.read(content)
