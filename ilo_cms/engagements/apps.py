"""The path of a beneficiary: stages, actions, assignments."""

from django.apps import AppConfig


class EngagementsConfig(AppConfig):
    name = "ilo_cms.engagements"
    label = "engagements"
    verbose_name = "Accompagnements"

    def ready(self) -> None:
        """Tell the search for providers whom assignments were given to."""
        from ilo_cms.engagements.figures import assignment_figures
        from ilo_cms.engagements.models import Assignment
        from ilo_cms.matching.figures import register
        from ilo_cms.matching.triggers import watch

        register(assignment_figures)
        watch(
            Assignment,
            "SELECT {row}.provider_id WHERE {row}.provider_id IS NOT NULL",
            "provider_id",
            "status",
            "starts_on",
        )
