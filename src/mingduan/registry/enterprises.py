"""What an enterprise keeps of itself in one place, to choose from when it applies (S09, S14, S06 3.1–3.2)."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from stdnum.cn import uscc

from mingduan.people.letters import in_english
from mingduan.people.models import Organisation
from mingduan.people.spoken import both


def credit_code(value: str) -> None:
    """Refuse what is not a unified social credit code (GB 32100): its check character must agree."""
    if not uscc.is_valid(value):
        raise ValidationError(
            both("统一社会信用代码有误：请按营业执照核对18位代码", "This is no unified social credit code: check its 18 characters against the licence")
        )  # fmt: skip


class Enterprise(models.Model):
    """An enterprise's registration."""

    organisation = models.OneToOneField(
        Organisation, models.PROTECT, related_name="enterprise", verbose_name=both("单位", "Organisation")
    )
    credit_code = models.CharField(
        both("统一社会信用代码", "Unified social credit code"), max_length=18, unique=True, validators=[credit_code]
    )
    representative = models.CharField(both("法定代表人", "Legal representative"), max_length=80)
    region = models.CharField(
        both("所在地行政区划代码", "Region code"), max_length=6, db_index=True, validators=[RegexValidator(r"^[1-9][0-9]{5}$", both("行政区划代码为6位数字，如 330106", "A region code has six digits, such as 330106"))],
        help_text=both("六位数字，如 330106；前两位为省级（GB/T 2260）", "Six digits, such as 330106; the first two are the province (GB/T 2260)"),
    )  # fmt: skip
    address = models.CharField(both("地址", "Address"), max_length=200)
    address_en = models.CharField(
        both("英文地址", "Address in English"), max_length=200, blank=True, validators=[in_english]
    )
    contact = models.CharField(both("联系人", "Contact"), max_length=80)
    phone = models.CharField(both("联系电话", "Telephone"), max_length=40)
    email = models.EmailField(both("电子邮箱", "E-mail"), blank=True)

    class Meta:
        verbose_name = verbose_name_plural = both("企业", "Enterprise")

    def __str__(self) -> str:
        return self.organisation.name

    @property
    def name_en(self) -> str:
        """What it is called in English; empty while it has not said."""
        return self.organisation.name_en

    @name_en.setter
    def name_en(self, name: str) -> None:
        self.organisation.name_en = name


class _Kept(models.Model):
    """Something in an enterprise's profile."""

    enterprise = models.ForeignKey(
        Enterprise, models.CASCADE, related_name="%(class)ss", verbose_name=both("企业", "Enterprise")
    )

    class Meta:
        abstract = True


class Technician(_Kept):
    """Somebody who does the work (S09 3.2.1(4), (5))."""

    name = models.CharField(both("姓名", "Name"), max_length=80)
    post = models.CharField(both("岗位", "Post"), max_length=80, blank=True)
    title = models.CharField(both("职称", "Title"), max_length=80, blank=True)
    education = models.CharField(both("学历", "Education"), max_length=40, blank=True)
    leads = models.BooleanField(both("主要技术负责人", "Technical lead"), default=False)

    class Meta:
        verbose_name = verbose_name_plural = both("技术人员", "Technician")

    def __str__(self) -> str:
        return self.name


