"""What events enclose stands in a table of its own, filled from those there are; checkpoints, which nobody can change."""

import django.db.models.deletion
from django.apps.registry import Apps as StateApps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.functions import Cast

from mingduan.procedure.attachments import attachments

TABLES = ("cases_checkpoint", "cases_leaf", "cases_stamp")


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    events, enclosure = apps.get_model("cases", "EventRow"), apps.get_model("cases", "Enclosure")
    naming = events.objects.annotate(text=Cast("body", models.TextField())).filter(text__contains="sha256")
    enclosure.objects.bulk_create(
        (
            enclosure(case_id=case, seq=seq, sha256=sha256)
            for case, seq, body in naming.values_list("case_id", "seq", "body").iterator()
            for sha256 in sorted({found for _, found in attachments(body)})
        ),
        batch_size=500,
    )


def guard(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for table in TABLES:
        if schema_editor.connection.vendor == "postgresql":
            schema_editor.execute(
                f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
                "FOR EACH ROW EXECUTE FUNCTION mingduan_append_only()"
            )
            continue
        for verb in ("UPDATE", "DELETE"):
            schema_editor.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            )


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0011_event_columns"),
    ]

    operations = [
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                ("number", models.PositiveIntegerField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("document", models.TextField()),
                ("signature", models.CharField(help_text="Ed25519，base64", max_length=88)),
            ],
            options={
                "ordering": ["number"],
            },
        ),
        migrations.CreateModel(
            name="Stamp",
            fields=[
                (
                    "checkpoint",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="cases.checkpoint",
                    ),
                ),
                ("token", models.BinaryField()),
            ],
        ),
        migrations.CreateModel(
            name="Enclosure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveIntegerField()),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="enclosures", to="cases.case"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("case", "seq", "sha256"), name="enclosed_once")],
            },
        ),
        migrations.CreateModel(
            name="Leaf",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveIntegerField()),
                ("number", models.CharField(max_length=40)),
                ("length", models.PositiveIntegerField()),
                ("head", models.CharField(max_length=64)),
                (
                    "checkpoint",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="leaves", to="cases.checkpoint"
                    ),
                ),
            ],
            options={
                "ordering": ["checkpoint", "place"],
                "indexes": [models.Index(fields=["number", "-length"], name="leaf_by_case")],
                "constraints": [models.UniqueConstraint(fields=("checkpoint", "place"), name="leaf_once")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(guard, migrations.RunPython.noop),
    ]
