"""Tickets and records from CSV or Parquet, as a scorecard wants them: every bad row told, nothing scored from half the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import ibis
import ibis.expr.types as ir
from ibis.backends.duckdb import Backend

from mingduan.procedure.text import Text

from .card import Card
from .expression import RECORDS, TICKETS, Inputs

SHOWN = 50  # bad rows told at once
_ZONED = r"([zZ]|[+-]\d{2}:?\d{2})$"
_YES, _NO = ("是", "true", "1", "yes", "y"), ("否", "false", "0", "no", "n", "")
_HEADINGS: Mapping[str, Mapping[str, str]] = {
    "tickets": {
        "ticket": "工单号", "contractor": "代维单位", "urgency": "紧急程度", "dispatched_at": "派单时间", "assigned_at": "本单位接单时间", "accepted_at": "签收时间",
        "replied_at": "最终回复时间", "analysed_at": "分析完成时间", "suspected_fault": "疑似故障",
    },
    "records": {
        "record": "记录号", "contractor": "代维单位", "item": "考核项", "at": "时间", "persons": "人数", "points": "扣分", "note": "说明",
    },
    "contractors": {"contractor": "代维单位", "group": "对标组"},
}  # fmt: skip
_NEEDED = {
    "tickets": ("ticket", "contractor", "urgency", "dispatched_at"),
    "records": ("record", "contractor", "item", "at"),
    "contractors": ("contractor",),
}
_KINDS = {
    "tickets": ibis.schema({**TICKETS, "assigned_at": "timestamp"}),
    "records": RECORDS,
    "contractors": ibis.schema({"contractor": "string", "group": "string"}),
}


@dataclass(frozen=True, slots=True)
class BadRow:
    """One thing wrong in a file: its line counts from 1 with the heading as line 1; 0 when it is the file itself."""

    file: str
    line: int
    column: str
    text: Text

    def in_(self, lang: str) -> str:
        """One line for a person."""
        where = f":{self.line}" if self.line else ""
        return f"{self.file}{where} {self.column}：{self.text.in_(lang)}"


class InputError(ValueError):
    """Files that can't be scored; `rows` tells the first of what is wrong, `total` how much there is."""

    def __init__(self, rows: list[BadRow], total: int | None = None) -> None:
        self.rows, self.total = rows, total if total is not None else len(rows)
        super().__init__("\n".join(r.in_("zh") for r in rows))


def read(con: Backend, path: Path, card: Card) -> Inputs:
    """What there is to score at `path`: a folder with `tickets`, and it may be `records` and `contractors` (.parquet or .csv), or a
    file of tickets alone. Headings are the columns' names or their Chinese words. Whoever has a ticket or a record is scored;
    `contractors` adds those who have neither, and their benchmarking `group`. Raises InputError.
    """
    files = _files(path)
    tickets = _table(con, "tickets", files["tickets"], card)
    records = (
        _table(con, "records", files["records"], card) if "records" in files else ibis.memtable([], schema=RECORDS)
    )
    named = [tickets.select("contractor"), records.select("contractor")]
    whom = ibis.union(*named, distinct=True).mutate(group=ibis.literal(""))
    if "contractors" in files:
        listed = _table(con, "contractors", files["contractors"], card).mutate(group=ibis._.group.fill_null(""))
        whom = ibis.union(whom.anti_join(listed, "contractor"), listed)
    return Inputs(tickets, records, con.create_table("contractors", whom, temp=True))


def _files(path: Path) -> dict[str, Path]:
    if path.is_file():
        return {"tickets": path}
    found = {k: f for k in _KINDS for f in (path / f"{k}.csv", path / f"{k}.parquet") if f.exists()}
    if "tickets" not in found:
        text = Text(zh="没有 tickets.parquet 或 tickets.csv", en="there is no tickets.parquet or tickets.csv")
        raise InputError([BadRow(str(path), 0, "tickets", text)])
    return found


def _table(con: Backend, what: str, file: Path, card: Card) -> ir.Table:
    """The file's rows in the shape of `what`, typed and kept in the connection. Raises InputError."""
    try:
        if file.suffix == ".parquet":
            raw = con.read_parquet(file)
        else:
            raw = con.read_csv(file, all_varchar=True, header=True, null_padding=True)
    except Exception as error:  # DuckDB's own kinds of failure are many: all mean that the file can't be read
        said = str(error).splitlines()[0]
        raise InputError([BadRow(file.name, 0, "", Text(zh=f"读不出：{said}", en=f"can't be read: {said}"))]) from error
    raw = _renamed(what, file, raw)
    _refuse_bad(con, what, file, raw, card)
    typed = raw.select(**{c: _as(raw, c, str(kind), card) for c, kind in _KINDS[what].items()})
    kept = con.create_table(f"read_{what}", typed, temp=True)
    _refuse_twice(con, what, file, kept)
    return kept


