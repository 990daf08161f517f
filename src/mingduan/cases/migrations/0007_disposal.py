"""A case disposed of: once it is noted as such, and only then, may an event's body give way to its tombstone."""

import django.db.models.deletion
from django.apps.registry import Apps as StateApps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

POSTGRES = """
CREATE FUNCTION mingduan_event_tombstone() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.id = OLD.id AND NEW.case_id = OLD.case_id AND NEW.seq = OLD.seq
     AND NEW.before = OLD.before AND NEW.hash = OLD.hash
     AND NEW.body = jsonb_build_object('seq', OLD.seq, 'destroyed', true)
     AND EXISTS (SELECT 1 FROM cases_disposal WHERE case_id = OLD.case_id)
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END; $$ LANGUAGE plpgsql;
DROP TRIGGER cases_eventrow_append_only ON cases_eventrow;
CREATE TRIGGER cases_eventrow_append_only BEFORE UPDATE OR DELETE ON cases_eventrow
  FOR EACH ROW EXECUTE FUNCTION mingduan_event_tombstone();
CREATE TRIGGER cases_disposal_append_only BEFORE UPDATE OR DELETE ON cases_disposal
  FOR EACH ROW EXECUTE FUNCTION mingduan_append_only();
"""
POSTGRES_BACK = """
DROP TRIGGER cases_disposal_append_only ON cases_disposal;
DROP TRIGGER cases_eventrow_append_only ON cases_eventrow;
CREATE TRIGGER cases_eventrow_append_only BEFORE UPDATE OR DELETE ON cases_eventrow
  FOR EACH ROW EXECUTE FUNCTION mingduan_append_only();
DROP FUNCTION mingduan_event_tombstone();
"""
SQLITE = (
    "DROP TRIGGER cases_eventrow_no_update",
    """CREATE TRIGGER cases_eventrow_no_update BEFORE UPDATE ON cases_eventrow
WHEN NOT COALESCE(NEW.id = OLD.id AND NEW.case_id = OLD.case_id AND NEW.seq = OLD.seq
  AND NEW.before = OLD.before AND NEW.hash = OLD.hash
  AND json_extract(NEW.body, '$.seq') = OLD.seq AND json_extract(NEW.body, '$.destroyed') = 1
  AND (SELECT count(*) FROM json_each(NEW.body)) = 2
  AND EXISTS (SELECT 1 FROM cases_disposal WHERE case_id = OLD.case_id), 0)
BEGIN SELECT RAISE(ABORT, 'cases_eventrow is append-only'); END""",
    *(
        f"CREATE TRIGGER cases_disposal_no_{verb} BEFORE {verb} ON cases_disposal "
        "BEGIN SELECT RAISE(ABORT, 'cases_disposal is append-only'); END"
        for verb in ("update", "delete")
    ),
)
SQLITE_BACK = (
    "DROP TRIGGER cases_disposal_no_update",
    "DROP TRIGGER cases_disposal_no_delete",
    "DROP TRIGGER cases_eventrow_no_update",
    "CREATE TRIGGER cases_eventrow_no_update BEFORE UPDATE ON cases_eventrow "
    "BEGIN SELECT RAISE(ABORT, 'cases_eventrow is append-only'); END",
)


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _replace(schema_editor, POSTGRES, SQLITE)


def backwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _replace(schema_editor, POSTGRES_BACK, SQLITE_BACK)


def _replace(schema_editor: BaseDatabaseSchemaEditor, postgres: str, sqlite: tuple[str, ...]) -> None:
    for statement in (postgres,) if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement, params=None)


class Migration(migrations.Migration):
    dependencies = [("cases", "0006_link")]
    operations = [
        migrations.CreateModel(
            name="Disposal",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        serialize=False,
                        to="cases.case",
                    ),
                ),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AlterField(
            "reading",
            "what",
            models.CharField(
                choices=[
                    ("page", "案件页面"),
                    ("paper", "材料"),
                    ("notice", "通知"),
                    ("data", "数据接口"),
                    ("package", "归档包"),
                ],
                default="page",
                max_length=10,
            ),
        ),
        migrations.RunPython(forwards, backwards),
    ]
