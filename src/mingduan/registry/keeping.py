"""Keeping an enterprise's profile: its lists, the one way they are written, and the record of who changed what.

What an application took from the profile stands in that application's event: nothing here changes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from django.core.exceptions import ValidationError
from django.db import models, transaction

from mingduan.cases import files
from mingduan.people.models import Organisation, User
from mingduan.people.spoken import both, in_both
from mingduan.procedure.text import Text

from . import profile, search
from .enterprises import (
    Enterprise,
    Equipment,
    Paper,
    Performance,
    ProfileChange,
    Site,
    Technician,
    TechnicianCertificate,
)
from .wording import wording

SOON = timedelta(days=90)
"""How long before a document expires its keeper is told."""
Standing = Literal["", "good", "soon", "expired"]


@dataclass(frozen=True, slots=True)
class Column:
    """A member of a list's rows: its field, what it is called, and its choices in words where it has any."""

    name: str
    text: Text
    choices: Mapping[str, Text] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One list of the profile. `owner`: the way from a row to its enterprise; `why`: what it is there for."""

    name: str
    model: type[models.Model]
    text: Text
    why: Text
    columns: tuple[Column, ...]
    owner: str = "enterprise"

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that somebody fills in."""
        return tuple(c.name for c in self.columns)


def _column(name: str, zh: str, en: str, choices: Mapping[str, Text] | None = None) -> Column:
    return Column(name, Text(zh=zh, en=en), choices)


_EXPIRES = _column("expires_on", "有效期至", "Valid until")

REGISTRATION = (
    _column("credit_code", "统一社会信用代码", "Unified social credit code"), _column("representative", "法定代表人", "Legal representative"),
    _column("region", "行政区划代码", "Region code"), _column("address", "地址", "Address"), _column("contact", "联系人", "Contact"),
    _column("phone", "联系电话", "Telephone"), _column("email", "电子邮箱", "E-mail"),
    _column("name_en", "英文名称", "Name in English"), _column("address_en", "英文地址", "Address in English"),
)  # fmt: skip
KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("staff", Technician, Text(zh="技术人员", en="Technical staff"),
             Text(zh="申请时的从业技术人员清单由此生成；主要技术负责人请勾选。", en="The list of technicians of an application is made from it; mark the technical lead."),
             (_column("name", "姓名", "Name"), _column("post", "岗位", "Post"), _column("title", "职称", "Title"),
              _column("education", "学历", "Education"), _column("leads", "主要技术负责人", "Technical lead"))),
        Kind("certificates", TechnicianCertificate, Text(zh="人员证书", en="Certificates of staff"),
             Text(zh="技术人员持有的证书；到期前90天开始提示。", en="What your staff hold; you are told 90 days before one expires."),
             (_column("technician", "持证人", "Holder"), _column("name", "证书名称", "Certificate"), _column("number", "证书编号", "Number"), _EXPIRES),
             "technician__enterprise"),
        Kind("equipment", Equipment, Text(zh="仪器设备", en="Equipment"),
             Text(zh="申请条件要求登记必需的仪器仪表和车辆；主要设备清单由此生成。", en="An application needs instruments and vehicles; its list of equipment is made from this."),
             (_column("kind", "类别", "Kind", {kind.value: in_both(str, kind.label) for kind in Equipment.Kind}),
              _column("name", "名称", "Name"), _column("model", "型号", "Model"), _column("quantity", "数量", "Quantity"))),
        Kind("sites", Site, Text(zh="代维点", en="Sites"),
             Text(zh="固定的工作场所；代维点统计清单由此生成。", en="Your premises; the list of sites is made from them."),
             (_column("name", "名称", "Name"), _column("region", "行政区划代码", "Region code"), _column("address", "地址", "Address"),
              _column("staff", "人数", "People"))),
        Kind("performance", Performance, Text(zh="业绩", en="Performance"),
             Text(zh="完成的项目，按专业登记；绩效统计表由此生成。", en="Work you have done, by specialty; the statistics of performance are made from it."),
             (_column("client", "委托单位", "Client"), _column("project", "项目", "Project"),
              _column("specialty", "专业", "Specialty", {code: words.text for code, words in wording().specialties.items()}),
              _column("since", "自", "From"), _column("until", "至", "Until"), _column("amount", "金额（元）", "Amount (CNY)"))),
        Kind("papers", Paper, Text(zh="常备文件", en="Documents kept ready"),
             Text(zh="营业执照、质量管理体系认证证书等每次申请都要用的文件：上传一次，申请时自动带入，过期的不带入。",
                  en="What every application asks for, such as the business licence: upload it once; applications take it while it is valid."),
             (_column("fact", "用途", "Kept for"), _column("name", "文件名", "File"), _EXPIRES)),
    )
}  # fmt: skip


def of(organisation: Organisation | None) -> Enterprise | None:
    """The organisation's profile, if its registration has been entered."""
    return Enterprise.objects.select_related("organisation").filter(organisation=organisation).first() if organisation else None  # fmt: skip


