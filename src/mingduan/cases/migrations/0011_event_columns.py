"""What figures ask of many events (which action, who, when) stands in columns that the database derives from the body.

SQLite adds them as virtual columns, kept in the indexes: storing them would make the table anew, without its triggers.
"""

from django.apps.registry import Apps as StateApps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

COLUMNS = ("action", "actor", "at")


def add(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in COLUMNS:
        kept = (
            "json_extract(body, '$.{0}')) VIRTUAL"
            if schema_editor.connection.vendor == "sqlite"
            else "body ->> '{0}') STORED"
        )
        schema_editor.execute(
            f"ALTER TABLE cases_eventrow ADD COLUMN {name} text GENERATED ALWAYS AS ({kept.format(name)}", params=None
        )


def remove(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    for name in COLUMNS:
        schema_editor.execute(f"ALTER TABLE cases_eventrow DROP COLUMN {name}", params=None)


def column(name: str) -> migrations.AddField:
    return migrations.AddField(
        "eventrow",
        name,
        models.GeneratedField(
            expression=Cast(KeyTextTransform(name, "body"), models.TextField()),
            output_field=models.TextField(null=True),
            db_persist=True,
            null=True,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0010_mandates_and_alerts")]
    operations = [
        migrations.SeparateDatabaseAndState([migrations.RunPython(add, remove)], [column(name) for name in COLUMNS]),
        migrations.AddIndex("eventrow", models.Index(fields=["case", "at", "actor"], name="event_by_day")),
        migrations.AddIndex("eventrow", models.Index(fields=["action", "case", "seq", "at"], name="event_by_action")),
    ]
