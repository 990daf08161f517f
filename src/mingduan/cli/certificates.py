"""Certificates: make the papers of those granted, look at one, verify a PDF, export papers and credentials. Granting happens through
the procedure only.
"""

from __future__ import annotations

import hashlib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from .base import Json, emit, err, group, misuse, out, progress, start_django

certificates = group("certificate", "证书 / certificates")
Kind = Annotated[str, typer.Option(help="original 正本、duplicate 副本 / which paper")]
Lang = Annotated[str, typer.Option(help="语言：zh、en / language")]
Number = Annotated[str, typer.Argument(help="证书编号 / the certificate's number")]


@certificates.command("issue")
def issue(
    numbers: Annotated[list[str] | None, typer.Argument(help="证书编号 / numbers")] = None,
    case: Annotated[str, typer.Option(help="某一案件颁发的证书 / those a case granted")] = "",
    kinds: Annotated[
        list[str] | None,
        typer.Option("--kind", help="original 正本、duplicate 副本；缺省为两者 / which; both unless given"),
    ] = None,
    lang: Lang = "zh",
    as_json: Json = False,
) -> None:
    """为已批准的证书排版、签名并留存正本和副本；已制的不重复；有不能制的，退出码为1 / typeset, sign and keep the papers of granted certificates."""
    start_django()
    from mingduan.config import clock
    from mingduan.registry import issuing, verification
    from mingduan.registry.models import Certificate
    from mingduan.registry.typeset import KINDS, LANGS, NotAskedFor

    wanted = [number.strip().upper() for number in numbers or ()]
    if case:
        wanted += Certificate.objects.filter(case_number=case).order_by("number").values_list("number", flat=True)
    if not wanted:
        raise misuse(
            f"{case} 没有颁发证书 / granted none" if case else "写明证书编号或 --case / name certificates or --case"
        )
    if not {*(kinds or ())} <= {*KINDS} or lang not in LANGS:
        raise misuse("--kind 可为 original、duplicate；--lang 可为 zh、en / unknown kind or language")
    now, told = clock.now(), []
    for found in [_certificate(number) for number in dict.fromkeys(wanted)]:
        standing = verification.present(found, now)
        for kind in kinds or KINDS:
            line = {"number": found.number, "kind": kind, "lang": lang, "sha256": "", "refused": ""}
            if not standing.words.usable:
                line["refused"] = f"证书现状为{standing.words.zh}，不得制证 / it is {standing.words.en}"
            else:
                try:
                    line["sha256"] = issuing.paper(found, kind, lang, now).sha256
                except NotAskedFor:
                    line["refused"] = "没有申请英文证书，先用 certificate english 登记 / ask for it first"
            told.append(line)
    if as_json:
        emit(told)
    for line in () if as_json else told:
        out.print(f"{line['number']} {line['kind']}-{line['lang']} {line['refused'] or line['sha256']}", markup=False, soft_wrap=True)  # fmt: skip
    raise typer.Exit(1 if any(line["refused"] for line in told) else 0)


@certificates.command("show")
def show(number: Number, as_json: Json = False) -> None:
    """证书的内容、现状与历史、已制的文件 / what it says, its standing now and before, the papers made of it."""
    start_django()
    from rich.table import Table

    from mingduan.config import clock
    from mingduan.registry import verification
    from mingduan.registry.models import CertificatePaper
    from mingduan.registry.wording import wording

    found, words = _certificate(number), wording()
    now = verification.present(found, clock.now())
    papers = CertificatePaper.objects.filter(number=found.number).order_by("made_at", "pk")
    if as_json:
        emit({
            "number": found.number, "holder": found.holder_name, "address": found.holder_address, "specialty": found.specialty,
            "grade": found.grade, "issued_on": found.issued_on.isoformat(), "valid_until": found.valid_until.isoformat(),
            "next_surveillance_on": found.next_surveillance_on and found.next_surveillance_on.isoformat(),
            "status": now.code, "case": found.case_number,
            "standings": [
                {"status": s.status, "since": s.since.isoformat(), "until": s.until and s.until.isoformat(),
                 "reason": s.reason, "case": s.case_number, "seq": s.seq}
                for s in found.standings.all()
            ],
            "papers": [{"kind": p.kind, "lang": p.lang, "sha256": p.sha256, "made_at": p.made_at.isoformat()} for p in papers],
        })  # fmt: skip
        return
    out.print(f"{found.number} {found.holder_name}：{now.words.zh}", markup=False)
    out.print(
        f"{words.specialty(found.specialty).zh} {words.grade(found.grade).zh}，{found.issued_on}至{found.valid_until}"
    )
    table = Table("状态", "自", "至", "事由", "依据")
    for s in found.standings.all():
        table.add_row(words.standing(s.status).zh, f"{s.since:%Y-%m-%d}", f"{s.until:%Y-%m-%d}" if s.until else "", s.reason, f"{s.case_number} #{s.seq}")  # fmt: skip
    out.print(table)
    for p in papers:
        out.print(f"{p.kind}-{p.lang} {p.made_at:%Y-%m-%d} {p.sha256}")


