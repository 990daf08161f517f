"""What pages keep for their readers that is no part of any case: drafts not yet filed, and saved views of the board."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from mingduan.config import clock


class Draft(models.Model):
    """A form begun and not yet filed, kept for an account, or for whoever holds the session that began it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)
    key = models.CharField(max_length=64, unique=True, help_text="随机，兼作提交时的幂等键")
    rulebook = models.CharField(max_length=80)
    typed = models.JSONField(default=dict, help_text="字段名 → 已填内容")
    place = models.PositiveSmallIntegerField(default=1, help_text="填到第几步")
    changed_at = models.DateTimeField(default=clock.now)


class SavedView(models.Model):
    """A search of the board that somebody named to come back to."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="view_once")]
