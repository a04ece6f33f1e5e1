"""Registers the screens of evaluations with Wagtail."""

from django.urls import path
from wagtail import hooks

from ilo_cms.evaluations.admin import EvaluationGroup
from ilo_cms.evaluations.views import evaluations, grids, satisfaction


@hooks.register("register_admin_viewset")
def register_viewsets() -> EvaluationGroup:
    """The lists."""
    return EvaluationGroup()


@hooks.register("register_admin_urls")
def register_pages() -> list:
    """The pages below the lists."""
    return [
        path("evaluations/a-evaluer/", evaluations.start, name="evaluation_start"),
        path("evaluations/<uuid:pk>/", evaluations.evaluation_page, name="evaluation_page"),
        path("prestations/<uuid:pk>/evaluer/", evaluations.evaluate, name="evaluation_edit"),
        path("satisfaction/envoyer/", satisfaction.start, name="satisfaction_start"),
        path("satisfaction/<uuid:pk>/", satisfaction.satisfaction_page, name="satisfaction_page"),
        path(
            "accompagnements/<uuid:pk>/satisfaction/",
            satisfaction.engagement_satisfaction,
            name="engagement_satisfaction",
        ),
        path("grilles/<uuid:pk>/apercu/", grids.preview, name="grid_preview"),
        path(
            "grilles/<uuid:pk>/resultats/<int:number>/",
            grids.version_results,
            name="grid_results",
        ),
    ]
