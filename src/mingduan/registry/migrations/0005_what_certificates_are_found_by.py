"""What certificates are found by, filled for those there are."""

from django.apps.registry import Apps as StateApps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from mingduan.registry.search import text_of


def fill(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """One row for each certificate there is."""
    enterprises = apps.get_model("registry", "Enterprise").objects
    region = dict(enterprises.values_list("organisation_id", "region"))
    findable = apps.get_model("registry", "Findable")
    for row in apps.get_model("registry", "Certificate").objects.iterator(chunk_size=500):
        findable.objects.create(
            number=row.number, text=text_of(row.number, row.holder_name), specialty=row.specialty, grade=row.grade,
            status=row.status, valid_until=row.valid_until, region=region.get(row.holder_id, ""),
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [
        ("registry", "0004_entries"),
    ]

    operations = [
        migrations.CreateModel(
            name="Findable",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.CharField(max_length=13, unique=True, verbose_name="证书编号")),
                ("text", models.CharField(max_length=1500, verbose_name="检索文字")),
                ("specialty", models.CharField(max_length=2, verbose_name="专业")),
                ("grade", models.CharField(max_length=1, verbose_name="等级")),
                ("status", models.CharField(max_length=20, verbose_name="现状")),
                ("valid_until", models.DateField(verbose_name="有效期至")),
                ("region", models.CharField(blank=True, max_length=6, verbose_name="所在地")),
            ],
            options={
                "verbose_name": "证书检索",
                "verbose_name_plural": "证书检索",
                "indexes": [
                    models.Index(fields=["specialty", "grade"], name="registry_fi_special_94b4db_idx"),
                    models.Index(fields=["region"], name="registry_fi_region_145ab0_idx"),
                ],
            },
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
