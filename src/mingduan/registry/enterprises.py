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

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="enterprise", verbose_name="单位")
    credit_code = models.CharField("统一社会信用代码", max_length=18, unique=True, validators=[credit_code])
    representative = models.CharField("法定代表人", max_length=80)
    region = models.CharField(
        "所在地行政区划代码", max_length=6, db_index=True, validators=[RegexValidator(r"^[1-9][0-9]{5}$", both("行政区划代码为6位数字，如 330106", "A region code has six digits, such as 330106"))],
        help_text=both("GB/T 2260，前两位为省级", "GB/T 2260; the first two digits are the province"),
    )  # fmt: skip
    address = models.CharField("地址", max_length=200)
    address_en = models.CharField("英文地址", max_length=200, blank=True, validators=[in_english])
    contact = models.CharField("联系人", max_length=80)
    phone = models.CharField("联系电话", max_length=40)
    email = models.EmailField("电子邮箱", blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "企业"

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

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="%(class)ss")

    class Meta:
        abstract = True


class Technician(_Kept):
    """Somebody who does the work (S09 3.2.1(4), (5))."""

    name = models.CharField("姓名", max_length=80)
    post = models.CharField("岗位", max_length=80, blank=True)
    title = models.CharField("职称", max_length=80, blank=True)
    education = models.CharField("学历", max_length=40, blank=True)
    leads = models.BooleanField("主要技术负责人", default=False)

    def __str__(self) -> str:
        return self.name


class TechnicianCertificate(models.Model):
    """A certificate that a technician holds; `expires_on` empty: it lasts."""

    technician = models.ForeignKey(Technician, models.CASCADE, related_name="certificates")
    name = models.CharField("证书名称", max_length=120)
    number = models.CharField("证书编号", max_length=80)
    expires_on = models.DateField("有效期至", null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.technician}：{self.name}"


class Equipment(_Kept):
    """Instruments, vehicles and the like (S09 3.1.2(3), 3.2.1(5))."""

    class Kind(models.TextChoices):
        INSTRUMENT = "instrument", "仪器仪表"
        VEHICLE = "vehicle", "车辆"
        COMPUTER = "computer", "计算机"
        SPARE = "spare", "备板备件"
        OTHER = "other", "其他"

    kind = models.CharField("类别", max_length=20, choices=Kind.choices)
    name = models.CharField("名称", max_length=120)
    model = models.CharField("型号", max_length=120, blank=True)
    quantity = models.PositiveIntegerField("数量", default=1, validators=[MinValueValidator(1)])

    def __str__(self) -> str:
        return f"{self.name} ×{self.quantity}"


class Site(_Kept):
    """A place from which the enterprise works (S09 3.2.1(7))."""

    name = models.CharField("代维点", max_length=120)
    region = models.CharField("行政区划代码", max_length=6, blank=True)
    address = models.CharField("地址", max_length=200)
    staff = models.PositiveIntegerField("人数", default=0)

    def __str__(self) -> str:
        return self.name


class Performance(_Kept):
    """Work done for somebody (S09 3.2.1(6), S06 3.2.1(7))."""

    client = models.CharField("委托单位", max_length=200)
    project = models.CharField("项目", max_length=200)
    specialty = models.CharField("专业", max_length=2)
    since = models.DateField("自")
    until = models.DateField("至")
    amount = models.BigIntegerField("金额（分）", default=0, validators=[MinValueValidator(0)])

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

    fact = models.CharField("用途", max_length=60)
    name = models.CharField("文件名", max_length=200)
    sha256 = models.CharField("散列", max_length=64)
    media_type = models.CharField("类型", max_length=100, blank=True)
    size = models.PositiveIntegerField("大小", default=0)
    expires_on = models.DateField("有效期至", null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["enterprise", "fact", "sha256"], name="paper_kept_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def record(self) -> dict[str, str | int]:
        """The file as an application's facts keep it."""
        return {"name": self.name, "sha256": self.sha256, "media_type": self.media_type, "size": self.size}


class ProfileChange(models.Model):
    """One change of a profile: who made it, when, and what stood there before and after. Only ever added to."""

    class Did(models.TextChoices):
        ADDED = "added", "新增"
        CHANGED = "changed", "修改"
        REMOVED = "removed", "删除"

    enterprise = models.ForeignKey(Enterprise, models.CASCADE, related_name="changes")
    at = models.DateTimeField("时间")
    by = models.ForeignKey("people.User", models.PROTECT, related_name="+")
    kind = models.CharField("类别", max_length=20)
    did = models.CharField("变更", max_length=10, choices=Did.choices)
    row = models.CharField("对象", max_length=400)
    before = models.JSONField("原内容", default=dict)
    after = models.JSONField("现内容", default=dict)

    class Meta:
        ordering = ["-id"]
