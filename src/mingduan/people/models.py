"""Organisations, people, the offices they hold, and the ties and absences that keep them from a case."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from mingduan.config import clock

from .letters import in_english
from .spoken import both


class Organisation(models.Model):
    """An enterprise, a certification agency, the body itself or one of its offices."""

    class Kind(models.TextChoices):
        BODY = "body", both("本机构", "This body")
        AGENCY = "agency", both("认证机构", "Certification agency")
        ENTERPRISE = "enterprise", both("企业", "Enterprise")

    name = models.CharField(both("名称", "Name"), max_length=200, unique=True)
    kind = models.CharField(both("类别", "Kind"), max_length=20, choices=Kind.choices)
    name_en = models.CharField(both("英文名称", "English name"), max_length=200, blank=True, validators=[in_english])

    class Meta:
        verbose_name = verbose_name_plural = both("单位", "Organisation")

    def __str__(self) -> str:
        return self.name


class Specialty(models.Model):
    """A field of work that an expert knows."""

    zh = models.CharField(both("名称", "Name"), max_length=40, unique=True)
    en = models.CharField(both("英文名称", "English name"), max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = both("专业", "Specialty")
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.zh


class User(AbstractUser):
    """A person with an account. `name` is shown; the login name is not."""

    name = models.CharField(both("姓名", "Name"), max_length=80)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, verbose_name=both("单位", "Organisation")
    )
    expert = models.BooleanField(both("在专家名册", "On the register of experts"), default=False)
    specialties = models.ManyToManyField(Specialty, verbose_name=both("专业", "Specialty"), blank=True)

    class Meta:
        verbose_name = verbose_name_plural = both("人员", "Person")

    def __str__(self) -> str:
        return self.name or self.username

    @property
    def posts(self) -> frozenset[tuple[str, str]]:
        """The offices held: (body, role). Asked once where they were prefetched."""
        return frozenset((office.body, office.role) for office in self.offices.all())

    @property
    def mandated(self) -> frozenset[tuple[str, str]]:
        """The mandates held: (body, role); none without an organisation they are of."""
        return (
            frozenset((m.body, m.role) for m in self.mandates.all())
            if self.organisation_id is not None
            else frozenset()
        )


class Office(models.Model):
    """A role of a body held by a person, by the role's name in the rulebooks (centre, committee …)."""

    user = models.ForeignKey(User, models.CASCADE, related_name="offices")
    body = models.CharField(
        both("机构", "Body"),
        max_length=40,
        help_text=both("规则书编号的第一段，如 cace", "The first part of a rulebook's name, such as cace"),
    )
    role = models.CharField(both("角色", "Role"), max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = both("任职", "Office")
        constraints = [models.UniqueConstraint(fields=["user", "body", "role"], name="office_once")]

    def __str__(self) -> str:
        return f"{self.body}/{self.role}"


class Mandate(models.Model):
    """What somebody may do for their own organisation in the cases of a body that engaged it, by the role's name in the
    rulebooks. It is no office: it opens nothing of the body's, and no case of another organisation.
    """

    user = models.ForeignKey(User, models.CASCADE, related_name="mandates")
    body = models.CharField(
        both("机构", "Body"),
        max_length=40,
        help_text=both("规则书编号的第一段，如 telecom", "The first part of a rulebook's name, such as telecom"),
    )
    role = models.CharField(both("角色", "Role"), max_length=40)

    class Meta:
        verbose_name = verbose_name_plural = both("受托身份", "Mandate")
        constraints = [models.UniqueConstraint(fields=["user", "body", "role"], name="mandate_once")]

    def __str__(self) -> str:
        return f"{self.body}/{self.role}"


class Kept(models.Model):
    """Something declared or recorded about a person that is never deleted: it ends, or is retracted with a reason.

    `until` empty: it lasts. Who recorded, ended or retracted it, and when, stays with it.
    """

    class Source(models.TextChoices):
        SELF = "self", "本人申报"
        BODY = "body", "机构登记"

    since = models.DateField("始于", null=True, blank=True)
    until = models.DateField("止于", null=True, blank=True)
    source = models.CharField("来源", max_length=10, choices=Source.choices, default=Source.BODY)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    recorded_at = models.DateTimeField("登记时间", default=clock.now)
    ended_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)
    retracted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    retracted_at = models.DateTimeField(null=True)
    retraction = models.CharField("撤回理由", max_length=200, blank=True)

    class Meta:
        abstract = True

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused: what was once declared stays readable."""
        raise models.ProtectedError("kept for good: end or retract it", {self})

    @property
    def standing(self) -> bool:
        """Whether it counts: it may have ended, but has not been retracted."""
        return self.retracted_at is None

    def on(self, day: date) -> bool:
        """Whether it held on `day`."""
        return self.standing and (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Employment(Kept):
    """An organisation that a person works or worked for besides the account's own."""

    user = models.ForeignKey(User, models.PROTECT, related_name="employments")
    organisation = models.ForeignKey(Organisation, models.PROTECT)
    post = models.CharField("职务", max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "任职单位"


class Kin(Kept):
    """A close relative of somebody, with ties of their own."""

    class Relation(models.TextChoices):
        SPOUSE = "spouse", "配偶"
        PARENT = "parent", "父母"
        CHILD = "child", "子女"
        SIBLING = "sibling", "兄弟姐妹"
        OTHER = "other", "其他近亲属"

    user = models.ForeignKey(User, models.PROTECT, related_name="kin")
    name = models.CharField("姓名", max_length=80)
    relation = models.CharField("关系", max_length=10, choices=Relation.choices)

    class Meta:
        verbose_name = verbose_name_plural = "近亲属"

    def __str__(self) -> str:
        return f"{self.get_relation_display()} {self.name}"


class Interest(Kept):
    """A tie to an organisation: of a person, of a close relative, or of an employer (S01 8.3)."""

    user = models.ForeignKey(User, models.PROTECT, related_name="interests", null=True)
    kin = models.ForeignKey(Kin, models.PROTECT, related_name="interests", null=True)
    employer = models.ForeignKey(Organisation, models.PROTECT, related_name="interests", null=True)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="tied")
    kind = models.CharField("关系", max_length=80)

    class Meta:
        verbose_name = verbose_name_plural = "利害关系"
        constraints = [
            models.CheckConstraint(
                name="interest_of_one",
                condition=(
                    models.Q(user__isnull=False, kin__isnull=True, employer__isnull=True)
                    | models.Q(user__isnull=True, kin__isnull=False, employer__isnull=True)
                    | models.Q(user__isnull=True, kin__isnull=True, employer__isnull=False)
                ),
            )
        ]


