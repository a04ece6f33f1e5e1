"""Finding providers by crossing themes, territory, sector and words (SPEC T3)."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class MatchingConfig(AppConfig):
    name = "ilo_cms.matching"
    label = "matching"
    verbose_name = "Recherche de prestataires"

    def ready(self) -> None:
        """Watch the tables that the index reads, whatever a migration does to them."""
        from ilo_cms.matching import watches  # noqa: F401 (it registers them)
        from ilo_cms.matching.assignments import assignment_figures
        from ilo_cms.matching.figures import register
        from ilo_cms.matching.triggers import drop_triggers, install_triggers

        register(assignment_figures)
        pre_migrate.connect(drop_triggers, sender=self)
        post_migrate.connect(install_triggers, sender=self)
