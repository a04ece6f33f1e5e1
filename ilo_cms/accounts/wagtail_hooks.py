"""Registers the chooser of people with Wagtail."""

from wagtail import hooks

from ilo_cms.accounts.admin import user_chooser


@hooks.register("register_admin_viewset")
def register_viewsets() -> list:
    """The chooser."""
    return [user_chooser]
