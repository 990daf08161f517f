"""The `mingduan` command: each sub-command turns words into a call and the answer into a table or JSON."""

from __future__ import annotations

import json
import os
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from mingduan.procedure.calendar import WorkingCalendar
from mingduan.procedure.engine import Engine
from mingduan.procedure.loading import RulebookError, load
from mingduan.procedure.period import TZ, Period, PeriodError, after, before
from mingduan.procedure.replay import ReplayError, read_acts, replay
from mingduan.procedure.rulebook import Rulebook
from mingduan.procedure.verify import coverage, verify

app = typer.Typer(no_args_is_help=True, help="明断 Mingduan: 让写在纸上的程序运转起来", pretty_exceptions_enable=False)
workdays = typer.Typer(no_args_is_help=True, help="工作日 / working days")
period = typer.Typer(no_args_is_help=True, help="期限 / periods")
rulebook = typer.Typer(no_args_is_help=True, help="规则书 / rulebooks")
app.add_typer(workdays, name="workdays")
app.add_typer(period, name="period")
app.add_typer(rulebook, name="rulebook")

Json = Annotated[bool, typer.Option("--json", help="输出 JSON")]
out, err = Console(), Console(stderr=True)


def main() -> None:
    """Run the command; the Django parts find their settings."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "mingduan.config.settings")
    app()


def misuse(message: str) -> typer.Exit:
    """Say what is wrong on stderr and give the exit with code 2."""
    err.print(message, markup=False, style="red")
    return typer.Exit(2)


def emit(data: Any) -> None:
    """One JSON document on stdout, Chinese as it is."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=2))


def _day(written: str) -> date:
    try:
        return date.fromisoformat(written)
    except ValueError:
        raise misuse(f"“{written}”不是日期，应写作 2026-09-25 / not a date: write 2026-09-25") from None


def _instant(written: str) -> datetime | date:
    try:
        if len(written) == 10:
            return date.fromisoformat(written)
        instant = datetime.fromisoformat(written)
        return instant if instant.tzinfo else instant.replace(tzinfo=TZ)
    except ValueError:
        raise misuse(
            f"“{written}”不是时间，应写作 2026-09-25 或 2026-09-25T09:00 / not an instant: write 2026-09-25 or 2026-09-25T09:00"
        ) from None


def _load(path: Path) -> Rulebook:
    try:
        return load(path)
    except RulebookError as error:
        for mistake in error.mistakes:
            err.print(mistake.in_("zh"), markup=False, style="red", soft_wrap=True)
        raise typer.Exit(2) from None


@workdays.command("add", context_settings={"ignore_unknown_options": True})
def workdays_add(day: str, n: int, as_json: Json = False) -> None:
    """The N-th working day after DATE (before it when N is negative)."""
    calendar = WorkingCalendar.china()
    try:
        found = calendar.add(_day(day), n)
    except ValueError as error:
        raise misuse(str(error)) from None
    provisional = calendar.is_provisional(found)
    if as_json:
        emit({"date": found.isoformat(), "provisional": provisional})
    else:
        out.print(f"{found.isoformat()}{'（暂定：该年放假安排尚未公布）' if provisional else ''}")


@workdays.command("between")
def workdays_between(a: str, b: str, as_json: Json = False) -> None:
    """How many working days lie after A up to and including B."""
    try:
        n = WorkingCalendar.china().count(_day(a), _day(b))
    except ValueError as error:
        raise misuse(str(error)) from None
    emit({"working_days": n}) if as_json else out.print(n)


@period.command("add", context_settings={"ignore_unknown_options": True})
def period_add(instant: str, written: str, as_json: Json = False) -> None:
    """When PERIOD counted from INSTANT ends; a leading minus counts back (the last lawful day)."""
    try:
        length = Period.parse(written.lstrip("-"))
    except PeriodError as error:
        raise misuse(str(error)) from None
    count = before if written.startswith("-") else after
    try:
        due = count(length, _instant(instant), WorkingCalendar.china())
    except (ValueError, OverflowError) as error:
        raise misuse(str(error)) from None
    if as_json:
        emit({"due": due.instant.isoformat(), "day": due.day.isoformat(), "provisional": due.provisional})
    else:
        out.print(f"{due.instant.astimezone(TZ):%Y-%m-%d %H:%M:%S}{'（暂定）' if due.provisional else ''}")


def rulebook_files(paths: list[Path]) -> list[Path]:
    """The YAML files named, and those below the folders named. Exits with 2 when a path does not exist."""
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise misuse(f"没有这个文件或文件夹：{path} / no such file or folder: {path}")
        files += sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    return files


