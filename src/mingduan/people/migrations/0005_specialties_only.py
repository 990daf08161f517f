from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0004_register")]
    operations = [migrations.RemoveField(model_name="user", name="specialty")]
