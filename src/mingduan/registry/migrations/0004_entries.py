"""What the register is made of, kept for good: one entry for each change an event tells."""

import django.db.models.deletion
from django.apps.registry import Apps as StateApps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

TABLE = "registry_entry"


def append_only(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Entries can be added, never changed or removed: the database itself refuses."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_append_only BEFORE UPDATE OR DELETE ON {TABLE} "
            "FOR EACH ROW EXECUTE FUNCTION mingduan_append_only()"
        )
        return
    for verb in ("UPDATE", "DELETE"):
        schema_editor.execute(
            f"CREATE TRIGGER {TABLE}_no_{verb.lower()} BEFORE {verb} ON {TABLE} "
            f"BEGIN SELECT RAISE(ABORT, '{TABLE} is append-only'); END"
        )


def free(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(f"DROP TRIGGER {TABLE}_append_only ON {TABLE}")
        return
    for verb in ("update", "delete"):
        schema_editor.execute(f"DROP TRIGGER {TABLE}_no_{verb}")


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0003_append_only"),
        ("people", "0006_cache_table"),
        ("registry", "0003_certificate_papers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("case_number", models.CharField(max_length=40, verbose_name="依据案件")),
                ("seq", models.PositiveIntegerField(verbose_name="依据记录")),
                ("place", models.PositiveSmallIntegerField(verbose_name="记录内次序")),
                ("at", models.DateTimeField(verbose_name="时间")),
                ("values", models.JSONField(verbose_name="内容")),
                ("auditing_body", models.CharField(blank=True, max_length=200, verbose_name="现场审查机构")),
                (
                    "holder",
                    models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, to="people.organisation"),
                ),
            ],
            options={
                "verbose_name": "登记记录",
                "verbose_name_plural": "登记记录",
                "constraints": [models.UniqueConstraint(fields=("case_number", "seq", "place"), name="entered_once")],
            },
        ),
        migrations.RunPython(append_only, free),
    ]