class Absence(Kept):
    """Days on which somebody can't be called to a meeting."""

    user = models.ForeignKey(User, models.PROTECT, related_name="absences")
    why = models.CharField("事由", max_length=80, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "不在"


class Enrolment(models.Model):
    """Somebody's wish to act for an enterprise: a new name is entered once their e-mail is confirmed, a name that is
    already there waits for an administrator, since nobody may join an enterprise by typing its name.
    """

    class State(models.TextChoices):
        UNCONFIRMED = "unconfirmed", both("待验证邮箱", "E-mail not confirmed yet")
        PENDING = "pending", both("待管理员核准", "Waiting for an administrator")
        APPROVED = "approved", both("已加入", "Joined")
        REFUSED = "refused", both("未核准", "Not approved")

    user = models.OneToOneField(User, models.CASCADE, verbose_name=both("联系人", "Contact"))
    name = models.CharField(both("单位名称", "Organisation"), max_length=200)
    state = models.CharField(both("情况", "Standing"), max_length=12, choices=State.choices, default=State.UNCONFIRMED)
    at = models.DateTimeField(both("申请时间", "Asked at"), default=clock.now)
    decided_by = models.ForeignKey(
        User, models.PROTECT, null=True, related_name="+", verbose_name=both("核准人", "Decided by")
    )
    decided_at = models.DateTimeField(both("核准时间", "Decided at"), null=True)

    class Meta:
        verbose_name = verbose_name_plural = both("企业账号申请", "Application for an enterprise's account")

    def __str__(self) -> str:
        return f"{self.name}：{self.user}"


class ApiToken(models.Model):
    """A program's key to what its owner may do. Only its hash is kept."""

    user = models.ForeignKey(User, models.CASCADE, related_name="tokens")
    name = models.CharField("名称", max_length=80)
    digest = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created = models.DateTimeField(default=clock.now)
    revoked = models.BooleanField("已撤销", default=False)
    used_at = models.DateTimeField("最近使用", null=True)


class FieldWorker(models.Model):
    """What sending somebody out needs to know of them: what they can do, where and when they work, where they set out from.

    Skills are choices of the rulebooks, areas as cases name them. `shifts` has a place for each day from Monday:
    "08:00-18:00", or empty for a day off; one that ends before it begins ends on the next day. Whoever has no such
    row can be sent only by choosing them.
    """

    user = models.OneToOneField(User, models.CASCADE, related_name="field_worker", verbose_name="人员")
    skills = models.JSONField("技能", default=list)
    areas = models.JSONField("片区", default=list)
    shifts = models.JSONField("班次", default=list)
    base = models.CharField("驻点", max_length=200, blank=True)
    latitude = models.FloatField("纬度", null=True)
    longitude = models.FloatField("经度", null=True)
    phone = models.CharField("电话", max_length=40, blank=True)

    class Meta:
        verbose_name = verbose_name_plural = "现场人员"

    def __str__(self) -> str:
        return str(self.user)
