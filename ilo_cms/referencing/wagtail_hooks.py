"""Registers the screens of the public page's requests with Wagtail."""

from wagtail import hooks

from ilo_cms.referencing.admin import ReferencingViewSet, referencing_viewset


@hooks.register("register_admin_viewset")
def register_viewsets() -> ReferencingViewSet:
    """The list."""
    return referencing_viewset
