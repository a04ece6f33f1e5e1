"""The officers' follow-up of requests: list, filters, export (SPEC D4–D7, O2)."""

from urllib.parse import urlencode

import django_filters
from django import forms
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic import IndexView
from wagtail.admin.widgets.button import HeaderButton

from ilo_cms.accounts.models import User
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.viewsets import ReadOnlyViewSet
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.document_requests.models import DocumentRequest, DocumentRequestQuerySet
from ilo_cms.document_requests.policies import can_ask
from ilo_cms.document_requests.services import officer_path
from ilo_cms.engagements.models import Assignment, Engagement


STATES = {
    "en-cours": ("En cours", DocumentRequestQuerySet.open),
    "en-attente": ("En attente de la structure", DocumentRequestQuerySet.waiting),
    "a-verifier": ("À vérifier", DocumentRequestQuerySet.to_check),
    "en-retard": ("En retard", DocumentRequestQuerySet.late),
    "refus": ("Avec une pièce refusée", DocumentRequestQuerySet.with_refusal),
    "completes": ("Complètes", DocumentRequestQuerySet.complete),
    "expire-bientot": ("Avec une pièce qui expire", DocumentRequestQuerySet.expiring),
    "annulees": ("Annulées", lambda rows: rows.exclude(cancelled_at=None)),
    "toutes": ("Toutes", DocumentRequestQuerySet.all),
}


class DocumentRequestFilterSet(RecordFilterSet):
    """Requests by state, and by who asked. Those under way come first."""

    etat = django_filters.ChoiceFilter(
        label="État",
        method="filter_state",
        choices=[(value, label) for value, (label, _) in STATES.items()],
        empty_label=None,
        initial="en-cours",
        widget=forms.RadioSelect,
    )
    pour_moi = django_filters.BooleanFilter(label="Que je suis", method="filter_mine")

    class Meta:
        model = DocumentRequest
        fields = []

    def __init__(self, data=None, *args, **kwargs) -> None:
        if data is not None and "etat" not in data:
            data = data.copy()
            data["etat"] = self.base_filters["etat"].extra["initial"]
        super().__init__(data, *args, **kwargs)

    def filter_state(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """The requests in one state."""
        return STATES[value][1](rows)

    def filter_mine(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those that this person asked or follows, or the others."""
        officer = active_officer(self.user)
        mine = DocumentRequest.objects.filter(asked_by=self.user)
        if officer:
            mine = DocumentRequest.objects.followed_by(officer)
        keys = mine.order_by().values("pk")
        return rows.filter(pk__in=keys) if value else rows.exclude(pk__in=keys)


def due_cell(request: DocumentRequest) -> str:
    """The due date, and whether it is past."""
    late = format_html(' <span class="w-status">{}</span>', "en retard") if request.is_late else ""
    return format_html("{}{}", f"{request.due_on:%d/%m/%Y}", late)


class FollowUpView(IndexView):
    """The list, the state it shows, and the button that reminds of what it shows."""

    def get_page_subtitle(self) -> str:
        """The state shown: where nobody chose one, no filter tells it."""
        state = STATES.get(self.filters.form["etat"].value())
        return state[0] if state else ""

    @cached_property
    def header_buttons(self) -> list:
        query = self.request.GET.copy()
        for name in (self.page_kwarg, "_w_filter_fragment", "export"):
            query.pop(name, None)
        url = f"{reverse('document_request_remind_all')}?{query.urlencode()}"
        return [HeaderButton("Relancer…", url=url, icon_name="mail")]


class DocumentRequestViewSet(ReadOnlyViewSet):
    """The list. A request is opened on its own page (views.py)."""

    model = DocumentRequest
    url_prefix = "demandes-de-pieces"
    icon = "doc-full-inverse"
    menu_label = "Demandes de pièces"
    menu_name = "demandes-de-pieces"
    menu_order = 155
    add_to_admin_menu = True
    closed_views = ReadOnlyViewSet.closed_views | {"inspect"}
    inspect_view_enabled = False
    index_view_class = FollowUpView
    list_display = [
        TitleColumn("organisation", label="Structure", get_url=officer_path),
        Column("labels", label="Pièces", accessor="labels"),
        Column("due_on", label="À envoyer avant le", accessor=due_cell, sort_key="due_on"),
        Column("progress", label="Validées", accessor="progress"),
        Column("state", label="État", accessor=lambda row: row.state.label),
        "asked_by",
    ]
    list_export = [
        "organisation",
        "engagement",
        "assignment",
        "labels",
        "created_at",
        "due_on",
        "is_late",
        "progress",
        "state.label",
        "asked_by",
        "cancelled_at",
        "cancel_reason",
    ]
    labels = {
        "labels": "Pièces",
        "progress": "Validées",
        "state.label": "État",
        "is_late": "En retard",
    }
    related = ("organisation", "engagement", "assignment", "asked_by")
    prefetched = ("items__type",)
    filterset_class = DocumentRequestFilterSet
    search = {"organisation": Organisation, "asked_by": User}
    ordering = "due_on"

    def annotated(self, rows: DocumentRequestQuerySet) -> DocumentRequestQuerySet:
        """With the items that the columns count."""
        return rows.prefetch_related("items__type")

    def filtered(self, request) -> DocumentRequestQuerySet:
        """Exactly the rows that the list shows for the same address: filters, search, order."""
        view = self.index_view.view_class(**self.index_view.view_initkwargs)
        view.setup(request)
        return view.get_queryset()


document_requests = DocumentRequestViewSet("document_request_list")


def ask_buttons(record: Organisation | Engagement | Assignment, user: User) -> list[HeaderButton]:
    """The way to ask for documents from a record, an engagement or an assignment."""
    name, engagement = "structure", None
    organisation = record
    if isinstance(record, Engagement):
        name, engagement, organisation = "accompagnement", record, record.beneficiary
    if isinstance(record, Assignment):
        name, engagement, organisation = "prestation", record.engagement, record.provider
    if organisation is None or not can_ask(user, organisation, engagement):
        return []
    address = f"{reverse('document_request_ask')}?{name}={record.pk}"
    buttons = [HeaderButton("Demander des pièces", url=address, icon_name="doc-full-inverse")]
    if isinstance(record, Organisation):
        address = reverse("organisation_archive", args=[record.pk])
        words = urlencode({"etat": "toutes", "q": record.siren or record.name})
        address_of_list = f"{reverse('document_request_list:index')}?{words}"
        buttons.append(
            HeaderButton("Ses demandes de pièces", url=address_of_list, icon_name="list-ul")
        )
        buttons.append(HeaderButton("Ses pièces (ZIP)", url=address, icon_name="download"))
    return buttons
