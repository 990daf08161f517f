"""What certificates are found by: one narrow row for each, kept with it, so that a search reads little."""

from __future__ import annotations

from django.db import models


class Findable(models.Model):
    """A certificate as the public's search sees it.

    Its standing has no index: half of the table is valid, and reading so narrow a table whole is quicker.
    """

    number = models.CharField("证书编号", max_length=13, unique=True)
    text = models.CharField("检索文字", max_length=1500)
    specialty = models.CharField("专业", max_length=2)
    grade = models.CharField("等级", max_length=1)
    status = models.CharField("现状", max_length=20)
    valid_until = models.DateField("有效期至")
    region = models.CharField("所在地", max_length=6, blank=True)

    class Meta:
        app_label = "registry"
        verbose_name = verbose_name_plural = "证书检索"
        indexes = [models.Index(fields=["specialty", "grade"]), models.Index(fields=["region"])]  # fmt: skip
