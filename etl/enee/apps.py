"""Legacy migration: Enée export to directory, engagements and assignments."""

from django.apps import AppConfig


class EneeConfig(AppConfig):
    name = "etl.enee"
    label = "enee"
    verbose_name = "Reprise d’Enée"
