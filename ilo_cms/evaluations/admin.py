"""Screens of evaluations in the intranet: the grid builder and the lists (SPEC E7, E10, O7)."""

import django_filters
from django import forms
from django.db import models
from django.urls import reverse
from django.utils.functional import cached_property
from wagtail.admin.filters import DateRangePickerWidget
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, MultiFieldPanel, ObjectList
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic import CreateView, EditView, IndexView
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.admin.widgets.button import HeaderButton

from ilo_cms.audit.admin import Audited, RecordHistoryView
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.core.admin.viewsets import ReadOnlyViewSet, RecordViewSet
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.evaluations.models import Evaluation, Grid, SatisfactionRequest
from ilo_cms.evaluations.policies import can_build_grids
from ilo_cms.evaluations.services.grids import save_draft


class GridForm(RecordForm):
    """A grid's draft. Its purpose is given once: answers of the two purposes stand apart."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding:
            self.fields["purpose"].disabled = True


class LoggedDraft:
    """Before a view that saves a draft: what changed goes into the log."""

    def save_instance(self) -> Grid:
        """Save through the service."""
        return save_draft(
            save=self.form.save, stored=self.form.instance, acting_user=self.request.user
        )


class GridCreateView(LoggedDraft, CreateView):
    """A new grid."""


class GridEditView(LoggedDraft, EditView):
    """The builder, from which one previews, then publishes."""

    def get_success_url(self) -> str:
        """On to the preview, where the draft is published."""
        return reverse("grid_preview", args=[self.object.pk])


class GridHistoryView(RecordHistoryView):
    """What was done to a grid, for those who build it."""

    any_permission_required = ["change"]


class GridViewSet(Audited, RecordViewSet):
    """Grids: administrators build their drafts; publishing is on the preview's page."""

    model = Grid
    url_prefix = "grilles"
    icon = "list-ol"
    add_view_class = GridCreateView
    edit_view_class = GridEditView
    history_view_class = GridHistoryView
    list_display = [
        "title",
        "purpose",
        "current_version.number",
        TitleColumn(
            "preview",
            label="Aperçu et résultats",
            accessor=lambda grid: "Ouvrir",
            get_url=lambda grid: reverse("grid_preview", args=[grid.pk]),
        ),
        "is_active",
    ]
    list_export = ["title", "purpose", "current_version.number", "is_active"]
    list_filter = ["purpose", "is_active"]
    labels = {"current_version.number": "Version publiée"}
    search = {"title": None}
    ordering = "title"
    inspect_view_fields = ["title", "purpose", "introduction", "is_active"]
    edit_handler = ObjectList(
        [
            FieldPanel("title"),
            FieldPanel("purpose"),
            FieldPanel("introduction"),
            FieldPanel("is_active"),
            InlinePanel(
                "questions",
                heading="Questions",
                label="Question",
                panels=[
                    FieldPanel("label"),
                    FieldPanel("help_text"),
                    FieldRowPanel([FieldPanel("kind"), FieldPanel("is_required")]),
                    MultiFieldPanel(
                        [
                            FieldRowPanel([FieldPanel("minimum"), FieldPanel("minimum_label")]),
                            FieldRowPanel([FieldPanel("maximum"), FieldPanel("maximum_label")]),
                            FieldPanel("weight"),
                        ],
                        heading="Pour une note",
                    ),
                    FieldPanel("options", heading="Pour un choix : réponses proposées"),
                ],
            ),
        ],
        base_form_class=GridForm,
    )

    def annotated(self, rows):
        return rows.prefetch_related("versions")

    def may_edit(self, user, record: Grid) -> bool:
        return bool(can_build_grids(user))


