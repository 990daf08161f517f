"""What is stored of a case. Events are the truth and append-only; the rest is a cache that folding gives back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

from . import keyring


class Case(models.Model):
    """A case's current standing, as its events leave it."""

    number = models.CharField(max_length=40, unique=True)
    rulebook = models.CharField(max_length=80)
    digest = models.CharField(max_length=64, help_text="规则书的版本，立案时的那一版")
    state = models.CharField(max_length=40, db_index=True)
    title = models.CharField(max_length=200)
    facts = models.JSONField(default=dict)
    balances = models.JSONField(default=dict)
    stayed = models.BooleanField(default=False)
    ended = models.BooleanField(default=False, db_index=True)
    length = models.PositiveIntegerField()
    head = models.CharField(max_length=64, help_text="最后一条记录的散列")
    secret = models.CharField(max_length=64, help_text="查询码的散列")
    opened_at = models.DateTimeField(db_index=True)
    changed_at = models.DateTimeField()

    @property
    def destroyed_at(self) -> datetime | None:
        """When the file's content was destroyed; None while it is there."""
        return Disposal.objects.filter(case=self).values_list("at", flat=True).first()


class Disposal(models.Model):
    """That the content of a case's file is destroyed, and since when. The database asks this table, and no other,
    whether an event's body may go; it is apart from `Case` because SQLite can't alter a table a trigger names.
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True)
    at = models.DateTimeField()


class CaseKey(models.Model):
    """Under what the personal data in a case's events is sealed (`sealing`), itself wrapped under a key of the environment; or,
    once `erased_at`, that the key is destroyed of all events up to `erased_upto`, by the request `erased_by`. Events after
    that are sealed under a new one. The database asks this table whether an event's personal data may be taken out of
    its body, so SQLite can't alter it.
    """

    case = models.OneToOneField(Case, models.PROTECT, primary_key=True, related_name="key")
    wrapped = models.CharField(max_length=200, blank=True)
    erased_at = models.DateTimeField(null=True)
    erased_upto = models.PositiveIntegerField(default=0)
    erased_by = models.CharField(max_length=60, blank=True, help_text="请求的编号和记录序号，形如 GX-2026-0001#5")


class RulebookVersion(models.Model):
    """A rulebook as it was when a case began under it: the case keeps it whatever the file says later."""

    digest = models.CharField(max_length=64, primary_key=True)
    rulebook = models.CharField(max_length=80)
    source = models.BinaryField()


def _told(member: str) -> models.GeneratedField:
    """A member of an event's body, kept by the database in a column of its own for figures over many events."""
    return models.GeneratedField(
        expression=Cast(KeyTextTransform(member, "stored"), models.TextField()),
        output_field=models.TextField(null=True), db_persist=True, null=True,
    )  # fmt: skip


class EventRow(models.Model):
    """One event, chained to the one before by its hash. The database refuses to change or remove it; only in a case
    that is disposed of may its body give way to a `chain.tombstone`, and, where it was stored unsealed, in one whose personal
    data is erased to what `sealing.parted` leaves of it, while its place and hashes stay.

    `stored` is what the hash is over, with personal data sealed; `body` is the event as it was told.
    `action`, `actor` and `at` (as written, in UTC) are of the body, and go with it.
    """

    case = models.ForeignKey(Case, models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    stored = models.JSONField(db_column="body")
    before = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    action, actor, at = _told("action"), _told("actor"), _told("at")

    class Meta:
        ordering = ["case", "seq"]
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="event_once")]
        indexes = [
            models.Index(fields=["case", "at", "actor"], name="event_by_day"),
            models.Index(fields=["action", "case", "seq", "at"], name="event_by_action"),
        ]

    @property
    def body(self) -> dict[str, Any]:
        """The event as it was told; without personal data where that is erased. Raises sealing.Unsealable."""
        return keyring.read(self)


class Enclosure(models.Model):
    """That an event names a file, kept beside it so that the file's content stays while any case needs it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="enclosures")
    seq = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64, db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "seq", "sha256"], name="enclosed_once")]


class Checkpoint(models.Model):
    """The whole store at one moment in one signed hash; see `checkpoint`. `document` is what is signed, byte for byte."""

    number = models.PositiveIntegerField(primary_key=True)
    at = models.DateTimeField()
    document = models.TextField()
    signature = models.CharField(max_length=88, help_text="Ed25519，base64")

    class Meta:
        ordering = ["number"]


class Leaf(models.Model):
    """How far a case's chain was at a checkpoint, for the cases that had gone on since the one before."""

    checkpoint = models.ForeignKey(Checkpoint, models.PROTECT, related_name="leaves")
    place = models.PositiveIntegerField()
    number = models.CharField(max_length=40)
    length = models.PositiveIntegerField()
    head = models.CharField(max_length=64)

    class Meta:
        ordering = ["checkpoint", "place"]
        constraints = [models.UniqueConstraint(fields=["checkpoint", "place"], name="leaf_once")]
        indexes = [models.Index(fields=["number", "-length"], name="leaf_by_case")]


class Stamp(models.Model):
    """A time-stamping authority's word (RFC 3161) that a checkpoint was there at a time."""

    checkpoint = models.OneToOneField(Checkpoint, models.PROTECT, primary_key=True)
    token = models.BinaryField()


