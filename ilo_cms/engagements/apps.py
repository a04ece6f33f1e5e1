"""The path of a beneficiary: stages, plan, assignments, people, resources, budget."""

from django.apps import AppConfig


class EngagementsConfig(AppConfig):
    name = "ilo_cms.engagements"
    label = "engagements"
    verbose_name = "Accompagnements"

    def ready(self) -> None:
        """Open the files of resources to their readers; have our notices checked."""
        from ilo_cms.documents.models import also_read_by
        from ilo_cms.engagements import notices
        from ilo_cms.engagements.resources import readers
        from ilo_cms.notifications.conditions import register

        also_read_by(readers)
        register(notices.engagement_is_theirs, "engagement.handed_over", "assignment.followed")
        register(
            notices.status_still_holds, "assignment.status_changed", facts=notices.assignments_told
        )
