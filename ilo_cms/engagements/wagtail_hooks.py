"""Registers the screens of engagements with Wagtail."""

from wagtail import hooks

from ilo_cms.engagements.admin import EngagementGroup, engagement_chooser


@hooks.register("register_admin_viewset")
def register_viewsets() -> list:
    """The chooser, then the lists whose forms use it."""
    return [engagement_chooser, EngagementGroup()]