class TechnicianCertificate(models.Model):
    """A certificate that a technician holds; `expires_on` empty: it lasts."""

    technician = models.ForeignKey(
        Technician, models.CASCADE, related_name="certificates", verbose_name=both("持证人", "Holder")
    )
    name = models.CharField(both("证书名称", "Certificate"), max_length=120)
    number = models.CharField(both("证书编号", "Number"), max_length=80)
    expires_on = models.DateField(both("有效期至", "Valid until"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = both("人员证书", "Certificate of staff")

    def __str__(self) -> str:
        return f"{self.technician}：{self.name}"


class Equipment(_Kept):
    """Instruments, vehicles and the like (S09 3.1.2(3), 3.2.1(5))."""

    class Kind(models.TextChoices):
        INSTRUMENT = "instrument", both("仪器仪表", "Instrument")
        VEHICLE = "vehicle", both("车辆", "Vehicle")
        COMPUTER = "computer", both("计算机", "Computer")
        SPARE = "spare", both("备板备件", "Spare part")
        OTHER = "other", both("其他", "Other")

    kind = models.CharField(both("类别", "Kind"), max_length=20, choices=Kind.choices)
    name = models.CharField(both("名称", "Name"), max_length=120)
    model = models.CharField(both("型号", "Model"), max_length=120, blank=True)
    quantity = models.PositiveIntegerField(both("数量", "Quantity"), default=1, validators=[MinValueValidator(1)])

    class Meta:
        verbose_name = verbose_name_plural = both("仪器设备", "Equipment")

    def __str__(self) -> str:
        return f"{self.name} ×{self.quantity}"


class Site(_Kept):
    """A place from which the enterprise works (S09 3.2.1(7))."""

    name = models.CharField(both("代维点", "Site"), max_length=120)
    region = models.CharField(both("行政区划代码", "Region code"), max_length=6, blank=True)
    address = models.CharField(both("地址", "Address"), max_length=200)
    staff = models.PositiveIntegerField(both("人数", "People"), default=0)

    class Meta:
        verbose_name = verbose_name_plural = both("代维点", "Site")

    def __str__(self) -> str:
        return self.name


class Performance(_Kept):
    """Work done for somebody (S09 3.2.1(6), S06 3.2.1(7))."""

    client = models.CharField(both("委托单位", "Client"), max_length=200)
    project = models.CharField(both("项目", "Project"), max_length=200)
    specialty = models.CharField(both("专业", "Specialty"), max_length=2)
    since = models.DateField(both("自", "From"))
    until = models.DateField(both("至", "Until"))
    amount = models.BigIntegerField(both("金额（分）", "Amount (fen)"), default=0, validators=[MinValueValidator(0)])

    class Meta:
        verbose_name = verbose_name_plural = both("业绩", "Performance")

    def __str__(self) -> str:
        return f"{self.client}：{self.project}"

    def clean(self) -> None:
        """It ends no earlier than it begins."""
        if self.since and self.until and self.until < self.since:
            raise ValidationError(
                {"until": both("结束日期早于开始日期：请核对起止日期", "It ends before it begins: check both days")}
            )


class Paper(_Kept):
    """A document kept ready for applications: `fact` is the name rulebooks ask for it by."""

    fact = models.CharField(both("用途", "Kept for"), max_length=60)
    name = models.CharField(both("文件名", "File"), max_length=200)
    sha256 = models.CharField(both("散列", "Hash"), max_length=64)
    media_type = models.CharField(both("类型", "Type"), max_length=100, blank=True)
    size = models.PositiveIntegerField(both("大小", "Size"), default=0)
    expires_on = models.DateField(both("有效期至", "Valid until"), null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = both("常备文件", "Document kept ready")
        constraints = [
            models.UniqueConstraint(
                fields=["enterprise", "fact", "sha256"], name="paper_kept_once",
                violation_error_message=both("这份文件已为同一用途登记过", "This document is kept for the same purpose already"),
            )
        ]  # fmt: skip

    def __str__(self) -> str:
        return self.name

    @property
    def record(self) -> dict[str, str | int]:
        """The file as an application's facts keep it."""
        return {"name": self.name, "sha256": self.sha256, "media_type": self.media_type, "size": self.size}


class ProfileChange(models.Model):
    """One change of a profile: who made it, when, and what stood there before and after. Only ever added to."""

    class Did(models.TextChoices):
        ADDED = "added", both("新增", "Added")
        CHANGED = "changed", both("修改", "Changed")
        REMOVED = "removed", both("删除", "Removed")

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="changes")
    at = models.DateTimeField(both("时间", "Time"))
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    kind = models.CharField(both("类别", "Kind"), max_length=20)
    did = models.CharField(both("变更", "Change"), max_length=10, choices=Did.choices)
    row = models.CharField(both("对象", "Row"), max_length=400)
    before = models.JSONField(both("原内容", "Before"), default=dict)
    after = models.JSONField(both("现内容", "After"), default=dict)

    class Meta:
        ordering = ["-id"]
