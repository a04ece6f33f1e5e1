"""The path of a beneficiary: stages, actions, assignments."""

from django.apps import AppConfig


class EngagementsConfig(AppConfig):
    name = "ilo_cms.engagements"
    label = "engagements"
    verbose_name = "Accompagnements"
