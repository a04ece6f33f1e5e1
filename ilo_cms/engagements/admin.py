"""Screens of engagements: every officer sees that they exist, the operator's team edits (A10)."""

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db import models
from wagtail.admin.filters import DateRangePickerWidget
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.model import ModelViewSetGroup

from ilo_cms.core.admin.choosers import RecordChooserViewSet
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.core.admin.viewsets import RecordViewSet
from ilo_cms.directory.admin.choosers import contact_chooser, establishment_chooser
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.models import ActionType, Assignment, Engagement, Stage
from ilo_cms.engagements.policies import (
    assignment_faults,
    can_create_engagement,
    can_edit_assignment,
    can_edit_engagement,
    can_read_assignment_details,
)
from ilo_cms.referentials.admin import ReferenceViewSet


class EngagementChooserViewSet(RecordChooserViewSet):
    """A chooser of engagements."""

    model = Engagement
    icon = "folder-open-inverse"
    search = {"title": None, "beneficiary": Organisation}
    choose_one_text = "Choisir un accompagnement"
    choose_another_text = "Choisir un autre accompagnement"


engagement_chooser = EngagementChooserViewSet("engagement_chooser")


def stage(engagement: Engagement) -> str:
    """The label of the stage entered last."""
    return Stage(engagement.current_stage).label if engagement.current_stage else ""


