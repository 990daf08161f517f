"""A register being taken over from a file, as a job: how far it is, and what was found."""

from __future__ import annotations

from django.db import models

from mingduan.cases.taking import FileJob, RowFault


class Import(FileJob):
    """A file of an existing register; `dry_run`: only looked at."""

    role = models.CharField("角色", max_length=40)
    dry_run = models.BooleanField("只检查", default=False)
    unknown = models.JSONField("未用的栏目", default=list)

    class Meta:
        app_label = "registry"
        verbose_name = verbose_name_plural = "导入"


class ImportFault(RowFault):
    """One thing that is wrong with one row."""

    of = models.ForeignKey(Import, models.CASCADE, related_name="faults")

    class Meta(RowFault.Meta):
        app_label = "registry"