@rulebook.command("check")
def rulebook_check(paths: list[Path], as_json: Json = False) -> None:
    """Load and verify rulebooks; exit code 1 when anything is unsound."""
    found: list[dict[str, Any]] = []
    for file in rulebook_files(paths):
        try:
            book = load(file)
            found += [
                {"file": str(file), "where": p.where, "clause": p.clause, "zh": p.text.zh, "en": p.text.en}
                for p in verify(book)
            ]
        except RulebookError as error:
            found += [
                {"file": m.file, "line": m.line, "column": m.column, "zh": m.in_("zh"), "en": m.in_("en")}
                for m in error.mistakes
            ]
    if as_json:
        emit(found)
    for problem in () if as_json else found:
        place = "" if "line" in problem else f"{problem['file']}: {problem['where']}: "
        out.print(place + problem["zh"], markup=False, style="red", soft_wrap=True)
    if not found and not as_json:
        out.print(f"{len(rulebook_files(paths))} 部规则书，没有问题", style="green")
    raise typer.Exit(1 if found else 0)


@rulebook.command("coverage")
def rulebook_coverage(path: Path, as_json: Json = False) -> None:
    """Which rule carries each clause of the source, or why none can."""
    rows = coverage(_load(path))
    if as_json:
        emit([
            {"clause": r.clause, "zh": r.summary.zh, "en": r.summary.en, "carried_by": list(r.carried_by),
             "not_executable": r.summary.not_executable.zh if r.summary.not_executable else None, "covered": r.covered}
            for r in rows
        ])  # fmt: skip
    else:
        table = Table("条款", "内容", "由何承担", "不可执行的原因")
        for r in rows:
            table.add_row(
                r.clause,
                r.summary.zh,
                "\n".join(r.carried_by),
                r.summary.not_executable.zh if r.summary.not_executable else "",
            )
        out.print(table)
    raise typer.Exit(0 if all(r.covered for r in rows) else 1)


@rulebook.command("schema")
def rulebook_schema() -> None:
    """The JSON Schema of a rulebook, for editors that complete and check."""
    emit(Rulebook.model_json_schema(by_alias=True))


@rulebook.command("diagram")
def rulebook_diagram(path: Path) -> None:
    """The procedure as a Mermaid state diagram."""
    book = _load(path)
    typer.echo("stateDiagram-v2")
    for name, state in book.states.items():
        typer.echo(f"    {name}: {state.zh}")
    for name, action in book.actions.items():
        for origin in action.since or ("[*]",):
            if action.to and action.to != origin:
                typer.echo(f"    {origin} --> {action.to}: {action.zh} ({action.clause or name})")
    for name, state in book.states.items():
        if state.end:
            typer.echo(f"    {name} --> [*]")


@app.command("replay")
def replay_command(
    rulebook: Path,
    events: Path,
    at: Annotated[str | None, typer.Option(help="判断期限的时刻")] = None,
    as_json: Json = False,
) -> None:
    """Run acts (JSON Lines) through a rulebook: state, facts, duties, ledger, refusals. Needs no database."""
    book = _load(rulebook)
    try:
        lines = events.read_text(encoding="utf-8").splitlines()
        acts = read_acts(lines)
    except (OSError, UnicodeDecodeError) as error:
        raise misuse(f"读不到 {events}：{error} / cannot read it") from None
    except ReplayError as error:
        raise misuse(str(error)) from None
    moment = _instant(at) if at else None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, 23, 59, 59, tzinfo=TZ)
    result = replay(Engine(book), acts, moment)
    if as_json:
        emit({
            "state": result.case.state, "facts": dict(result.case.facts), "balances": dict(result.case.balances),
            "duties": [
                {"deadline": d.deadline, "owner": d.owner, "due": d.due.isoformat(), "status": d.status.value,
                 "provisional": d.provisional, "clause": d.clause}
                for d in result.duties
            ],
            "events": [e.to_json() for e in result.events],
            "refusals": [
                {"line": n, "action": r.action, "reasons": [
                    {"clause": x.clause, "zh": x.text.zh, "en": x.text.en, "remedy": x.remedy.zh if x.remedy else None} for x in r.reasons]}
                for n, r in result.refusals
            ],
        })  # fmt: skip
    else:
        _show_replay(book, result)
    raise typer.Exit(1 if result.refusals else 0)


def _show_replay(book: Rulebook, result: Any) -> None:
    state = book.states[result.case.state].zh if result.case.state else "尚未立案"
    out.print(f"{book.title.zh}（{book.id}）：{state}，{len(result.events)} 条记录")
    table = Table("期限", "责任人", "最迟", "情况", "条款")
    words = {
        "open": "待办",
        "met": "已办",
        "late": "已逾期",
        "met_late": "逾期办理",
        "waived": "不再需要",
        "paused": "中止",
    }
    for d in result.duties:
        due = f"{d.due.astimezone(TZ):%Y-%m-%d %H:%M}{'（暂定）' if d.provisional else ''}"
        table.add_row(book.deadlines[d.deadline].zh, book.roles[d.owner].zh, due, words[d.status], d.clause or "")
    out.print(table)
    for account, fen in result.case.balances.items():
        out.print(f"{book.accounts[account].zh}: {fen / 100:,.2f} 元（借方为正）")
    for line, refusal in result.refusals:
        for reason in refusal.reasons:
            mend = f" → {reason.remedy.zh}" if reason.remedy else ""
            err.print(
                f"第{line}行“{refusal.action}”被拒（{reason.clause or '—'}）：{reason.text.zh}{mend}",
                markup=False,
                style="red",
            )
