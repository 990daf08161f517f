"""Sealed packages on the command line: taken out of the store, and proven whole wherever they are."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from .base import Json, emit, group, misuse, out, start_django

archive = group("archive", "归档包 / sealed packages")


@archive.command("export")
def export(
    number: Annotated[str, typer.Argument(help="案件编号 / the case's number")],
    folder: Annotated[Path, typer.Argument(help="存到哪个文件夹 / into which folder")],
    as_json: Json = False,
) -> None:
    """取出一案的归档包；记入查阅记录 / write a case's sealed package into FOLDER; the reading is logged."""
    start_django()

    from mingduan.cases import files
    from mingduan.cases.access import log_reading
    from mingduan.cases.models import Case, Reading
    from mingduan.config import clock
    from mingduan.paper.models import Package
    from mingduan.procedure.case import Actor

    package = Package.objects.select_related("case").filter(case__number=number).first()
    if package is None:
        known = Case.objects.filter(number=number).exists()
        raise misuse(
            f"案件 {number} 尚未归档，或案卷已销毁 / not sealed, or disposed of"
            if known
            else f"没有编号为 {number} 的案件 / no case {number}"
        )
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{number}.zip"
    with files.stream(package.sha256) as content, target.open("wb") as written:
        shutil.copyfileobj(content, written)
    log_reading(package.case, Actor("cli", "命令行", frozenset()), clock.now(), Reading.What.PACKAGE, target.name)
    if as_json:
        emit({"number": number, "path": str(target), "sha256": package.sha256, "size": package.size})
        return
    out.print(f"{target}  {package.size:,} 字节  SHA-256 {package.sha256}")


@archive.command("verify")
def verify(
    path: Annotated[
        Path, typer.Argument(help="归档包（zip）或其解开的文件夹 / the package, or the folder it was unpacked into")
    ],
    as_json: Json = False,
) -> None:
    """不用数据库，证明归档包完整；有误则退出码 1 / prove a package whole without a database: bag, chain, papers."""
    from mingduan.paper.verify import NotAPackage
    from mingduan.paper.verify import verify as judge

    try:
        verdict = judge(path)
    except NotAPackage as error:
        raise misuse(str(error)) from error
    if as_json:
        emit(asdict(verdict))
    else:
        for fault in verdict.faults:
            out.print(fault, style="red", markup=False)
        if not verdict.faults:
            out.print(
                f"{verdict.number}：{verdict.events} 条记录、{verdict.papers} 份文件，封装、散列链、折算、期限、账目均一致",
                style="green",
            )
            out.print(f"末条散列 {verdict.head}")
    raise typer.Exit(1 if verdict.faults else 0)
