"""The store as a whole: proved, copied while in use, put back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .base import Json, app, emit, err, group, misuse, out, progress, start_django

audit_app = group("audit", "核验 / audit")


@audit_app.command("verify")
def audit_verify(as_json: Json = False) -> None:
    """记录链未断，各行与记录折算的结果一致；有误则退出码 1 / prove every chain and every stored row."""
    start_django()
    raise typer.Exit(1 if _verify(as_json) else 0)


@app.command("backup")
def backup_command(file: Path, as_json: Json = False) -> None:
    """运行中也可备份：数据库和文件装进一个 tar，带校验和 / a consistent copy of database and files, while in use."""
    start_django()
    from . import backup

    if file.exists():
        raise misuse(f"{file} 已存在，不覆盖 / exists already")
    if not file.absolute().parent.is_dir():
        raise misuse(f"没有这个文件夹：{file.parent} / no such folder")
    try:
        with progress("备份 / backup", backup.count()) as step:
            made = backup.make(file, step)
    except backup.BackupError as error:
        raise misuse(str(error)) from None
    size = file.stat().st_size
    if as_json:
        emit({"file": str(file), "bytes": size, "members": len(made["members"])})
    else:
        out.print(f"{file}：{len(made['members'])} 项，{size / 2**20:.1f} MB", markup=False, style="green")


@app.command("restore")
def restore_command(file: Annotated[Path, typer.Argument(exists=True, dir_okay=False)], as_json: Json = False) -> None:
    """把备份放回空的数据目录和数据库，然后核验 / put a backup into an empty home and database, then verify it."""
    start_django()
    from django.core.management import call_command

    from . import backup

    try:
        backup.refuse_unless_empty()
        with progress("恢复 / restore", backup.members_in(file)) as step:
            backup.put_back(file, step)
    except backup.Damaged as error:
        err.print(str(error), markup=False, style="red", soft_wrap=True)
        raise typer.Exit(1) from None
    except backup.BackupError as error:
        raise misuse(str(error)) from None
    call_command("migrate", verbosity=0)
    raise typer.Exit(1 if _verify(as_json) else 0)


def _verify(as_json: bool) -> bool:
    """Print every fault; whether there was any."""
    from mingduan.cases import audit
    from mingduan.cases.models import Case

    total = Case.objects.count()
    with progress("核验 / verify", total) as step:
        faults = list(audit.verify(step))
    if as_json:
        emit([{"number": f.number, "seq": f.seq, "what": f.what} for f in faults])
    for fault in () if as_json else faults:
        out.print(f"{fault.number} #{fault.seq} {fault.what}", markup=False, style="red")
    if not faults and not as_json:
        out.print(f"{total} 个案件，记录链、折算、期限、账目均一致 / all sound", style="green")
    return bool(faults)
