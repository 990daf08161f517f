"""The register: take an existing one over from a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .base import Json, emit, err, group, misuse, out, progress, refuse_existing, start_django

register = group("register", "证书登记簿 / the register of certificates")


@register.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV（UTF-8、GB18030）或 XLSX")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不登记 / check only")] = False,
    login: Annotated[str, typer.Option("--as", help="由谁办理：登录名 / whose act it is: a login name")] = "",
    as_json: Json = False,
) -> None:
    """导入既有名册：逐行登记，报告每一处问题；可重复执行，不会重复登记；有问题时退出码为1 / take over an existing register."""
    start_django()
    from mingduan.cases.access import openings
    from mingduan.config import clock
    from mingduan.people.models import User
    from mingduan.procedure.case import Actor
    from mingduan.registry import importing

    engine, action = importing.procedure()
    actor = Actor("cli", "命令行", frozenset(engine.rulebook.actions[action].by[:1]))
    if login:
        user = User.objects.filter(username=login).first()
        role = openings(user, engine.rulebook).get(action) if user else None
        if user is None or role is None:
            raise misuse(f"{login} 不能移入证书 / may not transfer certificates")
        actor = Actor(str(user.pk), str(user), frozenset([role]))
    try:
        table = importing.read(file.read_bytes())
    except OSError as error:
        raise misuse(f"读不到 {file}：{error} / cannot read it") from None
    except importing.Unreadable as error:
        raise misuse(f"{error.wrong.zh}；{error.right.zh} / {error.wrong.en}: {error.right.en}") from None
    report = importing.Report[importing.Fault]()
    with progress("导入 / import", len(table.lines)) as advance:
        for outcome in importing.take_over(table, actor, clock.now(), dry_run=dry_run):
            report.add(outcome)
            advance()
    told = importing.refusals(report)
    if as_json:
        emit({
            "dry_run": dry_run, "rows": len(table.lines), **{w: report.counts[w] for w in ("added", "already", "conflict", "bad")},
            "ignored_columns": list(table.unknown),
            "faults": [
                {"line": o.line, "number": o.number, "what": o.what, "column": f.column, "wrong": {"zh": f.wrong.zh, "en": f.wrong.en},
                 "right": {"zh": f.right.zh, "en": f.right.en} if f.right else None, "clause": f.clause}
                for o, f in told
            ],
        })  # fmt: skip
    else:
        for o, f in told:
            right = f"；{f.right.zh}" if f.right else ""
            out.print(f"第{o.line}行 {f.column}：{f.wrong.zh}{right}", markup=False, soft_wrap=True)
        if table.unknown:
            err.print(f"未用的栏目 / columns left out: {'、'.join(table.unknown)}", markup=False)
        done = "可移入" if dry_run else "已移入"
        out.print(f"{done} {report.counts['added']}，原已登记 {report.counts['already']}，不一致 {report.counts['conflict']}，有误 {report.counts['bad']}")  # fmt: skip
    raise typer.Exit(0 if report.good else 1)


@register.command("template")
def template(
    file: Annotated[Path, typer.Argument(help="存为 / written to")] = Path("register.csv"), as_json: Json = False
) -> None:
    """写出名册模板：标题行和一行示例 / write the headings and an example."""
    import csv

    from mingduan.registry import importing

    refuse_existing(file)
    with file.open("x", encoding="utf-8-sig", newline="") as written:
        csv.writer(written).writerows(importing.template())
    emit({"file": str(file)}) if as_json else out.print(str(file), markup=False, soft_wrap=True)
