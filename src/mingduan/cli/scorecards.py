"""A contractors' month worked out from files: `mingduan scorecard`. Needs no database."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from .base import Json, an_instant, app, emit, err, misuse, out

if TYPE_CHECKING:
    from mingduan.complaints.scorecard.settle import Settled

_FIRST_ROW = 2  # below the heading; what is wrong before it is wrong with the file


@app.command("scorecard")
def scorecard(
    path: Annotated[Path, typer.Argument(metavar="INPUT", help="工单表，或含 tickets、records、contractors 的文件夹 / tickets, or a folder")],
    rulebook: Annotated[Path, typer.Option(help="考核办法 / the scorecard")],
    month: Annotated[str, typer.Option(help="考核月份，如 2026-10 / the month")],
    engine: Annotated[Literal["duckdb", "spark"], typer.Option(help="计算引擎 / where it is worked out")] = "duckdb",
    as_of: Annotated[str | None, typer.Option(help="截至何时，默认考核日零时 / judged as of; the day of settlement by default")] = None,
    lines: Annotated[bool, typer.Option("--lines", help="列出每笔扣分 / every deduction")] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """每家代维单位一个月的得分，逐项可追溯 / every contractor's score of a month, each point traced."""
    from mingduan.complaints.scorecard.card import load
    from mingduan.complaints.scorecard.expression import Month
    from mingduan.complaints.scorecard.reading import InputError
    from mingduan.complaints.scorecard.settle import settle
    from mingduan.procedure.calendar import WorkingCalendar
    from mingduan.procedure.loading import RulebookError

    try:
        card = load(rulebook)
    except RulebookError as error:
        for mistake in error.mistakes:
            err.print(mistake.in_("zh"), markup=False, style="red", soft_wrap=True)
        raise typer.Exit(2) from None
    if not path.exists():
        raise misuse(f"没有这个文件或文件夹：{path} / no such file or folder: {path}")
    first = _month(month)
    settled = Month(first, datetime.max)
    judged = datetime.combine(settled.end.date().replace(day=card.due_day), time())
    try:
        result = settle(
            card, path, Month(first, _local(as_of) if as_of else judged), WorkingCalendar.china(), engine=engine
        )
    except InputError as error:
        for row in error.rows:
            err.print(row.in_("zh"), markup=False, style="red", soft_wrap=True)
        if all(row.line < _FIRST_ROW for row in error.rows):
            raise misuse("未计分 / nothing scored") from None
        err.print(f"共{error.total}行有误，未计分 / {error.total} bad rows, nothing scored", style="red")
        if as_json:
            emit({
                "bad_rows": error.total,
                "faults": [
                    {"file": r.file, "line": r.line, "column": r.column, "zh": r.text.zh, "en": r.text.en} for r in error.rows
                ],
            })  # fmt: skip
        raise typer.Exit(1) from None
    if as_json:
        emit(as_data(result))
    else:
        _show(result, lines)


def as_data(result: Settled) -> dict[str, Any]:
    """A settled month as JSON: points as decimal text, every deduction with its source."""
    card = result.card
    return {
        "scorecard": card.id, "digest": card.digest, "month": f"{result.month.first:%Y-%m}", "as_of": result.month.as_of.isoformat(),
        "points": _points(card.points),
        "contractors": [
            {
                "contractor": s.contractor, "group": s.group, "rank": s.rank, "score": _points(s.score),
                "sections": {n: _points(v) for n, v in s.sections.items()},
                "items": [
                    {"item": i.item, "clause": card.items[i.item].clause, "count": i.count, "seconds": i.seconds, "lost": _points(i.lost)}
                    for i in s.items
                ],
            }
            for s in result.scores
        ],
        "lines": [
            {"contractor": x.contractor, "item": x.item, "clause": card.items[x.item].clause, "source": x.source,
             "at": x.at.isoformat(), "points": _points(x.points), "note": x.note}
            for x in result.lines
        ],
    }  # fmt: skip


def _points(hundredths: int) -> str:
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def _month(written: str) -> date:
    try:
        return datetime.strptime(written, "%Y-%m").date()
    except ValueError:
        raise misuse(f"“{written}”不是月份，应写作 2026-10 / not a month: write 2026-10") from None


def _local(written: str) -> datetime:
    from mingduan.procedure.period import TZ

    moment = an_instant(written)
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return moment.astimezone(TZ).replace(tzinfo=None)


def _show(result: Settled, lines: bool) -> None:
    from rich.table import Table

    card = result.card
    out.print(f"{card.title.zh}（{card.id}）{result.month.first:%Y年%m月}，满分{_points(card.points)}")
    table = Table("对标组", "名次", "代维单位", "得分", *(s.zh for s in card.sections.values()))
    for s in result.scores:
        table.add_row(
            s.group or "—",
            str(s.rank),
            s.contractor,
            _points(s.score),
            *(f"-{_points(v)}" for v in s.sections.values()),
        )
    out.print(table)
    if lines:
        traced = Table("代维单位", "考核项", "条款", "依据", "时间", "扣分", "说明")
        for x in result.lines:
            item = card.items[x.item]
            traced.add_row(
                x.contractor,
                item.zh,
                item.clause or "推定",
                x.source,
                f"{x.at:%Y-%m-%d %H:%M}",
                _points(x.points),
                x.note,
            )
        out.print(traced)