class StateFilterSet(RecordFilterSet):
    """Rows of my team, or of the others."""

    operator_path = ""
    mine = django_filters.BooleanFilter(label="Mon équipe", method="filter_mine")

    def filter_mine(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those of my operator, or the others."""
        officer = active_officer(self.user)
        team = models.Q(**{self.operator_path: officer.operator_id if officer else None})
        return rows.filter(team) if value else rows.exclude(team)


#: What each state of an evaluation means in rows.
EVALUATION_STATES = {
    "brouillon": ("Brouillons", models.Q(finished_at=None)),
    "terminee": (
        "Terminées, non partagées",
        models.Q(finished_at__isnull=False, shared_at=None),
    ),
    "partagee": ("Partagées", ~models.Q(shared_at=None)),
    "non-lue": ("Partagées, non lues", ~models.Q(shared_at=None) & models.Q(read_at=None)),
    "repondue": ("Avec une réponse", models.Q(reply__isnull=False)),
}


class EvaluationFilterSet(StateFilterSet):
    """Evaluations by team, state, grid and date."""

    operator_path = "assignment__engagement__operator"
    etat = django_filters.ChoiceFilter(
        label="État",
        method="filter_state",
        choices=[(key, label) for key, (label, _) in EVALUATION_STATES.items()],
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )
    finished_at = django_filters.DateFromToRangeFilter(
        label="Terminée le", widget=DateRangePickerWidget
    )

    class Meta:
        model = Evaluation
        fields = ["grid"]

    def filter_state(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Evaluations in one state."""
        return rows.filter(EVALUATION_STATES[value][1])


class EvaluationIndexView(IndexView):
    """The list, with the way to what may be evaluated."""

    @cached_property
    def header_buttons(self) -> list:
        """For officers only: administrators read."""
        if not active_officer(self.request.user):
            return []
        url = reverse("evaluation_start")
        return [HeaderButton("Évaluer une prestation", url=url, icon_name="plus")]


class EvaluationViewSet(ReadOnlyViewSet):
    """Evaluations; each opens on our own page."""

    model = Evaluation
    url_prefix = "evaluations"
    icon = "clipboard-list"
    index_view_class = EvaluationIndexView
    closed_views = ReadOnlyViewSet.closed_views | {"inspect"}
    inspect_view_enabled = False
    list_display = [
        TitleColumn("assignment", label="Prestation", get_url=lambda row: row.admin_path),
        "assignment.engagement.beneficiary",
        "provider",
        "version",
        "state",
        Column("mean", label="Moyenne", accessor=lambda row: row.mean),
        "finished_at",
        "has_reply",
    ]
    list_export = [
        "assignment",
        "assignment.engagement.beneficiary",
        "provider",
        "version",
        "state",
        "mean",
        "finished_at",
        "shared_at",
        "read_at",
        "has_reply",
    ]
    labels = {
        "assignment.engagement.beneficiary": "Bénéficiaire",
        "state": "État",
        "mean": "Moyenne",
        "has_reply": "Réponse du prestataire",
    }
    filterset_class = EvaluationFilterSet
    search = {"assignment__label": None, "provider": Organisation}
    related = (
        "assignment__engagement__beneficiary",
        "provider",
        "version",
        "reply",
    )
    ordering = "-created_at"

    def annotated(self, rows):
        return rows.prefetch_related("answers__question")


class SatisfactionFilterSet(StateFilterSet):
    """Satisfaction forms by team, state, form, stage and date."""

    operator_path = "engagement__operator"
    repondu = django_filters.BooleanFilter(
        label="Répondu", field_name="answered_at", lookup_expr="isnull", exclude=True
    )
    sent_at = django_filters.DateFromToRangeFilter(label="Envoyé le", widget=DateRangePickerWidget)

    class Meta:
        model = SatisfactionRequest
        fields = ["grid", "stage"]


class SatisfactionIndexView(IndexView):
    """The list, with the way to the engagements."""

    @cached_property
    def header_buttons(self) -> list:
        """As above."""
        if not active_officer(self.request.user):
            return []
        url = reverse("satisfaction_start")
        return [HeaderButton("Envoyer un formulaire", url=url, icon_name="plus")]


class SatisfactionViewSet(ReadOnlyViewSet):
    """Satisfaction forms; each opens on our own page."""

    model = SatisfactionRequest
    name = "satisfaction_request"
    url_prefix = "satisfaction"
    icon = "mail"
    menu_label = "Satisfaction"
    index_view_class = SatisfactionIndexView
    closed_views = ReadOnlyViewSet.closed_views | {"inspect"}
    inspect_view_enabled = False
    list_display = [
        TitleColumn("engagement", label="Accompagnement", get_url=lambda row: row.admin_path),
        "engagement.beneficiary",
        "contact.user",
        "about",
        "state",
        "sent_at",
        "answered_at",
    ]
    list_export = [
        "engagement",
        "engagement.beneficiary",
        "contact.user",
        "about",
        "version",
        "state",
        "sent_at",
        "reminded_at",
        "answered_at",
    ]
    labels = {
        "engagement.beneficiary": "Bénéficiaire",
        "contact.user": "Destinataire",
        "about": "Au sujet de",
        "state": "État",
    }
    filterset_class = SatisfactionFilterSet
    search = {"engagement__title": None, "engagement__beneficiary": Organisation}
    related = ("engagement__beneficiary", "contact__user", "version")
    ordering = "-sent_at"


class EvaluationGroup(ModelViewSetGroup):
    """The menu entry "Évaluations"."""

    menu_label = "Évaluations"
    menu_icon = "clipboard-list"
    menu_order = 250
    items = (
        EvaluationViewSet("evaluation_list"),
        SatisfactionViewSet(),
        GridViewSet("grid"),
    )
