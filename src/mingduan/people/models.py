"""Organisations, people, the offices they hold, and the interests that bar them from a case."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser
from django.db import models


class Organisation(models.Model):
    """An enterprise, a certification agency, the body itself or one of its offices."""

    class Kind(models.TextChoices):
        BODY = "body", "本机构"
        AGENCY = "agency", "认证机构"
        ENTERPRISE = "enterprise", "企业"

    name = models.CharField("名称", max_length=200, unique=True)
    kind = models.CharField("类别", max_length=20, choices=Kind.choices)

    class Meta:
        verbose_name = verbose_name_plural = "单位"

    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person with an account. `name` is shown; the login name is not."""

    name = models.CharField("姓名", max_length=80)
    organisation = models.ForeignKey(Organisation, models.PROTECT, null=True, blank=True, verbose_name="单位")
    expert = models.BooleanField("在专家名册", default=False)
    specialty = models.CharField("专业", max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "人员"

    def __str__(self) -> str:
        return self.name or self.username


class Office(models.Model):
    """A role of a body held by a person, by the role's name in the rulebooks (centre, committee …)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="offices")
    body = models.CharField("机构", max_length=40, help_text="规则书编号的第一段，如 cace")
    role = models.CharField("角色", max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = "任职"
        constraints = [models.UniqueConstraint(fields=["user", "body", "role"], name="office_once")]


class Interest(models.Model):
    """A declared or recorded tie of a person (or of kin) to an organisation. `until` empty: it lasts."""

    user = models.ForeignKey(User, models.CASCADE, related_name="interests")
    organisation = models.ForeignKey(Organisation, models.CASCADE)
    kind = models.CharField("关系", max_length=80)
    until = models.DateField("止于", null=True, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "利害关系"


class ApiToken(models.Model):
    """A program's key to what its owner may do. Only its hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField("名称", max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created = models.DateTimeField(auto_now_add=True)
    revoked = models.BooleanField("已撤销", default=False)
    used_at = models.DateTimeField("最近使用", null=True)
