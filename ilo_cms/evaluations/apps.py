"""Grids of questions, evaluations of assignments and satisfaction forms (SPEC E7, E10, O7)."""

from django.apps import AppConfig


class EvaluationsConfig(AppConfig):
    name = "ilo_cms.evaluations"
    label = "evaluations"
    verbose_name = "Évaluations"
