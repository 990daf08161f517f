"""Files of tickets and of registers are jobs of one kind, and so are their faults."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("complaints", "0003_training")]

    operations = [
        migrations.RenameField("ticketfault", "ticket", "number"),
        migrations.AlterField("ticketfault", "number", models.CharField("编号", blank=True, max_length=60)),
    ]
