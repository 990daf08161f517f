from typing import Any

from django.db import migrations, models


def ended(apps: Any, schema_editor: Any) -> None:
    """The one reason that is the register's own."""
    apps.get_model("registry", "Standing").objects.filter(case_number="", reason="有效期届满").update(
        reason_en="Its validity ended"
    )


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0009_english_names"),
    ]

    operations = [
        migrations.AddField(
            model_name="standing",
            name="reason_en",
            field=models.CharField(blank=True, max_length=300, verbose_name="英文事由"),
        ),
        migrations.RunPython(ended, migrations.RunPython.noop, elidable=True),
    ]
