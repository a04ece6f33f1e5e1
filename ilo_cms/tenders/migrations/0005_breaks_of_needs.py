"""A need typed without the editor had breaks that the editor cannot read."""

from django.db import migrations
from django.db.models import Value
from django.db.models.functions import Replace


def write_breaks_as_the_editor(apps, schema_editor) -> None:
    """Those of the needs that have any."""
    rows = apps.get_model("tenders", "Tender").objects.order_by().filter(need__contains="<br>")
    rows.update(need=Replace("need", Value("<br>"), Value("<br/>")))


class Migration(migrations.Migration):
    dependencies = [("tenders", "0004_recorded_elsewhere")]

    operations = [migrations.RunPython(write_breaks_as_the_editor, migrations.RunPython.noop)]
