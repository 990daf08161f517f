"""A register being taken over from a file, as a job: how far it is, and what was found."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Import(models.Model):
    """One file somebody brought. Its rows are cases; this only tells the story of the file."""

    name = models.CharField("文件名", max_length=200)
    content = models.BinaryField("内容")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name="经办")
    role = models.CharField("角色", max_length=40)
    asked_at = models.DateTimeField("提出时间")
    dry_run = models.BooleanField("只检查", default=False)
    total = models.PositiveIntegerField("行数")
    looked_at = models.PositiveIntegerField("已处理", default=0)
    added = models.PositiveIntegerField("移入", default=0)
    already = models.PositiveIntegerField("原已登记", default=0)
    conflict = models.PositiveIntegerField("不一致", default=0)
    bad = models.PositiveIntegerField("有误", default=0)
    unknown = models.JSONField("未用的栏目", default=list)

    class Meta:
        app_label = "registry"
        verbose_name = verbose_name_plural = "导入"

    @property
    def done(self) -> bool:
        """Whether every row has been looked at."""
        return self.looked_at >= self.total

    @property
    def refused(self) -> int:
        """How many rows were not taken over."""
        return self.conflict + self.bad


class ImportFault(models.Model):
    """One thing that is wrong with one row."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="faults")
    line = models.PositiveIntegerField("行")
    number = models.CharField("证书编号", max_length=20, blank=True)
    what = models.CharField("种类", max_length=10)
    columns = models.CharField("栏目", max_length=200, blank=True)
    wrong_zh = models.CharField("问题", max_length=2000)
    wrong_en = models.CharField(max_length=2000)
    right_zh = models.CharField("应为", max_length=500, blank=True)
    right_en = models.CharField(max_length=500, blank=True)
    clause = models.CharField("条款", max_length=30, blank=True)

    class Meta:
        app_label = "registry"
        ordering = ["id"]
