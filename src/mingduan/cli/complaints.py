"""The complaint desk: take tickets of another system in from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from .base import Json, emit, group, misuse, out, progress, read_json, start_django

complaints = group("complaints", "投诉受理台 / the complaint desk")


@complaints.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV（UTF-8、GB18030）、XLSX 或 Parquet")],
    mapping: Annotated[
        Path | None, typer.Option(help="栏目对照（JSON）；缺省用上次的 / the mapping; the last one unless given")
    ] = None,
    body: Annotated[
        str, typer.Option(help="哪个机构；只有一个受理台时可省略 / whose tickets; the only desk unless given")
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不移入 / check only")] = False,
    login: Annotated[str, typer.Option("--as", help="由谁办理：登录名 / whose act it is: a login name")] = "",
    as_json: Json = False,
) -> None:
    """从文件移入投诉工单：逐行立案，报告每一处问题；可重复执行，不会重复移入；有问题时退出码为1 / take tickets in from a file."""
    start_django()
    from mingduan.cases import sheet
    from mingduan.cases.taking import Fault, Report
    from mingduan.complaints import bringing, layout, tickets
    from mingduan.complaints.layout import Layout
    from mingduan.config import clock
    from mingduan.people.models import User
    from mingduan.procedure.case import Actor

    desks = layout.bodies()
    if not body and len(desks) != 1:
        raise misuse(
            f"用 --body 写明机构：{'、'.join(desks) or '没有受理台'} / say whose with --body: {', '.join(desks) or 'no desk'}"
        )
    if body and body not in desks:
        raise misuse(f"没有“{body}”这个受理台，可用：{'、'.join(desks)} / no such desk")
    body = body or desks[0]
    try:
        brought = layout.read(file.read_bytes())
        told = Layout.from_json(read_json(mapping)) if mapping else bringing.remembered(body, brought)
    except OSError as error:
        raise misuse(f"读不到 {file}：{error} / cannot read it") from None
    except sheet.Unreadable as error:
        raise misuse(f"{error.wrong.zh}；{error.right.zh} / {error.wrong.en}: {error.right.en}") from None
    if told and told.rulebook.split("/")[0] != body:
        raise misuse(f"栏目对照写的是 {told.rulebook}，不是 {body} 的 / the mapping is for another desk")
    actor = Actor("cli", "命令行", _everybody(body))
    if login:
        user = User.objects.filter(username=login).first()
        if user is None:
            raise misuse(f"没有账号 {login} / no account {login}")
        actor = bringing.actor(user, body)
    engines = {e.rulebook.id: e for e in layout.targets(body, actor.roles)}
    if not engines or (told and told.rulebook not in engines):
        raise misuse(f"不能把工单移入 {told.rulebook if told else body} / tickets can't be taken in there")
    book = engines[told.rulebook].rulebook if told else next(iter(engines.values())).rulebook
    actions = layout.openings_of(book, actor.roles)
    told = told or layout.guess(brought, book, actions)
    if wrong := layout.problems(told, brought, book, actions):
        raise misuse("\n".join(f"{w.zh} / {w.en}" for w in wrong))
    now, report = clock.now(), Report[Fault]()
    with progress("移入 / import", len(brought.lines)) as advance:
        for outcome in tickets.take_in(brought, told, actor, now, dry_run=dry_run):
            report.add(outcome)
            advance()
    if not dry_run:
        bringing.remember(body, brought, told, now)
    _tell(report, len(brought.lines), dry_run, as_json)
    raise typer.Exit(1 if report.refused else 0)


@complaints.command("train")
def train(
    body: Annotated[str, typer.Argument(help="哪个机构；缺省为全部 / whose model; all unless given")] = "",
    as_json: Json = False,
) -> None:
    """从已办结案件学习分类建议，报告交叉验证准确率 / learn the suggestions of classes from closed cases."""
    start_django()
    from mingduan.complaints import training
    from mingduan.config import clock

    known = training.bodies()
    if body and body not in known:
        raise misuse(f"{body} 没有投诉受理台 / has no complaint desk")
    told = [training.train(b, clock.now()) for b in ([body] if body else known)]
    if as_json:
        emit([{"body": x.body, "cases": x.cases, "classes": x.classes, "accuracy": x.accuracy, "baseline": x.baseline} for x in told])  # fmt: skip
    for x in () if as_json else told:
        said = (
            f"准确率 {x.accuracy:.1%}（总选最多类 {x.baseline:.1%}）"
            if x.accuracy is not None
            else "案件太少，没有模型 / too few cases"
        )
        out.print(f"{x.body}：{x.cases} 件，{x.classes} 类，{said}", markup=False)


def _everybody(body: str) -> frozenset[str]:
    """Every office by which somebody may open a case of this body."""
    from mingduan.cases import catalogue

    books = [e.rulebook for i, e in catalogue.in_force().items() if i.startswith(f"{body}/")]
    return frozenset(
        r for b in books for a in b.opening for r in b.actions[a].by if b.roles[r].side not in ("filer", "system")
    )


def _tell(report: Any, rows: int, dry_run: bool, as_json: bool) -> None:
    counted = {w: report.counts[w] for w in ("added", "already", "conflict", "bad")}
    if as_json:
        emit({
            "dry_run": dry_run, "rows": rows, **counted,
            "faults": [
                {"line": o.line, "ticket": o.number, "what": o.what, "columns": f.column, "wrong": {"zh": f.wrong.zh, "en": f.wrong.en},
                 "right": {"zh": f.right.zh, "en": f.right.en} if f.right else None, "clause": f.clause}
                for o in report.refused for f in o.faults
            ],
        })  # fmt: skip
        return
    for o in report.refused:
        for f in o.faults:
            right = f"；{f.right.zh}" if f.right else ""
            out.print(f"第{o.line}行 {f.column}：{f.wrong.zh}{right}", markup=False, soft_wrap=True)
    done = "可移入" if dry_run else "已移入"
    out.print(f"{done} {counted['added']}，原已移入 {counted['already']}，不一致 {counted['conflict']}，有误 {counted['bad']}")  # fmt: skip
