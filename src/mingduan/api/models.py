"""What is kept for programs: keys they sent, files they uploaded, where they want to be told, calendars they read."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from mingduan.config import clock


class Sent(models.Model):
    """An idempotency key by the hash of it and its sender, the hash of what was sent with it, and what that made."""

    key = models.CharField(max_length=64, unique=True)
    digest = models.CharField(max_length=64)
    made = models.CharField(max_length=100, blank=True)
    at = models.DateTimeField(default=clock.now)


class Upload(models.Model):
    """A file uploaded and not yet part of a case: whoever has its random id may put it into one."""

    id = models.UUIDField(primary_key=True)
    owner = models.CharField(max_length=80, blank=True, help_text="谁上传的；公众为空")
    name = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    media_type = models.CharField(max_length=120)
    size = models.PositiveIntegerField()
    at = models.DateTimeField(default=clock.now)


class Hook(models.Model):
    """An address to be told of events, for the cases its owner may read. Signing needs the secret itself."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="hooks")
    url = models.URLField(max_length=500)
    secret = models.CharField(max_length=80)
    shape = models.CharField(max_length=20, blank=True, help_text="推送的格式；空为 CloudEvents")
    query = models.CharField(max_length=500, blank=True, help_text="订阅时所附的条件")
    types = models.JSONField(default=list, help_text="只推送这些类型；空为全部")
    active = models.BooleanField(default=True)
    stopped = models.CharField(max_length=200, blank=True, help_text="系统停用的原因")
    created = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ["id"]


class Delivery(models.Model):
    """One attempt to tell a hook of an event, and how it went."""

    hook = models.ForeignKey(Hook, models.CASCADE, related_name="deliveries")
    event = models.CharField(max_length=60, help_text="编号#记录序号")
    type = models.CharField(max_length=100)
    at = models.DateTimeField()
    status = models.PositiveIntegerField(null=True, help_text="对方答复的状态码")
    error = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["hook", "event"])]

    @property
    def delivered(self) -> bool:
        """Whether it was taken."""
        return self.status is not None and 200 <= self.status < 300


class Feed(models.Model):
    """A person's calendar address, by the hash of its secret part."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE)
    digest = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(default=clock.now)
