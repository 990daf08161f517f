"""An existing register taken over from a file: each good row becomes a case of the procedure that transfers certificates.

The way in is the one way: `open_case` decides each row by the rulebook, and its event makes the certificate. So a file
taken twice, or begun again after an interruption, adds nothing twice; `audit verify` proves the result like any other.

    from mingduan.registry import importing

    report = importing.Report[importing.Fault]()
    for outcome in importing.take_over(importing.read(content), actor, at):
        report.add(outcome)
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from mingduan.cases import catalogue, sheet
from mingduan.cases.act import open_case
from mingduan.cases.models import EventRow
from mingduan.cases.sheet import Line, Table, Unreadable
from mingduan.cases.taking import Outcome, Report
from mingduan.people.enrolment import plain_name
from mingduan.people.models import Organisation
from mingduan.procedure.case import Actor, Reason, Refusal
from mingduan.procedure.engine import Engine
from mingduan.procedure.text import Text

from .enterprises import Enterprise, credit_code
from .models import Certificate
from .search import provinces

__all__ = [
    "COLUMNS",
    "Column",
    "Fault",
    "Outcome",
    "Report",
    "Unreadable",
    "procedure",
    "read",
    "take_over",
    "template",
]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: the fact it gives, what it may be called, an example, and how long it may be."""

    fact: str
    zh: str
    en: str
    also: tuple[str, ...]
    example: str
    needed: bool = True
    longest: int = 200


