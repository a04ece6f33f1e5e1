"""What the platform tells people: in-app notices and the outbox of mails."""

from django.apps import AppConfig


class NotificationsConfig(AppConfig):
    name = "ilo_cms.notifications"
    label = "notifications"
    verbose_name = "Notifications"
