"""An existing register taken over from a file: each good row becomes a case of the procedure that transfers certificates.

The way in is the one way: `cases.opening` decides each row by the rulebook, and its event makes the certificate. So a file
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
from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from mingduan.cases import catalogue, sheet
from mingduan.cases.models import EventRow
from mingduan.cases.opening import Opening, Openings
from mingduan.cases.sheet import Line, Table, Unreadable
from mingduan.cases.sides import Side
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
SLICE = 200


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
        yield from taking.take(lines[first : first + SLICE])


@dataclass(frozen=True, slots=True)
class _Row:
    """A row that is good by itself: its line, its facts as they are told to the rulebook, and its enterprise."""

    line: Line
    facts: Mapping[str, Any]
    name: str
    region: str

    @property
    def number(self) -> str:
        return str(self.facts["certificate.number"])

    @property
    def code(self) -> str:
        return str(self.facts["holder.code"])

    @property
    def all(self) -> Mapping[str, Any]:
        """Its facts with the enterprise's name."""
        return {**self.facts, "holder.name": self.name}


class _Taking:
    """One file being taken over."""

    def __init__(self, actor: Actor, at: datetime, dry_run: bool) -> None:
        self.engine, self.action = procedure()
        self.actor, self.at, self.dry_run = actor, at, dry_run
        roles = self.engine.rulebook.roles.items()
        self.holder = next(n for n, role in roles if role.told is not None and role.told.ask == "enterprise")
        self.named = {_key(name): pk for pk, name in Organisation.objects.values_list("pk", "name")}
        self.would: dict[str, Mapping[str, Any]] = {}  # rows a dry run has found good, which the register does not know

    def suppose(self, lines: Iterable[Line]) -> None:
        """Take rows as good that were found so before."""
        for line in lines:
            row = self._read(line)
            if isinstance(row, _Row):
                self.would[row.number] = row.all

    def take(self, lines: Sequence[Line]) -> list[Outcome[Fault]]:
        """What becomes of some rows: all that are good stand at once, or, if somebody else wrote one of them at this moment,
        each by itself.
        """
        try:
            with transaction.atomic():
                outcomes, made = self._slice(lines)
                transaction.set_rollback(self.dry_run)
        except IntegrityError:
            if len(lines) > 1:
                return [outcome for line in lines for outcome in self.take([line])]
            number = lines[0].cells.get("certificate.number", "")[:20]
            wrong = Text(zh="同时有人登记了这个企业或证书", en="Somebody registered it at the same moment")
            return [Outcome(lines[0].number, number, "conflict", (Fault((), wrong, Text(zh="请再导入一次", en="Import the file again")),))]  # fmt: skip
        if not self.dry_run:
            self.named |= {_key(o.name): o.pk for o in made}
        return outcomes

    def _slice(self, lines: Sequence[Line]) -> tuple[list[Outcome[Fault]], Sequence[Organisation]]:
        """What becomes of rows in this transaction, and the organisations they made."""
        read = [self._read(line) for line in lines]
        rows = [row for row in read if isinstance(row, _Row)]
        known: dict[str, Mapping[str, Any]] = {**_registered([row.number for row in rows]), **self.would}
        fresh = [row for row in rows if row.number not in known]
        holders = _Holders(self.named)
        openings = Openings(self.engine.rulebook.id, self.actor, self.at, first=holders.write)
        openings.prepare([self._opening(row) for row in fresh])
        holders.look_up(fresh)  # what others wrote while we waited for the counters is there now
        openings.consult([self._opening(row, holders.known(row)) for row in fresh])
        outcomes = []
        for row in read:
            if isinstance(row, Outcome):
                outcomes.append(row)
            elif row.number in known:
                outcomes.append(self._again(row, known[row.number]))
            else:
                outcomes.append(outcome := self._enter(row, openings, holders))
                if outcome.what == "added":
                    known[row.number] = row.all
                    if self.dry_run:
                        self.would[row.number] = row.all
        if not self.dry_run:
            openings.write()
        return outcomes, holders.made

    def _enter(self, row: _Row, openings: Openings, holders: _Holders) -> Outcome[Fault]:
        """Open the case, and have the enterprise registered if nobody has: both or nothing."""
        line, number = row.line.number, row.number[:20]
        if self.dry_run and (fault := self._in_this_file(row.number, row.facts)):
            return Outcome(line, number, "conflict", (fault,))
        holder = holders.of(row)
        if isinstance(holder, Fault):
            return Outcome(line, number, "conflict", (holder,))
        done = openings.open(self._opening(row, holder))
        if isinstance(done, Refusal):
            told = [self._fault(reason) for reason in done.reasons]
            what = "conflict" if all(clash for _, clash in told) else "bad"
            return Outcome(line, number, what, tuple(fault for fault, _ in told))
        holders.keep(row, holder)
        return Outcome(line, number, "added", case="" if self.dry_run else done.case.number)

    def _opening(self, row: _Row, holder: Organisation | None = None) -> Opening:
        sides = (Side(self.holder, holder.name, holder),) if holder is not None else ()
        return Opening(self.action, row.facts, sides, title=f"{row.name} {row.number}")

    def _read(self, line: Line) -> _Row | Outcome[Fault]:
        """The row, or what is wrong with it by itself."""
        facts, faults = self._parsed(line)
        if faults:
            number = str(facts.get("certificate.number") or line.cells.get("certificate.number", ""))[:20]
            return Outcome(line.number, number, "bad", tuple(faults))
        name, region = facts.pop("holder.name"), facts.pop("holder.region")
        return _Row(line, facts, name, region)

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

    def _again(self, row: _Row, known: Mapping[str, Any]) -> Outcome[Fault]:
        """A row whose number is in the register: the same once more, or something else."""
        line, number, facts = row.line.number, row.number[:20], row.all
        fully = "status" in known
        asked = (
            {c.fact for c in COLUMNS} - {"holder.region", "holder.name"} if fully else known.keys() - {"holder.name"}
        )
        differing = tuple(c for c in _BY_FACT if c in asked and facts.get(c) != known.get(c))
        if _key(str(facts["holder.name"])) != _key(str(known.get("holder.name", ""))):
            differing = ("holder.name", *differing)
        if not differing:
            return Outcome(line, number, "already")
        held = "；".join(f"{_BY_FACT[c].zh} {known.get(c) or '—'}" for c in differing)
        wrong = Text(
            zh=f"登记簿中已有{number}，内容不同：{held}", en=f"{number} is in the register, and says otherwise: {held}"
        )
        right = Text(zh="核对编号；要变更已登记的内容，请办理证书变更", en="Check the number; what is registered is changed by its own procedure")  # fmt: skip
        return Outcome(line, number, "conflict", (Fault(differing, wrong, right),))

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


