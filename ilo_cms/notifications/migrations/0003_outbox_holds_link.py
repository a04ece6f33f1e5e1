"""Mails that hold a personal link say so, and those that are over lose it."""

from django.db import migrations, models
from django.db.models import Q


def erase_links(apps, schema_editor):
    """Until now nothing told them apart: every mail to an explicit address may hold a link."""
    mails = apps.get_model("notifications", "OutboxMessage").objects
    mails.filter(notice=None, digest=None).update(holds_link=True)
    over = Q(sent_at__isnull=False) | Q(dead_at__isnull=False)
    mails.filter(over, holds_link=True).update(body="")


class Migration(migrations.Migration):
    dependencies = [("notifications", "0002_preferences_digest_templates")]

    operations = [
        migrations.AddField(
            "outboxmessage",
            "holds_link",
            models.BooleanField(default=False, verbose_name="porte un lien personnel"),
        ),
        migrations.AlterField(
            "outboxmessage", "body", models.TextField(blank=True, verbose_name="texte")
        ),
        migrations.RunPython(erase_links, migrations.RunPython.noop),
    ]
