"""Registers the screens of meetings with Wagtail."""

from django.urls import path, reverse
from wagtail import hooks

from ilo_cms.meetings.admin import MeetingViewSet, meeting_viewset
from ilo_cms.meetings.views import choose_engagement, propose_meeting


@hooks.register("register_admin_viewset")
def register_viewsets() -> MeetingViewSet:
    """The list of meetings."""
    return meeting_viewset


@hooks.register("register_admin_urls")
def register_pages() -> list:
    """Proposing a meeting for an engagement."""
    return [
        path("rendez-vous/proposer/", choose_engagement, name="meeting_choose"),
        path("accompagnements/<uuid:pk>/rendez-vous/", propose_meeting, name="meeting_propose"),
    ]


@hooks.register("register_account_menu_item")
def link_calendar(request) -> dict:
    """From the page on one's account to one's calendar."""
    return {
        "url": reverse("calendar"),
        "label": "Agenda",
        "help_text": "L’adresse secrète qui montre vos rendez-vous dans votre agenda.",
    }
