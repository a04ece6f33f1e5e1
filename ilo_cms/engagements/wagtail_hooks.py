"""Registers the screens of engagements with Wagtail."""

from django.urls import path, reverse
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from ilo_cms.engagements import views
from ilo_cms.engagements.admin import EngagementGroup, engagement_chooser


@hooks.register("register_admin_viewset")
def register_viewsets() -> list:
    """The chooser, then the lists whose forms use it."""
    return [engagement_chooser, EngagementGroup()]


@hooks.register("register_admin_urls")
def register_pages() -> list:
    """The page of one engagement, its short forms, its buttons, and the budget."""
    below = "accompagnements/"
    return [
        path(f"{below}ouvrir/", views.open_page, name="engagement_open"),
        path(f"{below}budget/", views.budget_page, name="engagement_budget"),
        path(f"{below}<uuid:pk>/", views.show_engagement, name="engagement_page"),
        path(f"{below}<uuid:pk>/actes/<str:act>/", views.act_on_engagement, name="engagement_act"),
        path("prestations/<uuid:pk>/statut/", views.step_assignment, name="assignment_step"),
        path("actions/<uuid:pk>/", views.change_action, name="engagement_action"),
        path("actions/<uuid:pk>/modifier/", views.edit_line, name="engagement_action_edit"),
        path("interlocuteurs/<uuid:pk>/", views.change_participant, name="engagement_participant"),
        path("ressources/<uuid:pk>/", views.change_resource, name="engagement_resource"),
    ]


@hooks.register("register_reports_menu_item")
def register_budget() -> MenuItem:
    """The budget, among the reports."""
    return MenuItem("Budget", reverse("engagement_budget"), icon_name="calendar", order=300)
