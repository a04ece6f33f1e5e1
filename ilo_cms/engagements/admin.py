"""Screens of engagements: every officer sees that they exist, the operator's team edits (A10)."""

from uuid import uuid4

import django_filters
from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import models
from django.urls import reverse
from wagtail.admin.filters import DateRangePickerWidget
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSetGroup

from ilo_cms.audit.admin import Audited, RecordHistoryView
from ilo_cms.core.admin.choosers import RecordChooserViewSet
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.core.admin.viewsets import RecordViewSet
from ilo_cms.directory.admin.choosers import contact_chooser, establishment_chooser
from ilo_cms.directory.admin.common import RefusalAtField, changed_values
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.assignments import DETAILS, create_assignment, edit_assignment
from ilo_cms.engagements.models import ActionType, Assignment, Engagement, Stage
from ilo_cms.engagements.path import edit_engagement
from ilo_cms.engagements.policies import (
    assignment_faults,
    can_change_engagement,
    can_read_assignment_details,
    can_read_engagement,
)
from ilo_cms.referentials.admin import ReferenceViewSet


class EngagementChooserViewSet(RecordChooserViewSet):
    """A chooser of open engagements of one's team: what starts from one is edited there."""

    model = Engagement
    related = ("beneficiary",)
    more_columns = (Column("beneficiary", label="Bénéficiaire"),)
    icon = "folder-open-inverse"
    search = {"title": None, "beneficiary": Organisation}
    choose_one_text = "Choisir un accompagnement"
    choose_another_text = "Choisir un autre accompagnement"

    def offered(self, rows, user):
        """Neither those of other teams, which refuse them, nor closed ones."""
        return rows.read_by(user).filter(closed_on=None)


engagement_chooser = EngagementChooserViewSet("engagement_chooser")