def rows(enterprise: Enterprise, kind: Kind) -> models.QuerySet[Any]:
    """The rows of a list, in the order they were entered."""
    found = kind.model._default_manager.filter(**{kind.owner: enterprise}).order_by("pk")
    return found.select_related("technician") if kind.model is TechnicianCertificate else found


@transaction.atomic
def register(organisation: Organisation, values: Mapping[str, Any], *, by: User, at: datetime) -> Enterprise:
    """Enter or change the enterprise's registration. Raises ValidationError."""
    found = Enterprise.objects.select_for_update().filter(organisation=organisation).first()
    row = found or Enterprise()
    row.organisation = organisation
    before = _told(row, REGISTRATION) if found else {}
    for name in (c.name for c in REGISTRATION):
        setattr(row, name, values.get(name, ""))
    _whole(organisation, row)
    row.organisation.save(update_fields=["name_en"])
    row.save()
    search.renew(organisation)
    _note(row, "registration", organisation.name, before, _told(row, REGISTRATION), by, at)
    return row


@transaction.atomic
def put(
    enterprise: Enterprise, kind: Kind, values: Mapping[str, Any], *, by: User, at: datetime, pk: int | None = None
) -> Any:
    """Add a row to a list, or change the one called `pk`. Raises ValidationError; ObjectDoesNotExist."""
    row: Any = rows(enterprise, kind).get(pk=pk) if pk else kind.model()
    before = _told(row, kind.columns) if pk else {}
    if kind.owner == "enterprise":
        row.enterprise = enterprise
    for name, value in values.items():
        setattr(row, name, value)
    _owned(enterprise, row)
    row.full_clean()
    row.save()
    _note(enterprise, kind.name, str(row), before, _told(row, kind.columns), by, at)
    return row


@transaction.atomic
def remove(enterprise: Enterprise, kind: Kind, pk: int, *, by: User, at: datetime) -> None:
    """Take a row off a list, and what hangs on it; a paper's content goes once nothing holds it. Raises ObjectDoesNotExist."""
    row = rows(enterprise, kind).get(pk=pk)
    before = _told(row, kind.columns)
    if isinstance(row, Technician):
        for held in row.certificates.all():
            remove(enterprise, KINDS["certificates"], held.pk, by=by, at=at)
    if isinstance(row, Paper):
        files.let_go([row.sha256], at)
    said = str(row)
    row.delete()
    _note(enterprise, kind.name, said, before, {}, by, at)


def expiry(row: Any, today: date) -> Standing:
    """Whether something that may expire has, or will within `SOON`; it is still good on the very day.

    Examples:
        >>> from types import SimpleNamespace as Row
        >>> [expiry(Row(expires_on=date(2026, 3, 2)), date(2026, 3, d)) for d in (2, 3)]
        ['soon', 'expired']
        >>> expiry(Row(expires_on=None), date(2026, 3, 2))
        ''
    """
    return nears(getattr(row, "expires_on", None), today)


def nears(day: date | None, today: date) -> Standing:
    """Whether a last day is over, or will be within `SOON`."""
    if day is None:
        return ""
    return "expired" if day < today else "soon" if day <= today + SOON else "good"


def attention(enterprise: Enterprise, today: date) -> Iterator[tuple[Kind, Any, Standing]]:
    """What has expired or soon will, the earliest first of each list."""
    for kind in KINDS.values():
        if any(c.name == "expires_on" for c in kind.columns):
            ending = rows(enterprise, kind).filter(expires_on__lte=today + SOON).order_by("expires_on", "pk")
            yield from ((kind, row, expiry(row, today)) for row in ending)


def _owned(enterprise: Enterprise, row: models.Model) -> None:
    """A certificate is of somebody on the same enterprise's staff; a paper is kept for something an application asks for."""
    if isinstance(row, TechnicianCertificate) and (
        row.technician_id is None or row.technician.enterprise_id != enterprise.pk
    ):
        raise ValidationError({"technician": both("请从本企业技术人员中选择", "Choose somebody of your own staff")})
    if isinstance(row, Paper) and row.fact not in profile.purposes():
        raise ValidationError({"fact": both("请从名单中选择用途", "Choose of the list what it is kept for")})


def _whole(*rows: models.Model) -> None:
    """Raise ValidationError with all that is wrong with any of them at once."""
    wrong: dict[str, Any] = {}
    for row in rows:
        try:
            row.full_clean()
        except ValidationError as error:
            wrong = error.update_error_dict(wrong)
    if wrong:
        raise ValidationError(wrong)


def _told(row: models.Model, columns: tuple[Column, ...]) -> dict[str, str]:
    """What a row says, as texts."""
    return {c.name: "" if (value := getattr(row, c.name)) is None else str(value) for c in columns}


def _note(
    enterprise: Enterprise, kind: str, row: str, before: dict[str, str], after: dict[str, str], by: User, at: datetime
) -> None:
    """Write down a change; nothing when there is none."""
    if before == after:
        return
    did = ProfileChange.Did.ADDED if not before else ProfileChange.Did.CHANGED if after else ProfileChange.Did.REMOVED
    ProfileChange.objects.create(
        enterprise=enterprise, at=at, by=by, kind=kind, did=did, row=row[:400], before=before, after=after
    )
