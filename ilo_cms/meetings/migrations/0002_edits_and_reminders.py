"""What was last done with a meeting, by whom, and of which day people were reminded."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def name_last_acts(apps, schema_editor):
    """Meetings made before say what their columns tell."""
    meetings = apps.get_model("meetings", "Meeting").objects
    meetings.exclude(chosen=None).update(last_act="meeting.confirmed")
    meetings.exclude(cancelled_at=None).update(
        last_act="meeting.cancelled", changed_by=models.F("cancelled_by")
    )


class Migration(migrations.Migration):
    dependencies = [
        ("meetings", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RenameField("meeting", "confirmed_by", "changed_by"),
        migrations.AlterField(
            "meeting",
            "changed_by",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="modifié par",
            ),
        ),
        migrations.AddField(
            "meeting",
            "last_act",
            models.CharField(
                choices=[
                    ("meeting.proposed", "proposer"),
                    ("meeting.confirmed", "fixer"),
                    ("meeting.moved", "déplacer"),
                    ("meeting.edited", "modifier"),
                    ("meeting.cancelled", "annuler"),
                ],
                default="meeting.proposed",
                editable=False,
                max_length=20,
                verbose_name="dernière action",
            ),
        ),
        migrations.AddField(
            "meeting",
            "reminded_of",
            models.DateField(blank=True, editable=False, null=True, verbose_name="jour rappelé"),
        ),
        migrations.RunPython(name_last_acts, migrations.RunPython.noop),
    ]
