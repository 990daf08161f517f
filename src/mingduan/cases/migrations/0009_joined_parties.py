"""A party may come with a case that is joined to another: more than one of a role, each from its own case."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0008_held_files")]
    operations = [
        migrations.AlterModelOptions("party", {"ordering": ["id"]}),
        migrations.AddField(
            "party", "joined_from", models.CharField(blank=True, default="", max_length=40), preserve_default=False
        ),
        migrations.RemoveConstraint("party", "party_once"),
        migrations.AddConstraint(
            "party", models.UniqueConstraint(fields=["case", "role", "joined_from"], name="party_once")
        ),
    ]
