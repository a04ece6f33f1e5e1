"""A tender run elsewhere was recorded here, not sent: its history says so."""

from django.db import migrations, models


def say_recorded(apps, schema_editor) -> None:
    """The first line of those that there are."""
    rows = apps.get_model("tenders", "TenderEvent").objects.order_by()
    rows.filter(kind="publiee").exclude(tender__channel="plateforme").update(kind="enregistree")


class Migration(migrations.Migration):
    dependencies = [("tenders", "0003_offers_by_cooperator")]

    operations = [
        migrations.AlterField(
            model_name="tenderevent",
            name="kind",
            field=models.CharField(
                choices=[
                    ("publiee", "Mise en concurrence diffusée"),
                    ("enregistree", "Mise en concurrence enregistrée"),
                    ("modifiee", "Modification"),
                    ("echeances", "Échéances déplacées"),
                    ("invitations", "Nouvelles sollicitations"),
                    ("participation", "Fin anticipée des réponses"),
                    ("ouverte", "Offres ouvertes"),
                    ("decidee", "Décision"),
                    ("annulee", "Annulation"),
                ],
                max_length=13,
                verbose_name="fait",
            ),
        ),
        migrations.RunPython(say_recorded, migrations.RunPython.noop),
    ]