class TeamFilterSet(RecordFilterSet):
    """Rows of my operator's team, of a territory, followed by somebody.

    `path` leads from a row to its engagement.
    """

    path = ""
    mine = django_filters.BooleanFilter(label="Mon équipe", method="filter_mine")
    territory = django_filters.CharFilter(
        label="Département ou région (code)", method="filter_territory"
    )
    followed_by = django_filters.CharFilter(label="Chargé·e (nom)", method="filter_followed_by")

    def filter_mine(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those of my operator, or the others."""
        officer = active_officer(self.user)
        team = models.Q(**{f"{self.path}operator": officer.operator_id if officer else None})
        return rows.filter(team) if value else rows.exclude(team)

    def filter_territory(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Those of a département, or of a region and its départements."""
        there = models.Q(**{f"{self.path}territory__code": value})
        return rows.filter(there | models.Q(**{f"{self.path}territory__region__code": value}))

    def filter_followed_by(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Those of officers whose last name holds this."""
        return rows.filter(**{f"{self.path}officer__user__last_name__icontains": value})


class EngagementFilterSet(TeamFilterSet):
    """Engagements by team, stage and date."""

    stage = django_filters.ChoiceFilter(
        label="Étape",
        field_name="current_stage",
        choices=Stage.choices,
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )
    open = django_filters.BooleanFilter(
        label="En cours", field_name="closed_on", lookup_expr="isnull"
    )
    year = django_filters.NumberFilter(label="Ouvert pendant l’année", method="filter_year")
    opened_on = django_filters.DateFromToRangeFilter(
        label="Ouvert le", widget=DateRangePickerWidget
    )

    class Meta:
        model = Engagement
        fields = []

    def filter_year(self, rows: models.QuerySet, name: str, value) -> models.QuerySet:
        """Those open on a day of the year, also when they cross several."""
        year = int(value)
        return rows.open_in(year) if 1 <= year <= 9999 else rows.none()


class PageOfEngagement:
    """Before a view of the list: a row leads to its engagement's page."""

    def get_edit_url(self, instance) -> str:
        """The page, which says itself what may be edited."""
        return page_address(instance)

    def get_inspect_url(self, instance) -> str:
        """As above."""
        return page_address(instance)

    def get_add_url(self) -> str:
        """An engagement is opened by the beneficiary's SIREN."""
        return reverse("engagement_open") if active_officer(self.request.user) else None


def page_address(record: Engagement | Assignment) -> str:
    """The page of an engagement, or of that of an assignment."""
    key = record.engagement_id if isinstance(record, Assignment) else record.pk
    return reverse("engagement_page", args=[key])


def apart(rows: models.QuerySet, related: tuple[str, ...], *always: str) -> models.QuerySet:
    """Read what every row has in queries of its own, and join only what a row may lack.

    An inner join lets SQLite begin with the joined table, then sort all rows for one page.
    """
    optional = [path for path in related if path not in always]
    return rows.select_related(None).select_related(*optional).prefetch_related(*always)


class EngagementIndexView(PageOfEngagement, generic.IndexView):
    """The list of engagements."""

    def get_base_queryset(self):
        """With the stages that this person may read."""
        return super().get_base_queryset().with_stage(self.request.user)


class EngagementEditView(RefusalAtField, generic.EditView):
    """Edits through the service: only what changed, in the log."""

    def save_instance(self):
        return edit_engagement(
            engagement=self.object,
            values=changed_values(self.form, self.model),
            acting_user=self.request.user,
        )

    def get_success_url(self) -> str:
        """Back to the page."""
        return page_address(self.object)


class InnerHistoryView(RecordHistoryView):
    """The history of an engagement, for those who read all of it."""

    def dispatch(self, request, *args, **kwargs):
        """Refuse those who only know that it exists."""
        owner = self.object.engagement if isinstance(self.object, Assignment) else self.object
        can_read_engagement(request.user, owner).enforce()
        return super().dispatch(request, *args, **kwargs)


class EngagementForm(RecordForm):
    """What an engagement says of itself; its stages and its end are acts of its page."""

    def clean_officer(self):
        """The officer works for the operator."""
        officer = self.cleaned_data["officer"]
        if officer and officer.operator_id != self.instance.operator_id:
            raise ValidationError("Cette personne ne travaille pas pour la structure porteuse.")
        return officer


class EngagementViewSet(Audited, RecordViewSet):
    """Engagements."""

    model = Engagement
    closed_views = RecordViewSet.closed_views | {"add"}
    index_view_class = EngagementIndexView
    edit_view_class = EngagementEditView
    history_view_class = InnerHistoryView
    url_prefix = "accompagnements"
    add_label = "Ouvrir un accompagnement"
    icon = "folder-open-inverse"
    list_display = [
        "title",
        "beneficiary",
        "operator",
        "officer.user",
        Column("stage_label", label="Étape", accessor="stage_label"),
        "opened_on",
        "closed_on",
    ]
    list_export = [
        "title",
        "beneficiary",
        "operator",
        "officer.user",
        "stage_label",
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
    labels = {"officer.user": "Chargé·e d’accompagnement", "stage_label": "Étape"}
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
            FieldPanel("opened_on"),
        ],
        base_form_class=EngagementForm,
    )

    def annotated(self, rows):
        return apart(rows, self.related, "beneficiary", "operator")

    def may_edit(self, user, record: Engagement) -> bool:
        return bool(can_change_engagement(user, record))

    def history_of(self, record: Engagement) -> list[models.Model]:
        """The engagement and what it holds."""
        managers = (record.assignments, record.actions, record.resources, record.participants)
        return [record, *(row for manager in managers for row in manager.all())]


class AssignmentFilterSet(TeamFilterSet):
    """Assignments by team, status and date: what everyone may know of them."""

    path = "engagement__"
    stage = django_filters.ChoiceFilter(
        label="Étape de l’accompagnement",
        method="filter_stage",
        choices=Stage.choices,
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )
    starts_on = django_filters.DateFromToRangeFilter(label="Début", widget=DateRangePickerWidget)
    year = django_filters.NumberFilter(label="Commence en", method="filter_year")

    def filter_stage(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Those whose engagement is in a stage, as far as one reads it."""
        there = Engagement.objects.with_stage(self.user).filter(current_stage=value)
        return rows.filter(engagement__in=there.order_by().values("pk"))

    def filter_year(self, rows: models.QuerySet, name: str, value) -> models.QuerySet:
        """Those that start in a year."""
        year = int(value)
        if not 1 <= year <= 9999:
            return rows.none()
        return rows.filter(starts_on__gte=f"{year:04}-01-01", starts_on__lte=f"{year:04}-12-31")

    class Meta:
        model = Assignment
        fields = ["status"]


class AssignmentForm(RecordForm):
    """An assignment of one of the team's engagements."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False, initial=uuid4)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            del self.fields["key"]

    def clean_engagement(self) -> Engagement:
        """An engagement that this officer may edit, and always the same one."""
        engagement = self.cleaned_data["engagement"]
        if not self.instance._state.adding and engagement.pk != self.instance.engagement_id:
            raise ValidationError(
                "Une prestation ne change pas d’accompagnement : abandonnez-la, puis créez-la "
                "dans l’autre."
            )
        decision = can_change_engagement(self.for_user, engagement)
        if not decision:
            raise ValidationError(decision.reason)
        return engagement

    def _post_clean(self) -> None:
        super()._post_clean()
        stored = None
        if not self.instance._state.adding:
            stored = Assignment.objects.select_related("provider").get(pk=self.instance.pk)
        faults = assignment_faults(self.instance, stored)
        # Validators and constraints of the model have said some of them too: each is said once.
        above = self.errors.pop(NON_FIELD_ERRORS, [])
        for name, fault in faults.items():
            self.errors.pop(name, None)
            self.add_error(name, fault)
        for sentence in above:
            if sentence not in faults.values():
                self.add_error(None, sentence)


class AssignmentCreateView(RefusalAtField, generic.CreateView):
    """Plans through the service, with the line of the plan."""

    def save_instance(self):
        said = self.form.cleaned_data
        return create_assignment(
            key=said["key"] or self.form.instance.pk,
            engagement=said["engagement"],
            acting_user=self.request.user,
            **{name: said[name] for name in DETAILS if name in said},
        )

    def get_success_url(self) -> str:
        """Back to the page of the engagement."""
        return page_address(self.object)


class AssignmentEditView(RefusalAtField, generic.EditView):
    """Edits through the service: only what changed, in the log."""

    def save_instance(self):
        values = changed_values(self.form, self.model)
        values.pop("engagement", None)
        return edit_assignment(assignment=self.object, values=values, acting_user=self.request.user)

    def get_success_url(self) -> str:
        """Back to the page of the engagement."""
        return page_address(self.object)


def of_provider(chooser):
    """The widget of a chooser limited to the provider that the form shows."""
    return chooser.widget_class(linked_fields={"organisation": "#id_provider"})


class AssignmentViewSet(Audited, RecordViewSet):
    """Assignments."""

    model = Assignment
    add_view_class = AssignmentCreateView
    edit_view_class = AssignmentEditView
    history_view_class = InnerHistoryView
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
        ],
        base_form_class=AssignmentForm,
    )

    def annotated(self, rows):
        # One query reads the engagements of a page with their two organisations.
        owners = Engagement.objects.select_related("beneficiary", "operator")
        others = [path for path in self.related if not path.startswith("engagement__")]
        rows = rows.select_related(None).select_related(*others)
        return rows.prefetch_related(models.Prefetch("engagement", owners))

    def may_edit(self, user, record: Assignment) -> bool:
        return bool(can_change_engagement(user, record.engagement))

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
