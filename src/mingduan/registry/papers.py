"""What is kept of the papers made of certificates: which there are, by their hash; and the jobs that make many."""

from __future__ import annotations

from django.db import models

from mingduan.people.letters import in_english


class EnglishWording(models.Model):
    """A holder asked for English papers of a certificate, and how it is named on them (S07 3.1): only then are there any."""

    number = models.CharField("证书编号", max_length=13, unique=True)
    holder_name = models.CharField("英文名称", max_length=200, blank=True, validators=[in_english])
    holder_address = models.CharField("英文地址", max_length=200, blank=True, validators=[in_english])
    requested_at = models.DateTimeField("申请时间")

    class Meta:
        app_label = "registry"
        verbose_name = verbose_name_plural = "英文证书申请"


class CertificatePaper(models.Model):
    """One signed PDF that left the house: its hash, and what stood on it. Never changed: a new face is a new paper."""

    number = models.CharField("证书编号", max_length=13, db_index=True)
    kind = models.CharField("正副本", max_length=10)
    lang = models.CharField("文字", max_length=2)
    face = models.JSONField("票面内容")
    face_hash = models.CharField(max_length=64)
    sha256 = models.CharField("散列", max_length=64, unique=True)
    made_at = models.DateTimeField("制作时间")

    class Meta:
        app_label = "registry"
        verbose_name = verbose_name_plural = "证书文件"
        constraints = [models.UniqueConstraint(fields=["number", "kind", "lang", "face_hash"], name="paper_made_once")]


class CredentialIndex(models.Model):
    """The place of a certificate in the status lists: its key. Given once and never to another."""

    number = models.CharField("证书编号", max_length=13, unique=True)

    class Meta:
        app_label = "registry"


class Batch(models.Model):
    """A job that makes the papers of many certificates and packs them."""

    name = models.CharField("名称", max_length=120)
    asked_at = models.DateTimeField("提出时间")
    packed_at = models.DateTimeField("完成时间", null=True)
    sha256 = models.CharField("压缩包散列", max_length=64, blank=True)

    class Meta:
        app_label = "registry"
        verbose_name = verbose_name_plural = "批量制证"


class BatchItem(models.Model):
    """One paper of a job: made when it names its paper, or why it could not be (`batch.REASONS`)."""

    batch = models.ForeignKey(Batch, models.CASCADE, related_name="items")
    number = models.CharField(max_length=13)
    kind = models.CharField(max_length=10)
    lang = models.CharField(max_length=2)
    paper = models.ForeignKey(CertificatePaper, models.PROTECT, null=True)
    error = models.CharField(max_length=20, blank=True)

    class Meta:
        app_label = "registry"
        constraints = [models.UniqueConstraint(fields=["batch", "number", "kind", "lang"], name="batch_item_once")]
