"""The officers' list of documents: search, filters, export, download (SPEC D1, D3)."""

import django_filters
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import InspectView

from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.viewsets import ReadOnlyViewSet
from ilo_cms.directory.models import Organisation
from ilo_cms.documents.models import Document, soon
from ilo_cms.documents.policies import can_read


def link(document: Document) -> str:
    """The way to the file, or why there is none."""
    if not can_read(None, document):
        return document.get_scan_display()
    address = reverse("document_download", args=[document.pk])
    return format_html('<a href="{}">Télécharger</a>', address)


class DocumentFilterSet(RecordFilterSet):
    """Documents by type, state of the scan and validity."""

    current = django_filters.BooleanFilter(label="En vigueur", method="filter_current")
    expired = django_filters.BooleanFilter(label="Validité dépassée", method="filter_expired")

    expiring = django_filters.BooleanFilter(
        label="Expire dans les 30 jours", method="filter_expiring"
    )

    class Meta:
        model = Document
        fields = ["type", "scan", "is_encrypted"]

    def filter_current(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those in force, or those replaced or withdrawn."""
        current = Document.objects.current()
        return rows.filter(pk__in=current) if value else rows.exclude(pk__in=current)

    def filter_expired(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those whose last day has passed, or the others."""
        over = models.Q(expires_on__lt=timezone.localdate())
        return rows.filter(over) if value else rows.exclude(over)

    def filter_expiring(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those in force whose last day is near, or the others."""
        today = timezone.localdate()
        near = Document.objects.valid_on(today).filter(expires_on__lte=soon(today))
        return rows.filter(pk__in=near) if value else rows.exclude(pk__in=near)


class DocumentInspectView(InspectView):
    """One document with the way to its file."""

    def show_download(self) -> str:
        return link(self.object)


class DocumentViewSet(ReadOnlyViewSet):
    """Documents of provider records."""

    model = Document
    url_prefix = "pieces-jointes"
    icon = "doc-full"
    menu_label = "Pièces jointes"
    menu_name = "pieces-jointes"
    menu_order = 150
    add_to_admin_menu = True
    list_display = [
        "type",
        "organisation",
        "contact.user",
        "name",
        "created_at",
        "expires_on",
        Column("download", label="Fichier", accessor=link),
    ]
    list_export = [
        "type",
        "organisation",
        "contact.user",
        "name",
        "size",
        "created_at",
        "issued_on",
        "expires_on",
        "is_current",
        "is_encrypted",
        "scan",
        "digest",
    ]
    inspect_view_class = DocumentInspectView
    inspect_view_fields = [
        "type",
        "organisation",
        "contact",
        "name",
        "download",
        "size",
        "media_type",
        "is_encrypted",
        "scan",
        "scanned_at",
        "scan_detail",
        "uploaded_by",
        "created_at",
        "issued_on",
        "expires_on",
        "is_current",
        "digest",
    ]
    labels = {"contact.user": "Contact", "download": "Fichier", "is_current": "En vigueur"}
    related = ("type", "organisation", "contact__user", "contact__organisation", "uploaded_by")
    filterset_class = DocumentFilterSet
    search = {"name": None, "organisation": Organisation}
    ordering = "-created_at"


document_viewset = DocumentViewSet("document")
