"""The intranet's screens of the requests for help, for administrators."""

import django_filters
from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from wagtail.admin.views.generic import InspectView

from ilo_cms.accounts.models import User
from ilo_cms.audit.admin import Audited
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.viewsets import Guarded, RecordViewSet
from ilo_cms.support.forms import AnswerForm
from ilo_cms.support.models import SupportRequest
from ilo_cms.support.policies import can_answer
from ilo_cms.support.services import answer_request


class SupportFilterSet(RecordFilterSet):
    """Requests by state."""

    etat = django_filters.ChoiceFilter(
        label="État",
        method="filter_state",
        choices=[("a-traiter", "À traiter"), ("traitees", "Traitées")],
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = SupportRequest
        fields = []

    def filter_state(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Requests that wait for an answer, or have one."""
        return rows.pending() if value == "a-traiter" else rows.exclude(handled_at=None)


class SupportInspectView(InspectView):
    """One request with its picture, and the answer to write."""

    template_name = "support/inspect.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Answer the request."""
        form = AnswerForm(request.POST)
        if form.is_valid():
            try:
                answer_request(
                    found=self.object,
                    answer=form.cleaned_data["answer"],
                    acting_user=request.user,
                )
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"{self.object.user} est prévenu·e de votre réponse.")
                return redirect("support_request:index")
        self.object.refresh_from_db()
        return self.render_to_response(self.get_context_data(form=form), status=422)

    def get_context_data(self, **kwargs) -> dict:
        return super().get_context_data(**kwargs) | {
            "form": kwargs.get("form") or AnswerForm(),
            "answering": can_answer(self.request.user, self.object),
        }


class SupportViewSet(Audited, RecordViewSet):
    """Requests: read, then answered; what was typed is never edited."""

    model = SupportRequest
    name = "support_request"
    url_prefix = "assistance"
    icon = "help"
    menu_label = "Assistance"
    menu_order = 450
    add_to_admin_menu = True
    closed_views = Guarded.closed_views | {"add", "edit"}
    form_fields: tuple[str, ...] = ()
    list_display = ["user", "contact.organisation", "page", "created_at", "state"]
    list_export = [
        "created_at",
        "user",
        "user.email",
        "contact.organisation",
        "page",
        "description",
        "state",
        "handled_at",
        "handled_by",
        "answer",
    ]
    labels = {"state": "État", "contact.organisation": "Structure"}
    filterset_class = SupportFilterSet
    search = {"user": User, "description": None, "page": None}
    related = ("user", "contact__organisation", "contact__user", "handled_by")
    ordering = "-created_at"
    inspect_view_class = SupportInspectView
    inspect_view_fields = [
        "user",
        "user.email",
        "contact",
        "page",
        "description",
        "user_agent",
        "created_at",
        "handled_at",
        "handled_by",
        "answer",
    ]


support_viewset = SupportViewSet()
