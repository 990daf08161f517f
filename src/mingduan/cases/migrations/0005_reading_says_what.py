"""What was opened, and by which account. Adding columns makes SQLite build the table anew, which loses its triggers."""

from django.apps.registry import Apps as StateApps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def append_only_again(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "sqlite":
        return
    for verb in ("UPDATE", "DELETE"):
        schema_editor.execute(
            f"CREATE TRIGGER IF NOT EXISTS cases_reading_no_{verb.lower()} BEFORE {verb} ON cases_reading "
            "BEGIN SELECT RAISE(ABORT, 'cases_reading is append-only'); END"
        )


class Migration(migrations.Migration):
    dependencies = [
        ("cases", "0004_outbox"),
    ]

    operations = [
        migrations.AddField(
            model_name="reading",
            name="name",
            field=models.CharField(blank=True, help_text="文件名或通知标题", max_length=200),
        ),
        migrations.AddField(
            model_name="reading",
            name="reader_id",
            field=models.CharField(blank=True, help_text="账号编号；凭查询码查看的为案件编号", max_length=60),
        ),
        migrations.AddField(
            model_name="reading",
            name="what",
            field=models.CharField(
                choices=[("page", "案件页面"), ("paper", "材料"), ("notice", "通知"), ("data", "数据接口")],
                default="page",
                max_length=10,
            ),
        ),
        migrations.RunPython(append_only_again, migrations.RunPython.noop),
    ]
