"""Who offers is fixed on each place; those sent before keep what their offers, or records, say."""

from django.db import migrations, models


def fix_places(apps, schema_editor) -> None:
    """As the offers that there are; where there is none yet, as the record says now."""
    places = apps.get_model("tenders", "Invitation").objects.order_by()
    offers = apps.get_model("tenders", "Offer").objects.order_by()
    places.filter(organisation__is_cae=True).update(by_cooperator=True)
    shared, own = offers.filter(cooperator=None), offers.exclude(cooperator=None)
    places.filter(pk__in=shared.values("invitation")).update(by_cooperator=False)
    places.filter(pk__in=own.values("invitation")).update(by_cooperator=True)


class Migration(migrations.Migration):
    dependencies = [("tenders", "0002_moment_of_reception")]

    operations = [
        migrations.AddField(
            model_name="invitation",
            name="by_cooperator",
            field=models.BooleanField(default=False, verbose_name="une offre par coopérateur·rice"),
        ),
        migrations.RunPython(fix_places, migrations.RunPython.noop),
    ]
