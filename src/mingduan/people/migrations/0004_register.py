from typing import Any

import django.db.models.deletion
import django.utils.timezone
from django.apps.registry import Apps as StateApps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def several(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The one specialty written with each person becomes the first of several."""
    people: Any = apps.get_model("people", "User")  # as it was then
    specialties: Any = apps.get_model("people", "Specialty")
    for person in people.objects.exclude(specialty=""):
        known, _ = specialties.objects.get_or_create(zh=person.specialty[:40], defaults={"en": person.specialty})
        person.specialties.add(known)


class Migration(migrations.Migration):
    dependencies = [
        ("people", "0003_token_used_at"),
    ]

    operations = [
        migrations.CreateModel(
            name="Specialty",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("zh", models.CharField(max_length=40, unique=True, verbose_name="名称")),
                ("en", models.CharField(max_length=80, verbose_name="英文名称")),
            ],
            options={
                "verbose_name": "专业",
                "verbose_name_plural": "专业",
                "ordering": ["pk"],
            },
        ),
        migrations.AddField(
            model_name="interest",
            name="employer",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="interests",
                to="people.organisation",
            ),
        ),
        migrations.AddField(
            model_name="interest",
            name="ended_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="interest",
            name="ended_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="interest",
            name="recorded_at",
            field=models.DateTimeField(default=django.utils.timezone.now, verbose_name="登记时间"),
        ),
        migrations.AddField(
            model_name="interest",
            name="recorded_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="interest",
            name="retracted_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="interest",
            name="retracted_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="interest",
            name="retraction",
            field=models.CharField(blank=True, max_length=200, verbose_name="撤回理由"),
        ),
        migrations.AddField(
            model_name="interest",
            name="since",
            field=models.DateField(blank=True, null=True, verbose_name="始于"),
        ),
        migrations.AddField(
            model_name="interest",
            name="source",
            field=models.CharField(
                choices=[("self", "本人申报"), ("body", "机构登记")], default="body", max_length=10, verbose_name="来源"
            ),
        ),
        migrations.AlterField(
            model_name="interest",
            name="organisation",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="tied", to="people.organisation"
            ),
        ),
        migrations.AlterField(
            model_name="interest",
            name="user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="interests",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField(blank=True, null=True, verbose_name="始于")),
                ("until", models.DateField(blank=True, null=True, verbose_name="止于")),
                (
                    "source",
                    models.CharField(
                        choices=[("self", "本人申报"), ("body", "机构登记")],
                        default="body",
                        max_length=10,
                        verbose_name="来源",
                    ),
                ),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="登记时间")),
                ("ended_at", models.DateTimeField(null=True)),
                ("retracted_at", models.DateTimeField(null=True)),
                ("retraction", models.CharField(blank=True, max_length=200, verbose_name="撤回理由")),
                ("why", models.CharField(blank=True, max_length=80, verbose_name="事由")),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retracted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="absences",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "不在",
                "verbose_name_plural": "不在",
            },
        ),
        migrations.CreateModel(
            name="Employment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField(blank=True, null=True, verbose_name="始于")),
                ("until", models.DateField(blank=True, null=True, verbose_name="止于")),
                (
                    "source",
                    models.CharField(
                        choices=[("self", "本人申报"), ("body", "机构登记")],
                        default="body",
                        max_length=10,
                        verbose_name="来源",
                    ),
                ),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="登记时间")),
                ("ended_at", models.DateTimeField(null=True)),
                ("retracted_at", models.DateTimeField(null=True)),
                ("retraction", models.CharField(blank=True, max_length=200, verbose_name="撤回理由")),
                ("post", models.CharField(blank=True, max_length=80, verbose_name="职务")),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to="people.organisation"),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retracted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="employments",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "任职单位",
                "verbose_name_plural": "任职单位",
            },
        ),
        migrations.CreateModel(
            name="Enrolment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200, verbose_name="单位名称")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("unconfirmed", "待验证邮箱"),
                            ("pending", "待管理员核准"),
                            ("approved", "已加入"),
                            ("refused", "未核准"),
                        ],
                        default="unconfirmed",
                        max_length=12,
                        verbose_name="情况",
                    ),
                ),
                ("at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="申请时间")),
                ("decided_at", models.DateTimeField(null=True, verbose_name="核准时间")),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="核准人",
                    ),
                ),
                (
                    "user",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, to=settings.AUTH_USER_MODEL, verbose_name="联系人"
                    ),
                ),
            ],
            options={
                "verbose_name": "企业账号申请",
                "verbose_name_plural": "企业账号申请",
            },
        ),
        migrations.CreateModel(
            name="Kin",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField(blank=True, null=True, verbose_name="始于")),
                ("until", models.DateField(blank=True, null=True, verbose_name="止于")),
                (
                    "source",
                    models.CharField(
                        choices=[("self", "本人申报"), ("body", "机构登记")],
                        default="body",
                        max_length=10,
                        verbose_name="来源",
                    ),
                ),
                ("recorded_at", models.DateTimeField(default=django.utils.timezone.now, verbose_name="登记时间")),
                ("ended_at", models.DateTimeField(null=True)),
                ("retracted_at", models.DateTimeField(null=True)),
                ("retraction", models.CharField(blank=True, max_length=200, verbose_name="撤回理由")),
                ("name", models.CharField(max_length=80, verbose_name="姓名")),
                (
                    "relation",
                    models.CharField(
                        choices=[
                            ("spouse", "配偶"),
                            ("parent", "父母"),
                            ("child", "子女"),
                            ("sibling", "兄弟姐妹"),
                            ("other", "其他近亲属"),
                        ],
                        max_length=10,
                        verbose_name="关系",
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "recorded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "retracted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="kin", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "verbose_name": "近亲属",
                "verbose_name_plural": "近亲属",
            },
        ),
        migrations.AddField(
            model_name="interest",
            name="kin",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="interests", to="people.kin"
            ),
        ),
        migrations.AddConstraint(
            model_name="interest",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("employer__isnull", True), ("kin__isnull", True), ("user__isnull", False)),
                    models.Q(("employer__isnull", True), ("kin__isnull", False), ("user__isnull", True)),
                    models.Q(("employer__isnull", False), ("kin__isnull", True), ("user__isnull", True)),
                    _connector="OR",
                ),
                name="interest_of_one",
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="specialties",
            field=models.ManyToManyField(blank=True, to="people.specialty", verbose_name="专业"),
        ),
        migrations.RunPython(several, migrations.RunPython.noop),
    ]
