"""The table of the cache that all processes share: it counts failed sign-ins."""

from django.apps.registry import Apps as StateApps
from django.core.management import call_command
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor


def make(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    call_command("createcachetable", database=schema_editor.connection.alias, verbosity=0)


class Migration(migrations.Migration):
    dependencies = [("people", "0005_specialties_only")]
    operations = [migrations.RunPython(make, migrations.RunPython.noop)]
