"""What was made of paper and where it went: documents printed, deliveries, sealed packages, disposal certificates."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from mingduan.cases.models import Case, Notice


class Printed(models.Model):
    """A notice's PDF in one language: made once and known by its hash ever after."""

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="printed")
    lang = models.CharField(max_length=2)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["notice", "lang"], name="printed_once")]


class Delivery(models.Model):
    """One notice brought to one recipient by one channel. In the inbox, `read_at` is the proof of service.

    `recipient` is the account's id, or 'case:NUMBER' for whoever follows the case with its secret. Mail has a `message_id` of
    its own that nobody guesses: whoever answers it shows that they have it. `bounced_at`: when it came back, `error` says why.
    """

    class Channel(models.TextChoices):
        INBOX = "inbox", "站内"
        MAIL = "mail", "电子邮件"
        TEXT = "sms", "短信"

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="deliveries")
    recipient = models.CharField(max_length=60)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="deliveries")
    name = models.CharField(max_length=200)
    channel = models.CharField(max_length=10, choices=Channel.choices)
    address = models.CharField(max_length=254, blank=True, db_index=True, help_text="电子邮件地址或手机号码")
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=120, blank=True, db_index=True)
    error = models.CharField(max_length=300, blank=True)
    bounced_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["notice", "recipient", "channel"], name="delivered_once")]
        indexes = [models.Index(fields=["user", "channel", "read_at"])]


class Diary(models.Model):
    """What the diary of somebody called to a meeting was last told, by mail to `address`; `called`: to keep it, not to
    strike it out. `sequence` is the number of the event that it was told of.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="diaries")
    fact = models.CharField(max_length=80)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="diaries")
    address = models.EmailField()
    sequence = models.PositiveIntegerField()
    said = models.TextField()
    called = models.BooleanField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "fact", "user"], name="diary_once")]


class Package(models.Model):
    """A case's file as it was sealed: a BagIt bag, zipped, known by its hash."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="packages")
    seq = models.PositiveIntegerField(help_text="立卷归档的那条记录")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["-seq"]
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="sealed_once")]


class Certificate(models.Model):
    """What remains of a file that was destroyed: the certificate, and what it tells as data.

    `removing` lists the hashes still to be taken out of the file store: destruction cut short goes on from there.
    """

    case = models.OneToOneField(Case, models.PROTECT, related_name="certificate")
    seq = models.PositiveIntegerField(help_text="销毁的那条记录")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField()
    destroyed_at = models.DateTimeField()
    told = models.JSONField()
    removing = models.JSONField(default=list)
