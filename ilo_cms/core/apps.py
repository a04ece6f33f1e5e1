"""The ground: primitives that every other app may import and that import no app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "ilo_cms.core"
    label = "core"
    verbose_name = "Socle"

    def ready(self) -> None:
        from ilo_cms.core import checks  # noqa: F401  registers them
