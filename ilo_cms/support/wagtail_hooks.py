"""Registers the screens of help with Wagtail."""

from django.urls import path
from wagtail import hooks

from ilo_cms.support.admin import SupportViewSet, support_viewset
from ilo_cms.support.views import screenshot, start


@hooks.register("register_admin_viewset")
def register_viewsets() -> SupportViewSet:
    """The list of requests."""
    return support_viewset


@hooks.register("register_admin_urls")
def register_pages() -> list:
    """The picture of a request, and acting as somebody."""
    return [
        path("assistance/<uuid:pk>/capture/", screenshot, name="support_screenshot"),
        path("contacts/<uuid:pk>/assistance/", start, name="support_start"),
    ]