@certificates.command("verify")
def verify(file: Annotated[Path, typer.Argument(help="证书 PDF / the PDF")], as_json: Json = False) -> None:
    """核验证书 PDF：签名、登记留存、现状；不合格时退出码为1 / check a PDF; exit code 1 when it is not good."""
    start_django()
    from mingduan.config import clock
    from mingduan.registry import verification

    try:
        with file.open("rb") as content:
            pdf = content.read(verification.MAX_BYTES + 1)
    except OSError as error:
        raise misuse(f"读不到 {file}：{error} / cannot read it") from None
    if len(pdf) > verification.MAX_BYTES:
        raise misuse(f"文件超过 {verification.MAX_BYTES >> 20} MB / too large for a certificate")
    verdict = verification.verify_pdf(pdf, clock.now())
    if as_json:
        emit({
            "level": verdict.level, "number": verdict.certificate.number if verdict.certificate else None,
            "findings": [
                {"what": f.what.en, "level": f.level, "zh": f.text.zh, "en": f.text.en} for f in verdict.findings
            ],
        })  # fmt: skip
    colours = {"good": "green", "warn": "yellow", "bad": "red"}
    for f in () if as_json else verdict.findings:
        out.print(f"{f.what.zh}：{f.text.zh}", style=colours[f.level], markup=False)
    raise typer.Exit(1 if verdict.level is verification.Level.BAD else 0)


@certificates.command("export")
def export(
    number: Number,
    folder: Annotated[Path, typer.Option("--out", help="存到哪个目录 / folder")] = Path(),
    kind: Annotated[str, typer.Option(help="original 正本、duplicate 副本、credential 可验证凭证 / what")] = "original",
    lang: Lang = "zh",
    as_json: Json = False,
) -> None:
    """导出签名的 PDF 或可验证凭证，以编号为文件名 / write the signed PDF or the W3C credential."""
    start_django()
    import json

    from mingduan.config import clock
    from mingduan.registry import credential, issuing
    from mingduan.registry.typeset import KINDS, LANGS, NotAskedFor

    found = _certificate(number)
    if kind == "credential":
        name, content = f"{found.number}.json", json.dumps(credential.credential(found), ensure_ascii=False, indent=2).encode()  # fmt: skip
    elif kind not in KINDS or lang not in LANGS:
        raise misuse("--kind 可为 original、duplicate、credential；--lang 可为 zh、en / unknown kind or language")
    else:
        try:
            paper = issuing.paper(found, kind, lang, clock.now())
        except NotAskedFor:
            raise misuse(f"{found.number} 没有申请英文证书，先用 certificate english 登记 / ask for it first") from None
        name, content = issuing.file_name(found.number, kind, lang), issuing.content(paper)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)
    if as_json:
        emit({"file": str(folder / name), "sha256": hashlib.sha256(content).hexdigest()})
        return
    out.print(str(folder / name), markup=False, soft_wrap=True)


@certificates.command("english")
def english(
    number: Number,
    name: Annotated[str, typer.Option(help="英文名称；缺省为企业档案中的 / name; as in the profile unless given")] = "",
    address: Annotated[
        str, typer.Option(help="英文地址；缺省为企业档案中的 / address; as in the profile unless given")
    ] = "",
    as_json: Json = False,
) -> None:
    """申请英文证书；没有英文名称和地址的，印中文 / ask for English papers; the Chinese stands where there is no English."""
    start_django()
    from django.core.exceptions import ValidationError

    from mingduan.config import clock
    from mingduan.people.letters import in_english
    from mingduan.registry import english, issuing

    found = _certificate(number)
    try:
        in_english(f"{name} {address}")
    except ValidationError:
        raise misuse("--name、--address 请用英文填写 / write them in English") from None
    issuing.ask_for_english(found, holder_name=name, holder_address=address, at=clock.now())
    printed = {"name": english.holder(found, english.name(found)).en, "address": english.address(found)}
    if as_json:
        emit({"number": found.number, **printed})
        return
    out.print(f"{found.number} {printed['name']}, {printed['address']}", markup=False, soft_wrap=True)


@certificates.command("batch")
def batch_command(
    name: Annotated[str, typer.Option(help="这批证书叫什么 / its name")] = "证书",
    kind: Kind = "original",
    lang: Lang = "zh",
    issued_in: Annotated[
        int, typer.Option("--issued-in", min=0, max=9999, help="只制作这一年颁发的；0为全部 / of one year")
    ] = 0,
    resume: Annotated[int, typer.Option(help="接着做第几批 / go on with a batch")] = 0,
    as_json: Json = False,
) -> None:
    """成批制作有效证书：排版、签名、打包；中断后用 --resume 接着做 / make, sign and pack the certificates in force."""
    start_django()
    from mingduan.config import clock
    from mingduan.registry import batch
    from mingduan.registry.models import Batch
    from mingduan.registry.typeset import KINDS, LANGS

    if kind not in KINDS or lang not in LANGS:
        raise misuse("--kind 可为 original、duplicate；--lang 可为 zh、en / unknown kind or language")
    at = clock.now()
    if resume:
        job = Batch.objects.filter(pk=resume).first()
        if job is None:
            raise misuse(f"没有第{resume}批 / no batch {resume}")
    else:
        year = (
            batch.Choice(issued_from=date(issued_in, 1, 1), issued_to=date(issued_in, 12, 31))
            if issued_in
            else batch.Choice()
        )
        chosen = batch.chosen(year, [kind], lang, at)
        job = batch.begin(name, chosen, at, kinds=[kind], lang=lang)
        (err if as_json else out).print(f"第{job.pk}批；中断后用 --resume {job.pk} 接着做")
    now = batch.progress(job)
    with progress("制证 / certificates", now.total) as advance:
        for step in batch.resume(job, at):
            for _ in range(step.made + step.failed - now.made - now.failed):
                advance()
            now = step
    if as_json:
        emit({"batch": job.pk, "made": now.made, "failed": now.failed, "file": str(batch.archive(job))})
    else:
        out.print(f"{now.made} 份已制，{now.failed} 份未制：{batch.archive(job)}", soft_wrap=True)
    raise typer.Exit(1 if now.failed else 0)


def _certificate(number: str) -> Any:
    from mingduan.registry.models import Certificate

    found = Certificate.objects.filter(number=number.strip().upper()).first()
    if found is None:
        raise misuse(f"没有编号为 {number} 的证书 / no certificate {number}")
    return found
