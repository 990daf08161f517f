"""The store as a whole: proved, copied while in use, put back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from .base import Json, app, emit, err, group, misuse, out, progress, read_json, refuse_existing, start_django

audit_app = group("audit", "核验 / audit")


@audit_app.command("verify")
def audit_verify(
    checkpoint: Annotated[
        list[Path] | None,
        typer.Option(exists=True, dir_okay=False, help="外部留存的检查点 / a checkpoint kept elsewhere"),
    ] = None,
    as_json: Json = False,
) -> None:
    """记录链未断，各行与记录折算的结果一致，与检查点相符；有误则退出码 1 / prove every chain, every stored row and file."""
    kept = [_copy(file) for file in checkpoint or ()]
    start_django()
    raise typer.Exit(1 if _verify(as_json, kept) else 0)


@audit_app.command("checkpoint")
def audit_checkpoint(
    file: Annotated[Path | None, typer.Argument(help="存为；不写则输出 / written to; printed unless given")] = None,
    as_json: Json = False,
) -> None:
    """把此刻的全部记录折成一个签名的检查点，供外部留存 / sign the whole store as it is, for outsiders to keep."""
    if file:
        refuse_existing(file)
    start_django()
    from mingduan.cases import checkpoint
    from mingduan.config import clock

    _write(checkpoint.told(checkpoint.take(clock.now())), file, as_json)


@audit_app.command("prove")
def audit_prove(
    number: Annotated[str, typer.Argument(help="案件编号 / the case's number")],
    file: Annotated[Path | None, typer.Argument(help="存为；不写则输出 / written to; printed unless given")] = None,
    as_json: Json = False,
) -> None:
    """某案件在检查点中的证明，无需数据库即可核验 / proof that a case is in a checkpoint, to be checked without us."""
    if file:
        refuse_existing(file)
    start_django()
    from mingduan.cases import checkpoint

    found = checkpoint.proof(number)
    if found is None:
        raise misuse(f"还没有检查点含有案件 {number} / no checkpoint holds this case yet")
    _write(found, file, as_json)


@audit_app.command("check")
def audit_check(
    proof: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="一份证明（JSON）/ a proof")],
    key: Annotated[str, typer.Option(help="签名公钥（base64）/ the public key")],
    as_json: Json = False,
) -> None:
    """核验一份证明，不用数据库；不成立则退出码 1 / check a proof, asking no store."""
    start_django()
    from mingduan.cases import checkpoint

    try:
        holds = checkpoint.proves(read_json(proof), key)
    except (KeyError, TypeError, ValueError):
        raise misuse(f"{proof} 不是证明，或公钥有误 / no proof, or no key") from None
    if as_json:
        emit({"holds": holds})
    else:
        out.print(
            "证明成立 / it holds" if holds else "证明不成立 / it does not hold", style="green" if holds else "red"
        )
    raise typer.Exit(0 if holds else 1)


@app.command("wrap-keys")
def wrap_keys(as_json: Json = False) -> None:
    """用 MINGDUAN_DATA_KEYS 中最新的密钥重新封存各案的密钥，之后可去掉旧的 / wrap each case's key under the newest, so that an older one may go."""
    start_django()
    from mingduan.cases import keyring, sealing

    try:
        done = keyring.wrap_anew()
    except (sealing.Unsealable, ValueError) as error:
        raise misuse(str(error)) from None
    emit({"keys": done}) if as_json else out.print(
        f"{done} 个案件的密钥已重新封存 / keys wrapped anew", markup=False, style="green"
    )


@app.command("backup")
def backup_command(
    file: Annotated[Path, typer.Argument(help="存为（tar）/ written to")], as_json: Json = False
) -> None:
    """运行中也可备份：数据库和文件装进一个 tar，带校验和 / a consistent copy of database and files, while in use."""
    start_django()
    from mingduan.config import clock, pulse

    from . import backup

    refuse_existing(file)
    if not file.absolute().parent.is_dir():
        raise misuse(f"没有这个文件夹：{file.parent} / no such folder")
    try:
        with progress("备份 / backup", backup.count()) as step:
            made = backup.make(file, step)
    except backup.BackupError as error:
        raise misuse(str(error)) from None
    pulse.did("backup", clock.now())
    size = file.stat().st_size
    if as_json:
        emit({"file": str(file), "bytes": size, "members": len(made["members"])})
    else:
        out.print(f"{file}：{len(made['members'])} 项，{size / 2**20:.1f} MB", markup=False, style="green")


@app.command("restore")
def restore_command(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="备份（tar）/ the backup")],
    as_json: Json = False,
) -> None:
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
        if as_json:
            emit([{"number": "", "seq": 0, "what": str(error)}])
        raise typer.Exit(1) from None
    except backup.BackupError as error:
        raise misuse(str(error)) from None
    call_command("migrate", verbosity=0)
    raise typer.Exit(1 if _verify(as_json) else 0)


def _verify(as_json: bool, checkpoints: Sequence[Mapping[str, str]] = ()) -> bool:
    """Print every fault; whether there was any."""
    from mingduan.cases import audit
    from mingduan.cases.models import Case
    from mingduan.config import clock, pulse

    total = Case.objects.count()
    with progress("核验 / verify", total) as step:
        faults = list(audit.verify(step, checkpoints))
    pulse.did("verify", clock.now(), not faults)
    if as_json:
        emit([{"number": f.number, "seq": f.seq, "what": f.what} for f in faults])
    for fault in () if as_json else faults:
        out.print(f"{fault.number} #{fault.seq} {fault.what}", markup=False, style="red")
    if not faults and not as_json:
        out.print(f"{total} 个案件，记录链、折算、期限、账目、材料、检查点均一致 / all sound", style="green")
    return bool(faults)


def _copy(file: Path) -> dict[str, str]:
    """The checkpoint somebody kept, or misuse."""
    held = read_json(file)
    if not isinstance(held, dict) or not all(isinstance(held.get(n), str) for n in ("document", "signature")):
        raise misuse(f"{file} 不是检查点 / is no checkpoint")
    return {"document": held["document"], "signature": held["signature"]}


def _write(what: Mapping[str, Any], file: Path | None, as_json: bool) -> None:
    if file is None:
        emit(what)
        return
    file.write_text(json.dumps(what, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    emit({"file": str(file)}) if as_json else out.print(str(file), markup=False, soft_wrap=True)
