"""Registers the screens of the reference lists with Wagtail."""

from wagtail import hooks

from ilo_cms.referentials.admin import ReferenceGroup, legal_form_chooser, naf_chooser


@hooks.register("register_admin_viewset")
def register_viewsets() -> list:
    """The lists, and the choosers of the long ones."""
    return [ReferenceGroup(), legal_form_chooser, naf_chooser]
