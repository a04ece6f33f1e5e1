"""The moderation queue in the intranet, and the list of moderated fields (SPEC M1, M4)."""

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from wagtail.admin.admin_url_finder import ModelAdminURLFinder, register_admin_url_finder
from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.ui.tables import DateColumn, TitleColumn
from wagtail.admin.viewsets.model import ModelViewSetGroup

from ilo_cms.accounts.models import User
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.core.admin.viewsets import Guarded, RecordViewSet, WorkflowViewSet
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.moderation.fields import FIELDS, label
from ilo_cms.moderation.models import ChangeRequest, ModerationRule, Target


def decision_url(change_request: ChangeRequest) -> str:
    """Where a request is read and decided."""
    return reverse("change_request_decide", args=[change_request.pk])


class ChangeRequestFilterSet(RecordFilterSet):
    """Requests by state, and those that wait for an officer to step in."""

    etat = django_filters.ChoiceFilter(
        label="État",
        method="filter_state",
        choices=[
            ("en-attente", "En attente"),
            ("a-moi", "Que je peux traiter"),
            ("sans-referent", "Sans référent·e, sur mon territoire"),
            ("traitees", "Traitées ou retirées"),
        ],
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = ChangeRequest
        fields = []

    def filter_state(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """The requests in one of these states."""
        pending = rows.pending()
        if value == "a-moi":
            return rows.decidable_by(self.user)
        if value == "sans-referent":
            officer = active_officer(self.user)
            orphans = pending.without_available_referent()
            return orphans.awaiting_referent_from(officer) if officer else orphans
        return pending if value == "en-attente" else rows.exclude(pk__in=pending)


class DecisionURLFinder(ModelAdminURLFinder):
    """Tells Wagtail's panels that a request is opened on our decision page."""

    def construct_edit_url(self, instance: ChangeRequest) -> str:
        """The decision page."""
        return decision_url(instance)


class ChangeRequestViewSet(WorkflowViewSet):
    """The queue. Requests are opened on the decision page; Wagtail's own views stay closed."""

    model = ChangeRequest
    icon = "clipboard-list"
    menu_label = "Demandes"
    #: Of a snippet's many views only the list is offered: the rest would show or act on a request
    #: outside `services.decide`.
    open_views = frozenset({"list", "list_results"})
    closed_views = Guarded.closed_views | {
        "add",
        "edit",
        "inspect",
        "history",
        "lock",
        "unlock",
        "unpublish",
        "revisions_view",
        "revisions_revert",
        "revisions_compare",
        "revisions_unschedule",
        "workflow_history",
        "workflow_history_detail",
    }
    related = (
        "organisation__referent__user",
        "organisation__referent__operator",
        "contact__user",
        "decided_by",
    )
    list_display = [
        TitleColumn("organisation", label="Structure", get_url=decision_url),
        "contact.user",
        DateColumn("created_at", label="Déposée", sort_key="created_at"),
        "organisation.referent",
        "state",
    ]
    list_export = [
        "created_at",
        "organisation",
        "contact.user",
        "organisation.referent",
        "state",
        "decided_at",
        "decided_by",
    ]
    labels = {
        "contact.user": "Demandée par",
        "organisation.referent": "Référent·e",
        "state": "État",
    }
    filterset_class = ChangeRequestFilterSet
    search = {"organisation": Organisation, "contact__user": User}
    ordering = "created_at"

    def get_urlpatterns(self) -> list:
        """The list's addresses, and no other."""
        return [route for route in super().get_urlpatterns() if route.name in self.open_views]

    def register_admin_url_finder(self) -> None:
        """Open requests on the decision page from Wagtail's panels too."""
        register_admin_url_finder(self.model, DecisionURLFinder)


class ModerationRuleForm(RecordForm):
    """One exception to the default list of moderated fields."""

    field = forms.ChoiceField(label="Champ", choices=lambda: field_choices())

    def clean(self) -> dict:
        """The field must belong to the part."""
        cleaned = super().clean()
        target, name = cleaned.get("target"), cleaned.get("field", "")
        if target and name not in FIELDS[Target(target)]:
            raise ValidationError("Ce champ n’existe pas dans cette partie de la fiche.")
        return cleaned


def field_choices() -> list[tuple[str, str]]:
    """Every editable field of the record, by name, with its label."""
    names = {name: label(target, name) for target in FIELDS for name in FIELDS[target]}
    return sorted(names.items(), key=lambda pair: pair[1])


class ModerationRuleViewSet(RecordViewSet):
    """Where the list of moderated fields departs from the default one."""

    model = ModerationRule
    url_prefix = "champs-moderes"
    icon = "cogs"
    closed_views = Guarded.closed_views - {"delete"}
    list_display = ["target", "field", "is_moderated"]
    list_export = ["target", "field", "is_moderated"]
    inspect_view_fields = ["target", "field", "is_moderated"]
    edit_handler = ObjectList(
        [FieldPanel("target"), FieldPanel("field"), FieldPanel("is_moderated")],
        base_form_class=ModerationRuleForm,
    )
    search = {"field": None}


class ModerationGroup(ModelViewSetGroup):
    """The menu entry."""

    menu_label = "Modération"
    menu_icon = "clipboard-list"
    menu_order = 300
    items = (ChangeRequestViewSet(), ModerationRuleViewSet("moderation_rules"))
