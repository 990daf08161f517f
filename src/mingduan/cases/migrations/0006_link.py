"""Links between cases beside the events that tell them."""

from typing import Any

import django.db.models.deletion
from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """The links that the events already told tell."""
    event_row: Any = apps.get_model("cases.EventRow")  # its body has another name since
    link = apps.get_model("cases.Link")
    for row in event_row.objects.filter(body__has_key="link").iterator():
        relation, number = row.body["link"]
        link.objects.create(case_id=row.case_id, seq=row.seq, relation=relation, number=number)


class Migration(migrations.Migration):
    dependencies = [("cases", "0005_reading_says_what")]

    operations = [
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("seq", models.PositiveIntegerField()),
                ("relation", models.CharField(max_length=60)),
                ("number", models.CharField(db_index=True, max_length=40)),
                (
                    "case",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="links", to="cases.case"
                    ),
                ),
            ],
            options={
                "ordering": ["case", "seq"],
                "constraints": [models.UniqueConstraint(fields=("case", "seq"), name="linked_once")],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