class _Holders:
    """The enterprises of a slice's rows: those registered, and those that its rows register."""

    def __init__(self, named: Mapping[str, int]) -> None:
        self._named = named
        self._by_code: dict[str, Organisation] = {}
        self._by_name: dict[str, Organisation] = {}
        self._new: list[Enterprise] = []
        self.made: list[Organisation] = []

    def look_up(self, rows: Sequence[_Row]) -> None:
        """Look up at once what these rows name."""
        registered = Enterprise.objects.select_related("organisation").filter(credit_code__in={r.code for r in rows})
        self._by_code = {e.credit_code: e.organisation for e in registered}
        keys = {self._named.get(_key(r.name), 0): _key(r.name) for r in rows}
        found = Organisation.objects.select_related("enterprise").filter(pk__in=keys)
        self._by_name = {keys[o.pk]: o for o in found}

    def known(self, row: _Row) -> Organisation | None:
        """The row's enterprise as far as it stands already."""
        return self._by_code.get(row.code) or self._by_name.get(_key(row.name))

    def of(self, row: _Row) -> Organisation | Fault:
        """The row's enterprise, made now if nobody has registered it; what is wrong when name and code belong to different
        ones.
        """
        check = Text(zh="核对企业名称和信用代码", en="Check name and code")
        if (known := self._by_code.get(row.code)) is not None:
            if _key(known.name) == _key(row.name):
                return known
            wrong = Text(
                zh=f"信用代码{row.code}属于“{known.name}”", en=f"The code {row.code} belongs to “{known.name}”"
            )
            return Fault(("holder.name", "holder.code"), wrong, check)
        organisation = self._by_name.get(_key(row.name))
        if organisation is not None and hasattr(organisation, "enterprise"):
            wrong = Text(zh=f"“{row.name}”已用另一信用代码登记", en=f"“{row.name}” is registered under another code")
            return Fault(("holder.name", "holder.code"), wrong, check)
        # A copy: should the row be refused, the organisation is none the wiser.
        organisation = copy(organisation) or Organisation(name=plain_name(row.name), kind=Organisation.Kind.ENTERPRISE)
        Enterprise(
            organisation=organisation, credit_code=row.code, region=row.region, address=row.facts["holder.address"]
        )
        return organisation

    def keep(self, row: _Row, holder: Organisation) -> None:
        """The row came in: so does its enterprise."""
        if row.code not in self._by_code:
            self._by_code[row.code] = self._by_name[_key(row.name)] = holder
            self._new.append(holder.enterprise)

    def write(self) -> None:
        """Register those that came in."""
        made = [e.organisation for e in self._new if e.organisation.pk is None]
        Organisation.objects.bulk_create(made)
        Enterprise.objects.bulk_create(self._new)
        self.made += made
        self._new = []


def _registered(numbers: Sequence[str]) -> dict[str, Mapping[str, Any]]:
    """What the register has of these numbers: the facts each was transferred with, or what it says of one issued here."""
    rows = list(Certificate.objects.select_related("holder__enterprise").filter(number__in=numbers))
    events = EventRow.objects.select_related("case__key").filter(
        case__number__in={r.case_number for r in rows}, seq__in={r.seq for r in rows}
    )
    told = {(e.case.number, e.seq): e.body for e in events} if rows else {}
    found: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        facts = told.get((row.case_number, row.seq), {}).get("facts", {})
        if facts.get("certificate.number") == row.number and "holder.code" in facts and "status" in facts:
            found[row.number] = facts
        else:
            enterprise = getattr(row.holder, "enterprise", None)
            found[row.number] = {
                "holder.name": row.holder_name, "holder.code": enterprise.credit_code if enterprise else "",
                "issued_on": row.issued_on.isoformat(), "valid_until": row.valid_until.isoformat(),
            }  # fmt: skip
    return found


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
        if len(written) > 1 and name.zh.startswith(written):
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
