"""Screens of the log: the whole journal for administrators, and a record's own history (M6)."""

import django_filters
from django.apps import apps
from django.contrib.admin.utils import quote
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.text import capfirst
from wagtail.admin.filters import DateRangePickerWidget
from wagtail.admin.ui.tables import Column, DateColumn
from wagtail.admin.views.generic.base import BaseListingView, BaseObjectMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from ilo_cms.audit.actions import ACTIONS, MIXED, OF_TEAM
from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.readable import act, actor, changes, target
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.viewsets import ReadOnlyViewSet


def detail(event: AuditEvent) -> str:
    """The lines of an act, for a table's cell."""
    return format_html_join("", "<div>{}</div>", ((line,) for line in changes(event)))


class AuditFilterSet(RecordFilterSet):
    """The journal by act and date."""

    action = django_filters.ChoiceFilter(label="Acte", choices=list(ACTIONS.items()))
    at = django_filters.DateFromToRangeFilter(label="Date", widget=DateRangePickerWidget)

    class Meta:
        model = AuditEvent
        fields = []


class AuditViewSet(ReadOnlyViewSet):
    """The whole journal."""

    model = AuditEvent
    name = "audit"
    url_prefix = "journal"
    icon = "history"
    menu_label = "Journal"
    list_display = [
        "sequence",
        "at",
        Column("act", label="Acte", accessor=act),
        Column("actor", label="Auteur", accessor=actor),
        Column("target", label="Objet", accessor=target),
        Column("detail", label="Détail", accessor=detail),
    ]
    list_export = ["sequence", "at", "action", "actor_id", "target_type", "target_id", "digest"]
    inspect_view_fields = ["sequence", "at", "action", "target_type", "target_id", "digest"]
    filterset_class = AuditFilterSet
    related = ("detail",)
    ordering = "-sequence"


def of_organisation(key: str, user) -> Q:
    """The acts logged for an organisation that somebody of the intranet may read (SPEC A10).

    What teams do is in the histories that these read. Of files and of requests for them, those of
    an engagement or of an offer are only for who reads them.
    """
    mine = Q(organisation_id=key)
    if user.is_administrator:
        return mine
    for beginning in OF_TEAM:
        mine &= ~Q(action__startswith=beginning)
    for label in MIXED:
        acts = AuditEvent.objects.filter(mine, target_type=label)
        keys = set(acts.order_by().values_list("target_id", flat=True))
        rows = apps.get_model(label)._default_manager.visible_to(user).filter(pk__in=keys)
        readable = [str(pk) for pk in rows.order_by().values_list("pk", flat=True)]
        mine &= ~Q(target_type=label) | Q(target_id__in=readable)
    return mine


class RecordHistoryView(PermissionCheckedMixin, BaseObjectMixin, BaseListingView):
    """What was done to one record, by whom, with the values before and after."""

    any_permission_required = ["view", "change"]
    page_title = "Historique"
    header_icon = "history"
    paginate_by = 20
    history_url_name = None
    history_results_url_name = None
    index_url_name = None
    default_ordering = "-sequence"
    columns = [
        Column("act", label="Acte", accessor=act),
        Column("detail", label="Détail", accessor=detail),
        Column("actor", label="Auteur", accessor=actor),
        DateColumn("at", label="Date", width="15%"),
    ]

    def get_page_subtitle(self) -> str:
        return str(self.object)

    def get_breadcrumbs_items(self) -> list[dict]:
        index = {
            "url": reverse(self.index_url_name),
            "label": capfirst(self.model._meta.verbose_name_plural),
        }
        here = {"url": "", "label": self.page_title, "sublabel": self.get_page_subtitle()}
        return [*self.breadcrumbs_items, index, here]

    def get_index_url(self) -> str:
        return reverse(self.history_url_name, args=[quote(self.object.pk)])

    def get_index_results_url(self) -> str:
        return reverse(self.history_results_url_name, args=[quote(self.object.pk)])

    def get_base_queryset(self) -> models.QuerySet:
        """Acts on the record, and on what the viewset says belongs to it."""
        mine = of_organisation(str(self.object.pk), self.request.user)
        for record in self.viewset.history_of(self.object):
            mine |= Q(target_type=record._meta.label_lower, target_id=str(record.pk))
        return AuditEvent.objects.filter(mine).select_related("detail").order_by("-sequence")


class Audited:
    """Before a RecordViewSet: its history is the log."""

    history_view_class = RecordHistoryView

    def history_of(self, record: models.Model) -> list[models.Model]:
        """The rows whose acts are this record's history."""
        return [record]


audit_viewset = AuditViewSet()
