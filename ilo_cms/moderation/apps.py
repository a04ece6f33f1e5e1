"""Edits that wait for an officer."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "ilo_cms.moderation"
    label = "moderation"
    verbose_name = "Modération"

    def ready(self) -> None:
        """Have our notices checked before their mails leave."""
        from ilo_cms.moderation import notices
        from ilo_cms.notifications.conditions import register

        register(notices.request_still_waits, "moderation.requested")
        register(notices.decision_is_theirs, "moderation.decided", facts=notices.decided_requests)
