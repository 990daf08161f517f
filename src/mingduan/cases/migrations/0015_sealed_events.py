"""Personal data in events is sealed under a key of the case. Events stored before stay as they are, for their hashes are over them:
where such a case's personal data is erased, and only then, it may be taken out of their bodies, and names out of who read it.
"""

import django.db.models.deletion
from django.apps.registry import Apps as StateApps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast

POSTGRES = """
CREATE OR REPLACE FUNCTION mingduan_event_tombstone() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.id = OLD.id AND NEW.case_id = OLD.case_id AND NEW.seq = OLD.seq
     AND NEW.before = OLD.before AND NEW.hash = OLD.hash
     AND ((NEW.body = jsonb_build_object('seq', OLD.seq, 'destroyed', true)
           AND EXISTS (SELECT 1 FROM cases_disposal WHERE case_id = OLD.case_id))
       OR (NEW.body ->> 'sealed' = '' AND NOT OLD.body ? 'sealed' AND NEW.body -> 'seq' = OLD.body -> 'seq'
           AND NEW.body -> 'action' = OLD.body -> 'action' AND NEW.body -> 'actor' = OLD.body -> 'actor'
           AND NEW.body -> 'at' = OLD.body -> 'at'
           AND EXISTS (SELECT 1 FROM cases_casekey WHERE case_id = OLD.case_id AND erased_upto >= OLD.seq)))
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END; $$ LANGUAGE plpgsql;
CREATE FUNCTION mingduan_reading_unnamed() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.id = OLD.id AND NEW.case_id = OLD.case_id AND NEW.reader_id = OLD.reader_id
     AND NEW.what = OLD.what AND NEW.at = OLD.at
     AND EXISTS (SELECT 1 FROM cases_casekey WHERE case_id = OLD.case_id AND erased_upto > 0)
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END; $$ LANGUAGE plpgsql;
DROP TRIGGER cases_reading_append_only ON cases_reading;
CREATE TRIGGER cases_reading_append_only BEFORE UPDATE OR DELETE ON cases_reading
  FOR EACH ROW EXECUTE FUNCTION mingduan_reading_unnamed();
"""
POSTGRES_BACK = """
CREATE OR REPLACE FUNCTION mingduan_event_tombstone() RETURNS trigger AS $$
BEGIN
  IF TG_OP = 'UPDATE' AND NEW.id = OLD.id AND NEW.case_id = OLD.case_id AND NEW.seq = OLD.seq
     AND NEW.before = OLD.before AND NEW.hash = OLD.hash
     AND NEW.body = jsonb_build_object('seq', OLD.seq, 'destroyed', true)
     AND EXISTS (SELECT 1 FROM cases_disposal WHERE case_id = OLD.case_id)
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END; $$ LANGUAGE plpgsql;
DROP TRIGGER cases_reading_append_only ON cases_reading;
CREATE TRIGGER cases_reading_append_only BEFORE UPDATE OR DELETE ON cases_reading
  FOR EACH ROW EXECUTE FUNCTION mingduan_append_only();
DROP FUNCTION mingduan_reading_unnamed();
"""
_PLACE = "NEW.id = OLD.id AND NEW.case_id = OLD.case_id AND NEW.seq = OLD.seq AND NEW.before = OLD.before AND NEW.hash = OLD.hash"
_GONE = """json_extract(NEW.body, '$.seq') = OLD.seq AND json_extract(NEW.body, '$.destroyed') = 1
  AND (SELECT count(*) FROM json_each(NEW.body)) = 2
  AND EXISTS (SELECT 1 FROM cases_disposal WHERE case_id = OLD.case_id)"""
_ERASED = """json_extract(NEW.body, '$.sealed') = '' AND json_type(OLD.body, '$.sealed') IS NULL
  AND json_extract(NEW.body, '$.seq') = OLD.seq AND json_extract(NEW.body, '$.action') = json_extract(OLD.body, '$.action')
  AND json_extract(NEW.body, '$.actor') = json_extract(OLD.body, '$.actor') AND json_extract(NEW.body, '$.at') = json_extract(OLD.body, '$.at')
  AND EXISTS (SELECT 1 FROM cases_casekey WHERE case_id = OLD.case_id AND erased_upto >= OLD.seq)"""

_UNNAMED = """NEW.id = OLD.id AND NEW.case_id = OLD.case_id AND NEW.reader_id = OLD.reader_id AND NEW.what = OLD.what
  AND NEW.at = OLD.at AND EXISTS (SELECT 1 FROM cases_casekey WHERE case_id = OLD.case_id AND erased_upto > 0)"""


def _sqlite(allowed: str, readings: str) -> tuple[str, ...]:
    return (
        "DROP TRIGGER cases_eventrow_no_update",
        f"CREATE TRIGGER cases_eventrow_no_update BEFORE UPDATE ON cases_eventrow WHEN NOT COALESCE({_PLACE} AND ({allowed}), 0) "
        "BEGIN SELECT RAISE(ABORT, 'cases_eventrow is append-only'); END",
        "DROP TRIGGER cases_reading_no_update",
        f"CREATE TRIGGER cases_reading_no_update BEFORE UPDATE ON cases_reading WHEN NOT COALESCE({readings}, 0) "
        "BEGIN SELECT RAISE(ABORT, 'cases_reading is append-only'); END",
    )  # fmt: skip


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _replace(schema_editor, POSTGRES, _sqlite(f"({_GONE}) OR ({_ERASED})", _UNNAMED))


def backwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _replace(schema_editor, POSTGRES_BACK, _sqlite(_GONE, "0"))


def _replace(schema_editor: BaseDatabaseSchemaEditor, postgres: str, sqlite: tuple[str, ...]) -> None:
    for statement in (postgres,) if schema_editor.connection.vendor == "postgresql" else sqlite:
        schema_editor.execute(statement, params=None)


def column(name: str) -> migrations.AlterField:
    return migrations.AlterField(
        "eventrow",
        name,
        models.GeneratedField(
            expression=Cast(KeyTextTransform(name, "stored"), models.TextField()),
            output_field=models.TextField(null=True),
            db_persist=True,
            null=True,
        ),
    )


class Migration(migrations.Migration):
    dependencies = [("cases", "0014_personal_copies")]
    operations = [
        # The column stays what it is: only what Python calls it changes.
        migrations.SeparateDatabaseAndState(
            [],
            [
                migrations.RenameField("eventrow", "body", "stored"),
                migrations.AlterField("eventrow", "stored", models.JSONField(db_column="body")),
                *(column(name) for name in ("action", "actor", "at")),
            ],
        ),
        migrations.CreateModel(
            name="CaseKey",
            fields=[
                (
                    "case",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="key",
                        serialize=False,
                        to="cases.case",
                    ),
                ),
                ("wrapped", models.CharField(blank=True, max_length=200)),
                ("erased_at", models.DateTimeField(null=True)),
                ("erased_upto", models.PositiveIntegerField(default=0)),
                (
                    "erased_by",
                    models.CharField(blank=True, help_text="请求的编号和记录序号，形如 GX-2026-0001#5", max_length=60),
                ),
            ],
        ),
        migrations.RunPython(forwards, backwards),
    ]
