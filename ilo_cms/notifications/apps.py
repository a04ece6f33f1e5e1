"""What the platform tells people: in-app notices and the outbox of mails."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "ilo_cms.notifications"
    label = "notifications"
    verbose_name = "Notifications"

    def ready(self) -> None:
        """Listen to what the mail provider tells of our mails."""
        from anymail.signals import tracking

        from ilo_cms.notifications.bounces import note_event

        tracking.connect(note_event, dispatch_uid="ilo_bounces")
