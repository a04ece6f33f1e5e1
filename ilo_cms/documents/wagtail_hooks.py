"""Registers the list of documents with Wagtail."""

from wagtail import hooks

from ilo_cms.documents.admin import DocumentViewSet, document_viewset


@hooks.register("register_admin_viewset")
def register_viewsets() -> DocumentViewSet:
    """The list of documents."""
    return document_viewset