COLUMNS = (
    Column("holder.name", "企业名称", "Enterprise", ("获证企业", "获证企业名称", "单位名称", "Holder", "Enterprise name", "Name"), "恒通代维有限公司"),
    Column("holder.code", "统一社会信用代码", "Credit code", ("信用代码", "社会信用代码", "Unified social credit code", "USCC"), "91110000600037341L", longest=18),
    Column("holder.address", "地址", "Address", ("企业地址", "注册地址", "住所"), "北京市海淀区学院路1号"),
    Column("holder.region", "所在地", "Region", ("地区", "行政区划", "行政区划代码", "所在地行政区划代码", "省份", "省"), "110108"),
    Column("specialty", "专业", "Specialty", ("资质专业", "专业类别"), "综合代维"),
    Column("grade", "等级", "Grade", ("资质等级", "级别"), "甲级"),
    Column("certificate.number", "证书编号", "Number", ("编号", "证书号", "Certificate number", "Certificate no"), "2024ZH0001JR0", longest=13),
    Column("issued_on", "发证日期", "Issued on", ("颁发日期", "颁证日期", "Issue date", "Date of issue"), "2024-03-05"),
    Column("valid_until", "有效期至", "Valid until", ("有效期", "到期日期", "截止日期", "Expiry", "Expires on"), "2027-03-04"),
    Column("next_surveillance_on", "下次监督日期", "Next surveillance", ("下次监督", "监督日期", "下次监督审查日期", "Next surveillance on"), "2027-01-05", needed=False),
    Column("renewals", "复评次数", "Renewals", ("复评换证次数", "Recertifications"), "0", needed=False),
    Column("auditing_body", "现场审查机构", "Auditing body", ("审查机构", "认证机构"), "安信认证有限公司"),
    Column("evaluating_body", "评定机构", "Evaluating body", ("评定中心",), "运维服务企业资质评定中心"),
    Column("approving_body", "批准机构", "Approving body", ("发证机构",), "中国通信企业协会"),
    Column("status", "状态", "Status", ("证书状态", "现状", "Standing"), "有效"),
    Column("status_since", "状态自", "Status since", ("状态起始日期", "状态日期", "Since"), "", needed=False),
    Column("scope", "范围", "Scope", ("业务范围", "领域范围"), "", needed=False, longest=300),
)  # fmt: skip
_BY_FACT = {c.fact: c for c in COLUMNS}
_HEADINGS = sheet.all_headings({c.fact: (c.zh, c.en, *c.also) for c in COLUMNS})
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?: [0-9:.]+)?|(\d{4})(\d{2})(\d{2})", re.ASCII)
_GIVEN = re.compile(r"'([a-z_.]+)' in given")
SLICE = 50


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with a row: in which columns, what is wrong, what would be right, and the clause that says so."""

    columns: tuple[str, ...]
    wrong: Text
    right: Text | None = None
    clause: str | None = None

    @property
    def column(self) -> str:
        """The headings it is about, in Chinese."""
        return "、".join(_BY_FACT[c].zh for c in self.columns if c in _BY_FACT)


def template() -> list[list[str]]:
    """The headings of a file and one row as an example."""
    return [[c.zh for c in COLUMNS], [c.example for c in COLUMNS]]


def procedure() -> tuple[Engine, str]:
    """The rulebook in force that takes certificates over, and its action. Raises LookupError when there is none."""
    for engine in catalogue.in_force().values():
        for action in engine.rulebook.opening:
            if any(change.effect == "transfer" for change in engine.rulebook.actions[action].registers):
                return engine, action
    raise LookupError("no rulebook transfers certificates")


def read(content: bytes) -> Table:
    """The rows of a file. Raises Unreadable: it is no table, or lacks a column that each row needs."""
    table = sheet.read(content, _HEADINGS)
    missing = [c for c in COLUMNS if c.needed and c.fact not in table.columns]
    if missing:
        zh, en = "、".join(c.zh for c in missing), ", ".join(c.en for c in missing)
        raise Unreadable(
            Text(zh=f"缺少栏目：{zh}", en=f"Columns are missing: {en}"),
            Text(zh="请按模板补上这些栏目", en="Add them as in the template"),
        )
    return table


def take_over(
    table: Table, actor: Actor, at: datetime, *, begin: int = 0, end: int | None = None, dry_run: bool = False,
    refused: Collection[int] = (),
) -> Iterator[Outcome[Fault]]:  # fmt: skip
    """Take over the rows from index `begin` to before `end`, telling what became of each. Good rows stand as soon as they
    are told, slice by slice; with `dry_run` nothing is written, and of the rows before `begin` it must be told which
    lines were `refused`.
    """
    taking = _Taking(actor, at, dry_run)
    if dry_run:
        taking.suppose(line for line in table.lines[:begin] if line.number not in refused)
    lines = table.lines[:end]
    for first in range(begin, len(lines), SLICE):
        with transaction.atomic():
            outcomes = [taking.row(line) for line in lines[first : first + SLICE]]
        yield from outcomes


class _Taking:
    """One file being taken over."""

    def __init__(self, actor: Actor, at: datetime, dry_run: bool) -> None:
        self.engine, self.action = procedure()
        self.actor, self.at, self.dry_run = actor, at, dry_run
        self.named = {_key(name): pk for pk, name in Organisation.objects.values_list("pk", "name")}
        self.would: dict[str, Mapping[str, Any]] = {}  # rows a dry run has found good, which the register does not know

    def suppose(self, lines: Iterable[Line]) -> None:
        """Take rows as good that were found so before."""
        for line in lines:
            facts, faults = self._parsed(line)
            if not faults:
                self.would[facts["certificate.number"]] = facts

    def row(self, line: Line) -> Outcome[Fault]:
        """What becomes of a row."""
        facts, faults = self._parsed(line)
        number = str(facts.get("certificate.number") or line.cells.get("certificate.number", ""))[:20]
        if faults:
            return Outcome(line.number, number, "bad", tuple(faults))
        name, region = facts.pop("holder.name"), facts.pop("holder.region")
        if (known := self._known(number)) is not None:
            return self._again(line, number, {**facts, "holder.name": name}, known)
        if self.dry_run and (fault := self._in_this_file(number, facts)):
            return Outcome(line.number, number, "conflict", (fault,))
        try:
            return self._enter(line, number, name, region, facts)
        except IntegrityError:  # somebody else wrote the same enterprise or certificate at this moment
            wrong = Text(zh="同时有人登记了这个企业或证书", en="Somebody registered it at the same moment")
            return Outcome(line.number, number, "conflict", (Fault((), wrong, Text(zh="请再导入一次", en="Import the file again")),))  # fmt: skip

    @transaction.atomic
    def _enter(self, line: Line, number: str, name: str, region: str, facts: Mapping[str, Any]) -> Outcome[Fault]:
        """Register the enterprise if need be, and open the case: both or nothing."""
        holder = self._holder(name, region, facts)
        if isinstance(holder, Fault):
            return Outcome(line.number, number, "conflict", (holder,))
        book = self.engine.rulebook.id
        done = open_case(rulebook=book, action=self.action, actor=self.actor, at=self.at, facts=facts, sides=(), title=f"{name} {number}")  # fmt: skip
        if self.dry_run or isinstance(done, Refusal):
            transaction.set_rollback(True)
        if isinstance(done, Refusal):
            told = [self._fault(reason) for reason in done.reasons]
            what = "conflict" if all(clash for _, clash in told) else "bad"
            return Outcome(line.number, number, what, tuple(fault for fault, _ in told))
        if self.dry_run:
            self.would[number] = {**facts, "holder.name": name}
            return Outcome(line.number, number, "added")
        self.named[_key(name)] = holder.pk
        return Outcome(line.number, number, "added", case=done.case.number)

    def _parsed(self, line: Line) -> tuple[dict[str, Any], list[Fault]]:
        """The row's facts, and what is wrong with it by itself."""
        facts: dict[str, Any] = {}
        faults = []
        for column in COLUMNS:
            written = line.cells.get(column.fact, "")
            value = self._value(column, written)
            if isinstance(value, Fault):
                faults.append(value)
            elif value is not None:
                facts[column.fact] = value
        if "renewals" not in facts:
            last = str(facts.get("certificate.number", ""))[-1:]
            facts["renewals"] = int(last) if last.isascii() and last.isdecimal() else 0
        return facts, faults

    def _value(self, column: Column, written: str) -> Any:
        """A cell's value, None for an empty one, or what is wrong with it."""
        if not written:
            if column.needed:
                return Fault(
                    (column.fact,), Text(zh=f"缺少“{column.zh}”", en=f"“{column.en}” is missing"), _example(column)
                )
            return None
        if len(written) > column.longest or not written.isprintable():
            wrong = Text(zh="过长或含有不可见字符", en="Too long, or with invisible characters")
            right = Text(zh=f"不超过{column.longest}字", en=f"At most {column.longest} characters")
            return Fault((column.fact,), wrong, right)
        fact = self.engine.rulebook.facts.get(column.fact)
        kind = fact.type if fact else "text"
        if column.fact == "holder.name":
            return plain_name(written)
        if kind == "text" and column.longest >= 200 and column.fact != "holder.region":
            return written
        written = unicodedata.normalize("NFKC", written).strip()
        wrong = Text(zh=f"“{written[:40]}”不对", en=f"“{written[:40]}” is not right")
        if column.fact == "holder.code":
            return _code(column, written.upper(), wrong)
        if column.fact == "holder.region":
            return _region(column, written, wrong)
        if column.fact == "certificate.number":
            return written.upper()
        if kind == "date":
            return _day(written) or Fault((column.fact,), wrong, Text(zh="写作 2026-09-25", en="Write 2026-09-25"))
        if kind == "integer":
            whole = written.isascii() and written.isdecimal() and len(written) < 6
            return int(written) if whole else Fault((column.fact,), wrong, Text(zh="整数，如 0", en="A whole number"))
        if fact and kind == "choice":
            said = {_said(w): code for code, c in fact.choices.items() for w in (code, c.zh, c.en)}
            zh, en = "、".join(c.zh for c in fact.choices.values()), ", ".join(c.en for c in fact.choices.values())
            return said.get(_said(written)) or Fault((column.fact,), wrong, Text(zh=f"可为：{zh}", en=f"One of: {en}"))
        return written

    def _holder(self, name: str, region: str, facts: Mapping[str, Any]) -> Organisation | Fault:
        """The enterprise, registered now if nobody has; what is wrong when name and code belong to different ones."""
        code = facts["holder.code"]
        known = Enterprise.objects.select_related("organisation").filter(credit_code=code).first()
        if known is not None:
            if _key(known.organisation.name) == _key(name):
                return known.organisation
            wrong = Text(
                zh=f"信用代码{code}属于“{known.organisation.name}”",
                en=f"The code {code} belongs to “{known.organisation.name}”",
            )
            return Fault(
                ("holder.name", "holder.code"), wrong, Text(zh="核对企业名称和信用代码", en="Check name and code")
            )
        organisation = Organisation.objects.filter(pk=self.named.get(_key(name), 0)).first()
        if organisation is not None and Enterprise.objects.filter(organisation=organisation).exists():
            wrong = Text(zh=f"“{name}”已用另一信用代码登记", en=f"“{name}” is registered under another code")
            return Fault(
                ("holder.name", "holder.code"), wrong, Text(zh="核对企业名称和信用代码", en="Check name and code")
            )
        if organisation is None:
            organisation = Organisation.objects.create(name=plain_name(name), kind=Organisation.Kind.ENTERPRISE)
        Enterprise.objects.create(
            organisation=organisation, credit_code=code, region=region, address=facts["holder.address"]
        )
        return organisation

    def _known(self, number: str) -> Mapping[str, Any] | None:
        """What the register has of this number: the facts it was transferred with, or what it says of one issued here."""
        if number in self.would:
            return self.would[number]
        row = Certificate.objects.select_related("holder__enterprise").filter(number=number).first()
        if row is None:
            return None
        event = EventRow.objects.filter(case__number=row.case_number, seq=row.seq).first()
        facts = event.body.get("facts", {}) if event else {}
        if facts.get("certificate.number") == number and "holder.code" in facts and "status" in facts:
            return facts
        code = Enterprise.objects.filter(organisation=row.holder_id).values_list("credit_code", flat=True).first()
        return {
            "holder.name": row.holder_name, "holder.code": code or "", "issued_on": row.issued_on.isoformat(), "valid_until": row.valid_until.isoformat(),
        }  # fmt: skip

    def _again(self, line: Line, number: str, facts: Mapping[str, Any], known: Mapping[str, Any]) -> Outcome[Fault]:
        """A row whose number is in the register: the same once more, or something else."""
        fully = "status" in known
        asked = (
            {c.fact for c in COLUMNS} - {"holder.region", "holder.name"} if fully else known.keys() - {"holder.name"}
        )
        differing = tuple(c for c in _BY_FACT if c in asked and facts.get(c) != known.get(c))
        if _key(str(facts["holder.name"])) != _key(str(known.get("holder.name", ""))):
            differing = ("holder.name", *differing)
        if not differing:
            return Outcome(line.number, number, "already")
        held = "；".join(f"{_BY_FACT[c].zh} {known.get(c) or '—'}" for c in differing)
        wrong = Text(
            zh=f"登记簿中已有{number}，内容不同：{held}", en=f"{number} is in the register, and says otherwise: {held}"
        )
        right = Text(zh="核对编号；要变更已登记的内容，请办理证书变更", en="Check the number; what is registered is changed by its own procedure")  # fmt: skip
        return Outcome(line.number, number, "conflict", (Fault(differing, wrong, right),))

    def _in_this_file(self, number: str, facts: Mapping[str, Any]) -> Fault | None:
        """What an earlier good row of the same file stands against, which a dry run has not written."""
        for other, its in self.would.items():
            if (other[:4], other[6:10]) == (number[:4], number[6:10]):
                wrong = Text(
                    zh=f"当年的累计号已被本文件中的{other}使用", en=f"Its serial is taken by {other} in this file"
                )
                return Fault(("certificate.number",), wrong, Text(zh="核对编号", en="Check the number"))
            in_force = {"valid", "suspended"}
            same = all(its[f] == facts[f] for f in ("holder.code", "specialty"))
            if same and its["status"] in in_force and facts["status"] in in_force:
                wrong = Text(zh=f"该企业在该专业已有{other}", en=f"The enterprise holds {other} in this specialty")
                return Fault(
                    ("specialty", "status"),
                    wrong,
                    Text(zh="核对旧证书的状态", en="Check the standing of the earlier one"),
                )
        return None

    def _fault(self, reason: Reason) -> tuple[Fault, bool]:
        """A refusal's reason as it concerns the file, and whether it is the register that the row does not agree with."""
        book = self.engine.rulebook
        if reason.input:
            return Fault((reason.input,), reason.text, reason.remedy, reason.clause), False
        guard = next((g for g in book.actions[self.action].when if g.that == reason.that), None)
        names = self.engine.expressions.names_in(guard.that) if guard else frozenset()
        told = [asked for n in names if n in book.facts and (asked := book.facts[n].told)]
        given = _GIVEN.findall(guard.that) if guard else ()
        about = {*names, *given, *(asked.of for asked in told if asked.of)}
        return Fault(tuple(c for c in _BY_FACT if c in about), reason.text, reason.remedy, reason.clause), bool(told)


