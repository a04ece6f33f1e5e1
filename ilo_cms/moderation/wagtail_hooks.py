"""Registers the moderation screens with Wagtail."""

from django.urls import path
from wagtail import hooks

from ilo_cms.moderation.admin import ModerationGroup
from ilo_cms.moderation.views import decide_request, register_as_referent


@hooks.register("register_admin_viewset")
def register_viewsets() -> ModerationGroup:
    """The queue and the list of moderated fields."""
    return ModerationGroup()


@hooks.register("register_admin_urls")
def register_decision() -> list:
    """The decision page, and becoming referent."""
    return [
        path("moderation/<uuid:pk>/", decide_request, name="change_request_decide"),
        path(
            "moderation/<uuid:pk>/referent/", register_as_referent, name="change_request_referent"
        ),
    ]
