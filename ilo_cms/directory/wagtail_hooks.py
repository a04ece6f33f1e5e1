"""Registers the screens of the directory with Wagtail."""

from wagtail import hooks

from ilo_cms.directory.admin import DirectoryGroup
from ilo_cms.directory.admin.choosers import (
    contact_chooser,
    establishment_chooser,
    officer_chooser,
    organisation_chooser,
)


@hooks.register("register_admin_viewset")
def register_viewsets() -> list:
    """The choosers, then the lists whose forms use them."""
    return [
        organisation_chooser,
        establishment_chooser,
        contact_chooser,
        officer_chooser,
        DirectoryGroup(),
    ]