def _example(column: Column) -> Text:
    return Text(zh=f"如：{column.example}", en=f"Such as: {column.example}")


def _code(column: Column, written: str, wrong: Text) -> str | Fault:
    try:
        credit_code(written)
    except ValidationError:
        return Fault((column.fact,), wrong, Text(zh="按营业执照核对18位代码", en="18 characters, as on the licence"))
    return written


def _region(column: Column, written: str, wrong: Text) -> str | Fault:
    """A code of GB/T 2260, or a province by its name."""
    if re.fullmatch(r"[1-9][0-9]{5}", written, re.ASCII) and written[:2] in provinces():
        return written
    for code, name in provinces().items():
        if len(written) > 1 and name.startswith(written):
            return f"{code}0000"
    return Fault((column.fact,), wrong, Text(zh="行政区划代码6位数字，或省名", en="A code of 6 digits, or a province"))


def _day(written: str) -> str | None:
    found = _DAY.fullmatch(written)
    if found is None:
        return None
    year, month, day = (int(g) for g in found.groups() if g is not None)
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None


def _said(word: str) -> str:
    """A choice without what people leave out or add: '甲级' is '甲', '已过期' is '过期', '线路专业' is '线路'."""
    return sheet.plain(word).removeprefix("已").removeprefix("grade").removesuffix("专业").removesuffix("级")


def _key(name: str) -> str:
    return plain_name(name).casefold().replace(" ", "")


def refusals(report: Report[Fault]) -> Sequence[tuple[Outcome[Fault], Fault]]:
    """Every fault with its row, in the order of the file."""
    return [(outcome, fault) for outcome in report.refused for fault in outcome.faults]
