"""Registers the moderation screens with Wagtail."""

from django.urls import path
from wagtail import hooks

from ilo_cms.moderation import views
from ilo_cms.moderation.admin import ModerationGroup


@hooks.register("register_admin_viewset")
def register_viewsets() -> ModerationGroup:
    """The queue."""
    return ModerationGroup()


@hooks.register("register_admin_urls")
def register_pages() -> list:
    """The pages below the queue, and the list of moderated fields."""
    below = "moderation/demandes/"
    return [
        path(f"{below}tout-accepter/", views.accept_all, name="change_request_accept_all"),
        path(f"{below}<uuid:pk>/", views.decide_request, name="change_request_decide"),
        path(
            f"{below}<uuid:pk>/referent/",
            views.register_as_referent,
            name="change_request_referent",
        ),
        path("moderation/champs/", views.moderated_list, name="moderation_rules"),
    ]