class TeamFilterSet(RecordFilterSet):
    """Rows of my operator's team."""

    operator_path = "operator"
    mine = django_filters.BooleanFilter(label="Mon équipe", method="filter_mine")

    def filter_mine(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those of my operator, or the others."""
        officer = active_officer(self.user)
        team = models.Q(**{self.operator_path: officer.operator_id if officer else None})
        return rows.filter(team) if value else rows.exclude(team)


class EngagementFilterSet(TeamFilterSet):
    """Engagements by team, stage and date."""

    stage = django_filters.ChoiceFilter(
        label="Étape", field_name="current_stage", choices=Stage.choices, widget=forms.RadioSelect
    )
    open = django_filters.BooleanFilter(
        label="En cours", field_name="closed_on", lookup_expr="isnull"
    )
    opened_on = django_filters.DateFromToRangeFilter(
        label="Ouvert le", widget=DateRangePickerWidget
    )

    class Meta:
        model = Engagement
        fields = []


class EngagementForm(RecordForm):
    """An engagement of the acting officer's operator."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if self.instance._state.adding and can_create_engagement(self.for_user):
            self.instance.operator = self.for_user.officer.operator

    def clean_officer(self):
        """The officer works for the operator."""
        officer = self.cleaned_data["officer"]
        if officer and officer.operator_id != self.instance.operator_id:
            raise ValidationError("Cette personne ne travaille pas pour la structure porteuse.")
        return officer


class EngagementViewSet(RecordViewSet):
    """Engagements."""

    model = Engagement
    url_prefix = "accompagnements"
    icon = "folder-open-inverse"
    list_display = [
        "title",
        "beneficiary",
        "operator",
        "officer.user",
        Column("stage", label="Étape", accessor=stage),
        "opened_on",
        "closed_on",
    ]
    list_export = [
        "title",
        "beneficiary",
        "operator",
        "officer.user",
        "territory",
        "sector",
        "opened_on",
        "closed_on",
    ]
    filterset_class = EngagementFilterSet
    search = {"title": None, "beneficiary": Organisation}
    ordering = "-opened_on"
    related = (
        "beneficiary",
        "operator",
        "officer__user",
        "officer__operator",
        "territory",
        "sector",
    )
    labels = {"officer.user": "Chargé·e d’accompagnement"}
    inspect_view_fields = [
        "title",
        "beneficiary",
        "operator",
        "officer",
        "territory",
        "sector",
        "opened_on",
        "closed_on",
    ]
    edit_handler = ObjectList(
        [
            FieldPanel("title"),
            FieldPanel("beneficiary"),
            FieldPanel("officer"),
            FieldRowPanel([FieldPanel("territory"), FieldPanel("sector")]),
            FieldRowPanel([FieldPanel("opened_on"), FieldPanel("closed_on")]),
        ],
        base_form_class=EngagementForm,
    )

    def annotated(self, rows):
        return rows.with_stage()

    def may_edit(self, user, record: Engagement) -> bool:
        return bool(can_edit_engagement(user, record))


class AssignmentFilterSet(TeamFilterSet):
    """Assignments by team, status and date: what everyone may know of them."""

    operator_path = "engagement__operator"
    starts_on = django_filters.DateFromToRangeFilter(label="Début", widget=DateRangePickerWidget)

    class Meta:
        model = Assignment
        fields = ["status"]


class AssignmentForm(RecordForm):
    """An assignment of one of the team's engagements."""

    def clean_engagement(self) -> Engagement:
        """An engagement that this officer may edit."""
        engagement = self.cleaned_data["engagement"]
        decision = can_edit_engagement(self.for_user, engagement)
        if not decision:
            raise ValidationError(decision.reason)
        return engagement

    def _post_clean(self) -> None:
        super()._post_clean()
        for name, fault in assignment_faults(self.instance).items():
            self.add_error(name, fault)


def of_provider(chooser):
    """The widget of a chooser limited to the provider that the form shows."""
    return chooser.widget_class(linked_fields={"organisation": "#id_provider"})


class AssignmentViewSet(RecordViewSet):
    """Assignments."""

    model = Assignment
    url_prefix = "prestations"
    icon = "tasks"
    list_display = [
        "label",
        "engagement.beneficiary",
        "status",
        "starts_on",
        "ends_on",
        "provider",
        "amount",
    ]
    list_export = [
        "label",
        "engagement.beneficiary",
        "status",
        "starts_on",
        "ends_on",
        "engagement",
        "provider",
        "establishment",
        "contact.user",
        "skill",
        "amount",
        "days",
    ]
    filterset_class = AssignmentFilterSet
    search = {"label": None, "engagement__beneficiary": Organisation}
    ordering = "-starts_on"
    related = (
        "engagement__beneficiary",
        "engagement__operator",
        "provider",
        "establishment__organisation",
        "contact__user",
        "contact__organisation",
        "skill",
    )
    labels = {"engagement.beneficiary": "Bénéficiaire", "contact.user": "Intervenant·e"}
    private_fields = frozenset(
        {
            "engagement",
            "provider",
            "establishment",
            "contact",
            "contact.user",
            "skill",
            "amount",
            "days",
        }
    )
    inspect_view_fields = [
        "label",
        "engagement.beneficiary",
        "status",
        "starts_on",
        "ends_on",
        "engagement",
        "provider",
        "establishment",
        "contact",
        "skill",
        "amount",
        "days",
    ]
    edit_handler = ObjectList(
        [
            FieldPanel("engagement"),
            FieldPanel("label"),
            FieldPanel("skill"),
            FieldPanel("provider"),
            FieldPanel("establishment", widget=of_provider(establishment_chooser)),
            FieldPanel("contact", widget=of_provider(contact_chooser)),
            FieldRowPanel([FieldPanel("amount"), FieldPanel("days")]),
            FieldRowPanel([FieldPanel("starts_on"), FieldPanel("ends_on")]),
            FieldPanel("status"),
        ],
        base_form_class=AssignmentForm,
    )

    def may_edit(self, user, record: Assignment) -> bool:
        return bool(can_edit_assignment(user, record))

    def may_read_private(self, user, record: Assignment) -> bool:
        return bool(can_read_assignment_details(user, record))


class EngagementGroup(ModelViewSetGroup):
    """The menu entry "Accompagnements"."""

    menu_label = "Accompagnements"
    menu_icon = "folder-open-inverse"
    menu_order = 200
    items = (
        EngagementViewSet,
        AssignmentViewSet,
        ReferenceViewSet(ActionType, "types-d-action", menu_label="Types d’action"),
    )
