"""The register: certificates and the history of their standing. A projection of events, never written by hand."""

from __future__ import annotations

from django.db import models

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
from .findable import Findable
from .imported import Import, ImportFault
from .papers import Batch, BatchItem, CertificatePaper, CredentialIndex, EnglishWording

__all__ = [
    "Announcement", "Batch", "BatchItem", "Certificate", "CertificatePaper", "Conclusion", "CredentialIndex", "EnglishWording",
    "Enterprise", "Entry", "Equipment", "Findable", "Import", "ImportFault", "Paper", "Performance", "ProfileChange", "Site", "Standing", "Technician", "TechnicianCertificate",
]  # fmt: skip


class Certificate(models.Model):
    """A qualification certificate, as issued (S07 3.1). Its standing over time is in `Standing`."""

    number = models.CharField("证书编号", max_length=13, unique=True)
    holder = models.ForeignKey("people.Organisation", models.PROTECT, related_name="certificates")
    holder_name = models.CharField("获证企业名称", max_length=200)
    holder_address = models.CharField("地址", max_length=200)
    specialty = models.CharField("专业", max_length=2, help_text="XL 线路、JZ 基站、ZW 装维、ZH 综合代维、TT 铁塔")
    grade = models.CharField("等级", max_length=1, help_text="J 甲、Y 乙、B 丙、L 临时")
    renewals = models.PositiveSmallIntegerField("复评次数", default=0)
    issued_on = models.DateField("发证日期")
    valid_until = models.DateField("有效期至")
    auditing_body = models.CharField("现场审查机构", max_length=200)
    evaluating_body = models.CharField("评定机构", max_length=200)
    approving_body = models.CharField("批准机构", max_length=200)
    next_surveillance_on = models.DateField("下次监督日期", null=True)
    scope = models.CharField("范围", max_length=300, blank=True)
    replaces = models.CharField("所换证书", max_length=13, blank=True)
    status = models.CharField("现状", max_length=20, default="valid", db_index=True)
    case_number = models.CharField("依据案件", max_length=40)
    seq = models.PositiveIntegerField("依据记录")

    class Meta:
        verbose_name = verbose_name_plural = "证书"
        indexes = [models.Index(fields=["valid_until"]), models.Index(fields=["next_surveillance_on"])]
        constraints = [
            models.UniqueConstraint(
                fields=["holder", "specialty"],
                condition=models.Q(status__in=["valid", "suspended"]),
                name="one_in_force",
            )
        ]

    def __str__(self) -> str:
        return self.number


class Standing(models.Model):
    """What a certificate was from an instant on, until the next: never overwritten, so any past day can be asked."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="standings")
    status = models.CharField("状态", max_length=20)
    since = models.DateTimeField("自")
    until = models.DateTimeField("至", null=True)
    holder_name = models.CharField("获证企业名称", max_length=200, blank=True)
    holder_address = models.CharField("地址", max_length=200, blank=True)
    scope = models.CharField("范围", max_length=300, blank=True)
    reason = models.CharField("事由", max_length=300, blank=True)
    reason_en = models.CharField("英文事由", max_length=300, blank=True)
    case_number = models.CharField("依据案件", max_length=40)
    seq = models.PositiveIntegerField("依据记录")

    class Meta:
        ordering = ["certificate", "id"]
        indexes = [models.Index(fields=["case_number", "seq"])]
        constraints = [
            models.UniqueConstraint(fields=["certificate"], condition=models.Q(until=None), name="one_present_standing")
        ]


class Entry(models.Model):
    """One change of the register as its event told it, with the parties it named: append-only, and what the register is
    folded from. It outlives the file of its case, as the ledger does.
    """

    case_number = models.CharField("依据案件", max_length=40)
    seq = models.PositiveIntegerField("依据记录")
    place = models.PositiveSmallIntegerField("记录内次序")
    at = models.DateTimeField("时间")
    values = models.JSONField("内容")
    holder = models.ForeignKey("people.Organisation", models.PROTECT, null=True)
    auditing_body = models.CharField("现场审查机构", max_length=200, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "登记记录"
        constraints = [models.UniqueConstraint(fields=["case_number", "seq", "place"], name="entered_once")]


class Conclusion(models.Model):
    """What one surveillance of a certificate came to, for its duplicate (S10 3.2(8))."""

    certificate = models.ForeignKey(Certificate, models.PROTECT, related_name="conclusions")
    conclusion = models.CharField("监督结论", max_length=40)
    approved_on = models.DateField("批准日期")
    case_number = models.CharField("依据案件", max_length=40)
    seq = models.PositiveIntegerField("依据记录")

    class Meta:
        ordering = ["certificate", "id"]
        verbose_name = verbose_name_plural = "监督结论"


class Announcement(models.Model):
    """What the body makes public of a decision (S18 4)."""

    number = models.CharField("证书编号", max_length=13, blank=True, db_index=True)
    title = models.CharField("标题", max_length=200)
    body = models.TextField("正文")
    at = models.DateTimeField("公告时间", db_index=True)
    case_number = models.CharField("依据案件", max_length=40)
    seq = models.PositiveIntegerField("依据记录")

    class Meta:
        ordering = ["-at", "-id"]
        verbose_name = verbose_name_plural = "公告"
        constraints = [models.UniqueConstraint(fields=["case_number", "seq"], name="announced_once")]
