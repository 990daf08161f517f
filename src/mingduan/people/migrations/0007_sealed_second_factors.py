"""Second factors that were kept in the clear are sealed."""

from collections.abc import Callable

from django.apps.registry import Apps as StateApps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from mingduan.people.sealing import is_sealed, seal, unseal

SECRETS = ("secret", "seed")  # of an authenticator, of recovery codes


def forwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _each(apps, lambda kept: kept if is_sealed(kept) else seal(kept))


def backwards(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    _each(apps, unseal)


def _each(apps: StateApps, change: Callable[[str], str]) -> None:
    for factor in apps.get_model("mfa", "Authenticator").objects.all():
        factor.data |= {name: change(factor.data[name]) for name in SECRETS if factor.data.get(name)}
        factor.save(update_fields=["data"])


class Migration(migrations.Migration):
    dependencies = [("people", "0006_cache_table"), ("mfa", "0003_authenticator_type_uniq")]
    operations = [migrations.RunPython(forwards, backwards)]
