"""Grids of questions, evaluations of assignments and satisfaction forms (SPEC E7, E10, O7)."""

from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "ilo_cms.evaluations"
    label = "evaluations"
    verbose_name = "Évaluations"

    def ready(self) -> None:
        """Show our panel on the engagement's page; have our mails checked before they leave."""
        from ilo_cms.engagements.panels import register_panel
        from ilo_cms.engagements.transitions import keeps_done
        from ilo_cms.evaluations import notices
        from ilo_cms.evaluations.panels import engagement_panel
        from ilo_cms.evaluations.policies import is_not_evaluated
        from ilo_cms.notifications.conditions import register

        keeps_done(is_not_evaluated)
        register_panel("evaluations", "Évaluations et satisfaction", engagement_panel, order=500)
        register(notices.still_shared, "evaluation.shared")
        kinds = ("satisfaction.sent", "satisfaction.reminded")
        register(notices.still_waits, *kinds, facts=notices.forms_waiting)