class DutyRow(models.Model):
    """A deadline somebody owes, for lists; recomputed with each event."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="duties")
    deadline = models.CharField(max_length=60)
    owner = models.CharField(max_length=40)
    due = models.DateTimeField()
    met_at = models.DateTimeField(null=True)
    status = models.CharField(max_length=10, help_text="记录时的情况：open 到期后即为逾期")
    provisional = models.BooleanField()
    clause = models.CharField(max_length=20, blank=True)
    alert_at = models.DateTimeField(null=True, db_index=True, help_text="下一次预警或督办的时间")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "deadline"], name="duty_once")]
        indexes = [models.Index(fields=["status", "due"])]


class LedgerLine(models.Model):
    """One amount debited and credited: debits equal credits because no line can say otherwise."""

    case = models.ForeignKey(Case, models.PROTECT, related_name="ledger")
    seq = models.PositiveIntegerField()
    debit = models.CharField(max_length=40)
    credit = models.CharField(max_length=40)
    amount = models.BigIntegerField(help_text="分")

    class Meta:
        ordering = ["case", "seq", "id"]
        constraints = [
            models.CheckConstraint(condition=models.Q(amount__gt=0), name="amount_above_zero"),
            models.CheckConstraint(condition=~models.Q(debit=models.F("credit")), name="two_accounts"),
        ]


class Party(models.Model):
    """Somebody's side in a case: a person, or an organisation: everybody of it, or those it gave the mandate.
    `joined_from`: the case that brought them here when it was joined to this one.
    """

    case = models.ForeignKey(Case, models.CASCADE, related_name="parties")
    role = models.CharField(max_length=40)
    name = models.CharField(max_length=200)
    organisation = models.ForeignKey("people.Organisation", models.PROTECT, null=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True)
    joined_from = models.CharField(max_length=40, blank=True)
    everybody = models.BooleanField(default=True, help_text="本单位所有人；否则只有受托的人")

    class Meta:
        ordering = ["id"]
        constraints = [models.UniqueConstraint(fields=["case", "role", "joined_from"], name="party_once")]

    @property
    def follows(self) -> str:
        """The number of the case whose secret opens this one for a party without an account."""
        return self.joined_from or self.case.number


class Assignment(models.Model):
    """Somebody appointed to a role in one case, kept beside the facts so that lists can ask for it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="assignments")
    role = models.CharField(max_length=40)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["case", "role", "user"], name="assigned_once")]


class Notice(models.Model):
    """What those told of an event receive in their inbox; written in the same transaction as the event."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="notices")
    seq = models.PositiveIntegerField()
    role = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    body = models.TextField()
    remedies = models.TextField(blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at", "-id"]
        constraints = [models.UniqueConstraint(fields=["case", "seq", "role"], name="told_once")]


class Reading(models.Model):
    """Who opened what of a case, and when (S01 8.1): never changed, never shown to the parties."""

    class What(models.TextChoices):
        PAGE = "page", "案件页面"
        PAPER = "paper", "材料"
        NOTICE = "notice", "通知"
        DATA = "data", "数据接口"
        PACKAGE = "package", "归档包"
        PERSONAL = "personal", "显示个人信息"
        COPY = "copy", "个人信息副本"

    case = models.ForeignKey(Case, models.CASCADE, related_name="readings")
    reader = models.CharField(max_length=80)
    reader_id = models.CharField(max_length=60, blank=True, help_text="账号编号；凭查询码查看的为案件编号")
    what = models.CharField(max_length=10, choices=What.choices, default=What.PAGE)
    name = models.CharField(max_length=200, blank=True, help_text="文件名或通知标题")
    at = models.DateTimeField()


class Receipt(models.Model):
    """An idempotency key and the event it led to: the same request twice does the thing once."""

    key = models.CharField(max_length=100, primary_key=True)
    case = models.ForeignKey(Case, models.CASCADE)
    seq = models.PositiveIntegerField()


class Counter(models.Model):
    """The last case number given out under a prefix and year; locked while the next one is taken."""

    name = models.CharField(max_length=40, primary_key=True)
    last = models.PositiveIntegerField(default=0)


class Outbox(models.Model):
    """Work that follows from an event and reaches outside; see `outbox`. `key` makes asking twice ask once."""

    topic = models.CharField(max_length=40)
    key = models.CharField(max_length=200, unique=True)
    payload = models.JSONField(default=dict)
    due = models.DateTimeField()
    attempts = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=500, blank=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["done_at", "due"])]


class Link(models.Model):
    """That a case is linked to another, kept beside the events so that either side can show it."""

    case = models.ForeignKey(Case, models.CASCADE, related_name="links")
    seq = models.PositiveIntegerField()
    relation = models.CharField(max_length=60)
    number = models.CharField(max_length=40, db_index=True)

    class Meta:
        ordering = ["case", "seq"]
        constraints = [models.UniqueConstraint(fields=["case", "seq"], name="linked_once")]


class HeldFile(models.Model):
    """A file that nobody may open: not scanned yet, or (`found`) destroyed for what the scanner found in it."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    found = models.CharField(max_length=200, blank=True)