def _renamed(what: str, file: Path, raw: ir.Table) -> ir.Table:
    """With our names for the columns; those we don't know are left out."""
    words = {zh: name for name, zh in _HEADINGS[what].items()}
    names = {words.get(c.strip(), c.strip()): c for c in raw.columns}
    lacking = [c for c in _NEEDED[what] if c not in names]
    if lacking:
        want = "、".join(f"{c}（{_HEADINGS[what][c]}）" for c in lacking)
        raise InputError([BadRow(file.name, 1, want, Text(zh="缺少这些列", en="these columns are missing"))])
    zoned = [c for c, n in names.items() if raw[n].type().is_timestamp() and raw[n].type().timezone]
    if zoned:
        text = Text(zh="时间应为不带时区的当地时间", en="instants must be local, without a zone")
        raise InputError([BadRow(file.name, 0, "、".join(zoned), text)])
    return raw.select(**{c: names[c] for c in _HEADINGS[what] if c in names})


def _as(raw: ir.Table, column: str, kind: str, card: Card) -> ir.Value:
    """A column in its type; null where it is not of that type."""
    if column not in raw.columns:
        return ibis.null(kind)
    value = raw[column]
    if column == "urgency":
        words = [(word, key) for key, said in card.urgencies.items() for word in (key, said.zh, said.en)]
        return value.strip().cases(*words, else_=None)
    if column == "points":
        return (value.try_cast("decimal(12,2)") * 100).try_cast("int64")
    if not value.type().is_string():
        return value.truncate("s") if value.type().is_timestamp() else value.cast(kind)
    text = value.strip()
    if kind == "boolean":
        low = text.fill_null("").lower()
        return ibis.cases((low.isin(_YES), True), (low.isin(_NO), False))
    if kind.startswith("timestamp"):
        return ibis.ifelse(text.re_search(_ZONED), None, text).try_cast("timestamp").truncate("s")
    return text.nullif("") if kind == "string" else text.nullif("").try_cast(kind)


_SAID = {
    "timestamp": Text(zh="不是时间，应写作 2026-10-08 09:30:00，不带时区", en="not an instant: write 2026-10-08 09:30:00, no zone"),
    "int64": Text(zh="不是数字", en="not a number"),
    "boolean": Text(zh="应为“是”或“否”", en="must be yes or no"),
    "string": Text(zh="不能为空", en="must not be empty"),
}  # fmt: skip


def _refuse_bad(con: Backend, what: str, file: Path, raw: ir.Table, card: Card) -> None:
    """Tell every row with a value that is missing or of another type, or an urgency or item the card doesn't know."""
    if not con.to_pyarrow(raw.filter(ibis.or_(*_wrong(what, raw, card).values())).count()).as_py():
        return  # lines are numbered only when there is something to tell: it costs a pass of its own
    numbered = raw.mutate(line=ibis.row_number() + 2)
    flags = _wrong(what, numbered, card)
    bad = numbered.select("line", **flags).filter(ibis.or_(*(ibis._[c] for c in flags))).order_by("line")
    found = con.to_pyarrow(bad.limit(SHOWN)).to_pylist()
    raise InputError(
        [
            BadRow(file.name, row["line"], _HEADINGS[what][c], _said(c, str(_KINDS[what][c]), card))
            for row in found
            for c in flags
            if row[c]
        ],
        con.to_pyarrow(bad.count()).as_py(),
    )


def _wrong(what: str, raw: ir.Table, card: Card) -> dict[str, ir.BooleanValue]:
    """Column → whether a row's value there can't be used."""
    flags: dict[str, ir.BooleanValue] = {}
    for column in raw.columns:
        if column not in _KINDS[what]:
            continue
        value = _as(raw, column, str(_KINDS[what][column]), card)
        if column in _NEEDED[what]:
            flags[column] = value.isnull()
        else:
            flags[column] = value.isnull() & (raw[column].cast("string").strip().fill_null("") != "")
        if column == "item":
            flags[column] = flags[column] | value.notin([n for n, i in card.items.items() if i.records])
    return flags


def _said(column: str, kind: str, card: Card) -> Text:
    """What a column's values must be."""
    if column == "urgency":
        zh, en = "、".join(t.zh for t in card.urgencies.values()), ", ".join(t.en for t in card.urgencies.values())
        return Text(zh=f"紧急程度应为：{zh}", en=f"urgency must be one of: {en}")
    if column == "item":
        items = [n for n, i in card.items.items() if i.records]
        return Text(zh=f"考核项应为：{'、'.join(items)}", en=f"item must be one of: {', '.join(items)}")
    return _SAID[kind.split("(")[0]]


def _refuse_twice(con: Backend, what: str, file: Path, typed: ir.Table) -> None:
    """Tell the numbers that come more than once."""
    key = _NEEDED[what][0]
    twice = typed.group_by(key).aggregate(n=ibis._.count()).filter(ibis._.n > 1).order_by(key)
    if found := con.to_pyarrow(twice.limit(SHOWN)).to_pylist():
        raise InputError([
            BadRow(file.name, 0, _HEADINGS[what][key], Text(zh=f"“{r[key]}”出现{r['n']}次", en=f"“{r[key]}” comes {r['n']} times"))
            for r in found
        ])  # fmt: skip
