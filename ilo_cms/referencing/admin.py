"""The intranet's screens of the public page's requests."""

import django_filters
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from wagtail.admin.views.generic import InspectView

from ilo_cms.audit.admin import Audited
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.viewsets import Guarded, RecordViewSet
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import active_officer
from ilo_cms.referencing.forms import OutcomeForm
from ilo_cms.referencing.models import ReferencingRequest
from ilo_cms.referencing.policies import can_handle
from ilo_cms.referencing.services import handle
from ilo_cms.referentials.models import Territory


class ReferencingFilterSet(RecordFilterSet):
    """Requests by state and place."""

    etat = django_filters.ChoiceFilter(
        label="État",
        method="filter_state",
        choices=[
            ("a-traiter", "À traiter"),
            ("a-moi", "À traiter, sur mon territoire"),
            ("sans-charge", "À traiter, sans chargé·e d’accompagnement"),
            ("traitees", "Traitées"),
        ],
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )
    territory = django_filters.ModelChoiceFilter(
        label="Territoire", queryset=Territory.objects.all(), method="filter_territory"
    )

    class Meta:
        model = ReferencingRequest
        fields = ["wish"]

    def filter_state(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Requests that wait, here or anywhere, or that are dealt with."""
        if value == "traitees":
            return rows.exclude(handled_at=None)
        if value == "sans-charge":
            return rows.without_officer()
        officer = active_officer(self.user)
        return rows.awaiting(officer) if value == "a-moi" and officer else rows.pending()

    def filter_territory(self, rows: models.QuerySet, name: str, value) -> models.QuerySet:
        """Requests of a place; a région stands for its départements (P2)."""
        return rows.filter(department__in=Territory.objects.filter(pk=value.pk).departments())


class RequestInspectView(InspectView):
    """One request, whom it may be about, and what to do with it."""

    template_name = "referencing/inspect.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Say what became of the request."""
        form = OutcomeForm(request.POST)
        if form.is_valid():
            try:
                handle(found=self.object, acting_user=request.user, **form.cleaned_data)
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, "La demande est traitée.")
                return redirect("referencing_request:index")
        self.object.refresh_from_db()
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs) -> dict:
        organisation, person = self.object.known_organisation(), self.object.known_person()
        there = Contact.objects.current().filter(organisation=organisation, user=person)
        typed = {"siren": self.object.siren, "name": self.object.organisation_name}
        return super().get_context_data(**kwargs) | {
            "form": kwargs.get("form") or OutcomeForm(),
            "handling": can_handle(self.request.user, self.object),
            "organisation": organisation,
            "person": person,
            "contact": there.first() if organisation and person else None,
            "add_url": f"{reverse('organisation:add')}?{urlencode(typed)}",
        }


class ReferencingViewSet(Audited, RecordViewSet):
    """Requests: read, then dealt with; what was typed is never edited."""

    model = ReferencingRequest
    name = "referencing_request"
    url_prefix = "demandes-de-referencement"
    icon = "mail"
    menu_label = "Référencement"
    menu_order = 350
    add_to_admin_menu = True
    closed_views = Guarded.closed_views | {"add", "edit"}
    form_fields: tuple[str, ...] = ()
    list_display = [
        "organisation_name",
        "wish",
        "department",
        "created_at",
        "state",
    ]
    list_export = [
        "created_at",
        "wish",
        "siren",
        "organisation_name",
        "last_name",
        "first_name",
        "email",
        "phone",
        "function",
        "department",
        "state",
        "handled_at",
        "handled_by",
        "outcome",
    ]
    labels = {"state": "État"}
    filterset_class = ReferencingFilterSet
    search = dict.fromkeys(("organisation_name", "siren", "last_name", "first_name", "email"))
    related = ("department", "handled_by")
    ordering = "-created_at"
    inspect_view_class = RequestInspectView
    inspect_view_fields = [
        "wish",
        "organisation_name",
        "siren",
        "department",
        "last_name",
        "first_name",
        "function",
        "email",
        "phone",
        "message",
        "created_at",
        "handled_at",
        "handled_by",
        "outcome",
    ]


referencing_viewset = ReferencingViewSet()
