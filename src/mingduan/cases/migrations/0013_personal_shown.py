"""Readings also tell of personal data shown with a reason."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0012_enclosures_and_checkpoints")]
    operations = [
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
                    ("personal", "显示个人信息"),
                ],
                default="page",
                max_length=10,
            ),
        ),
    ]
