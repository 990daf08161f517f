"""Rule authors' tools: is a rulebook sound, what does it cover, how does it look, what does it do. Needs no database."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from .base import Json, an_instant, app, emit, err, group, misuse, out, progress, say

if TYPE_CHECKING:
    from mingduan.procedure.case import Refusal
    from mingduan.procedure.replay import Replay
    from mingduan.procedure.rulebook import Rulebook

rulebook = group("rulebook", "规则书 / rulebooks")
Book = Annotated[Path, typer.Argument(help="规则书（YAML）/ the rulebook")]
STATUS = {
    "open": "待办",
    "met": "已办",
    "late": "已逾期",
    "met_late": "逾期办理",
    "waived": "不再需要",
    "paused": "中止",
}


@rulebook.command("check")
def rulebook_check(
    paths: Annotated[
        list[Path], typer.Argument(help="规则书、考核办法，或其所在文件夹 / rulebooks, or folders of them")
    ],
    as_json: Json = False,
) -> None:
    """规则书是否写对、有无漏洞和矛盾 / load and verify rulebooks; exit code 1 when anything is unsound."""
    from mingduan.complaints.scorecard.card import load as load_card
    from mingduan.procedure.loading import RulebookError, load
    from mingduan.procedure.personal import unmarked
    from mingduan.procedure.verify import verify

    found: list[dict[str, Any]] = []
    advice: list[str] = []
    files = _files(paths)
    if not files:
        raise misuse("这些文件夹中没有规则书（*.yaml）/ there is no rulebook (*.yaml) in there")
    with progress("规则书 / rulebooks", len(files)) as step:
        for file in files:
            try:
                if "scorecards" in file.parts:
                    load_card(file)
                    continue
                book = load(file)
                found += [
                    {"file": str(file), "where": p.where, "clause": p.clause, "zh": p.text.zh, "en": p.text.en}
                    for p in verify(book)
                ]
                advice += [f"{file}: {name}: “{fact.zh}”像是个人信息而没有标明 personal / “{fact.en}” looks like personal data" for name, fact in unmarked(book)]  # fmt: skip
            except RulebookError as error:
                found += [
                    {"file": m.file, "line": m.line, "column": m.column, "zh": m.in_("zh"), "en": m.in_("en")}
                    for m in error.mistakes
                ]
            step()
    if as_json:
        emit(found)
    for problem in () if as_json else found:
        place = "" if "line" in problem else f"{problem['file']}: {problem['where']}: "
        out.print(place + problem["zh"], markup=False, style="red", soft_wrap=True)
    for line in () if as_json else advice:
        err.print(line, markup=False, style="yellow", soft_wrap=True)
    if not found and not as_json:
        out.print(f"{len(files)} 部规则书和考核办法，没有问题 / sound", style="green")
    raise typer.Exit(1 if found else 0)


@rulebook.command("coverage")
def rulebook_coverage(path: Book, as_json: Json = False) -> None:
    """每一条款由哪些规则承担，或为何不可执行 / which rule carries each clause, or why none can."""
    from rich.table import Table

    from mingduan.procedure.verify import coverage

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
            why = r.summary.not_executable.zh if r.summary.not_executable else ""
            table.add_row(r.clause, r.summary.zh, "\n".join(r.carried_by), why)
        out.print(table)
    raise typer.Exit(0 if all(r.covered for r in rows) else 1)


@rulebook.command("schema")
def rulebook_schema(
    branch: Annotated[bool, typer.Option("--branch", help="分公司参数文件 / of a branch's file")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="本来就是 JSON / JSON as it is")] = False,
) -> None:
    """规则书（或分公司参数文件）的 JSON Schema，供编辑器补全和检查 / the JSON Schema of a rulebook, for editors."""
    from mingduan.procedure.branches import Branch
    from mingduan.procedure.rulebook import Rulebook

    emit((Branch if branch else Rulebook).model_json_schema(by_alias=True))


@rulebook.command("diagram")
def rulebook_diagram(path: Book, as_json: Json = False) -> None:
    """程序的状态图（Mermaid）/ the procedure as a Mermaid state diagram."""
    book = _load(path)
    states = [{"name": n, "zh": s.zh, "en": s.en, "end": s.end} for n, s in book.states.items()]
    steps = [
        {"action": n, "from": origin, "to": a.to, "zh": a.zh, "en": a.en, "clause": a.clause}
        for n, a in book.actions.items() for origin in a.since or ("[*]",) if a.to and a.to != origin
    ]  # fmt: skip
    if as_json:
        emit({"rulebook": book.id, "states": states, "steps": steps})
        return
    lines = ["stateDiagram-v2", *(f"    {s['name']}: {s['zh']}" for s in states)]
    lines += [f"    {s['from']} --> {s['to']}: {s['zh']} ({s['clause'] or s['action']})" for s in steps]
    lines += [f"    {s['name']} --> [*]" for s in states if s["end"]]
    say("\n".join(lines))


@app.command("replay")
def replay_command(
    rulebook: Book,
    events: Annotated[Path, typer.Argument(help="每行一个步骤的 JSON / acts, one JSON object a line")],
    at: Annotated[str | None, typer.Option(help="判断期限的时刻 / when duties are judged")] = None,
    as_json: Json = False,
) -> None:
    """按规则书推演一串步骤（JSON Lines）：状态、事实、期限、账目、被拒的步骤 / run acts through a rulebook."""
    from mingduan.procedure.engine import Engine
    from mingduan.procedure.period import TZ
    from mingduan.procedure.replay import ReplayError, read_acts, replay

    book = _load(rulebook)
    try:
        acts = read_acts(events.read_text(encoding="utf-8-sig").splitlines())
    except (OSError, UnicodeDecodeError) as error:
        raise misuse(f"读不到 {events}：{error} / cannot read it") from None
    except ReplayError as error:
        raise misuse(str(error)) from None
    if not acts:
        raise misuse(f"{events} 中没有步骤 / there is no act in it")
    moment = an_instant(at) if at else None
    if isinstance(moment, date) and not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, 23, 59, 59, tzinfo=TZ)
    result = replay(Engine(book), acts, moment)
    if as_json:
        emit(_as_json(result))
    else:
        _show(book, result)
    raise typer.Exit(1 if result.refusals else 0)


def reasons(refusal: Refusal) -> list[dict[str, Any]]:
    """Why an act was refused, as JSON."""
    return [
        {"clause": r.clause, "zh": r.text.zh, "en": r.text.en, "input": r.input, "remedy": r.remedy.zh if r.remedy else None}
        for r in refusal.reasons
    ]  # fmt: skip


def tell_refusal(refusal: Refusal, where: str = "") -> None:
    """Why an act was refused, on stderr: the clause, what is wrong, what would put it right."""
    for r in refusal.reasons:
        mend = f" → {r.remedy.zh}" if r.remedy else ""
        told = f"{where}“{refusal.action}”被拒（{r.clause or '—'}）：{r.text.zh}{mend} / refused: {r.text.en}"
        err.print(told, markup=False, style="red", soft_wrap=True)


def _as_json(result: Replay) -> dict[str, Any]:
    return {
        "state": result.case.state, "facts": dict(result.case.facts), "balances": dict(result.case.balances),
        "duties": [
            {"deadline": d.deadline, "owner": d.owner, "due": d.due.isoformat(), "status": d.status.value,
             "provisional": d.provisional, "clause": d.clause}
            for d in result.duties
        ],
        "ledger": [
            {"seq": e.seq, "debit": m.debit, "credit": m.credit, "amount": m.amount} for e in result.events for m in e.money
        ],
        "events": [e.to_json() for e in result.events],
        "refusals": [{"line": n, "action": r.action, "reasons": reasons(r)} for n, r in result.refusals],
    }  # fmt: skip


def _show(book: Rulebook, result: Replay) -> None:
    from rich.table import Table

    from mingduan.procedure import words
    from mingduan.procedure.period import TZ

    state = book.states[result.case.state].zh if result.case.state else "尚未立案"
    out.print(f"{book.title.zh}（{book.id}）：{state}，{len(result.events)} 条记录")
    facts = Table("事实", "内容")
    for name, value in result.case.facts.items():
        if (fact := book.facts.get(name)) and fact.type != "records":
            facts.add_row(fact.zh, words.shown(fact, value))
        elif fact:
            facts.add_row(fact.zh, f"{len(value)} 条")
    out.print(facts)
    duties = Table("期限", "责任人", "最迟", "情况", "条款")
    for d in result.duties:
        due = f"{d.due.astimezone(TZ):%Y-%m-%d %H:%M}{'（暂定）' if d.provisional else ''}"
        owner = book.roles[d.owner].zh if d.owner in book.roles else d.owner
        duties.add_row(book.deadlines[d.deadline].zh, owner, due, STATUS[d.status], d.clause or "")
    out.print(duties)
    if result.case.balances:
        ledger = Table("记录", "借方", "贷方", "金额")
        for e in result.events:
            for m in e.money:
                ledger.add_row(str(e.seq), book.accounts[m.debit].zh, book.accounts[m.credit].zh, words.yuan(m.amount))
        out.print(ledger)
    for line, refusal in result.refusals:
        tell_refusal(refusal, f"第{line}行 ")


def _files(paths: list[Path]) -> list[Path]:
    """The YAML files named, and those below the folders named. Exits with 2 when a path does not exist."""
    files: list[Path] = []
    for path in paths:
        if not path.exists():
            raise misuse(f"没有这个文件或文件夹：{path} / no such file or folder: {path}")
        files += sorted(path.rglob("*.yaml")) if path.is_dir() else [path]
    return files


def _load(path: Path) -> Rulebook:
    from mingduan.procedure.loading import RulebookError, load

    try:
        return load(path)
    except RulebookError as error:
        for mistake in error.mistakes:
            err.print(mistake.in_("zh"), markup=False, style="red", soft_wrap=True)
        raise typer.Exit(2) from None
