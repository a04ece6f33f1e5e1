"""The ground: primitives that every other app may import and that import no app."""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "ilo_cms.core"
    label = "core"
    verbose_name = "Socle"
