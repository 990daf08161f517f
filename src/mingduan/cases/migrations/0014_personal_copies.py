"""Readings also tell of copies of their data that people were given."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cases", "0013_personal_shown")]
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
                    ("copy", "个人信息副本"),
                ],
                default="page",
                max_length=10,
            ),
        ),
    ]
