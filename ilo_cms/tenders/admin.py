"""The intranet's lists of tenders and of their templates (SPEC T1, O2, O4)."""

from datetime import datetime

import django_filters
from django import forms
from django.db import models
from django.db.models import Count, Q, Value
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.panels import FieldPanel, FieldRowPanel, InlinePanel, ObjectList
from wagtail.admin.ui.tables import Column
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.admin.widgets.button import HeaderButton

from ilo_cms.audit.admin import Audited
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.core.admin.viewsets import RecordViewSet
from ilo_cms.core.clock import database_now
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.tenders.models import Participation, Phase, Tender, TenderTemplate
from ilo_cms.tenders.phases import answers_end, deposits_end, phase
from ilo_cms.tenders.policies import can_start


def phase_of(tender: Tender) -> Phase:
    """The phase of a row of the list, at the moment at which the list was read."""
    return phase(tender, tender.seen_at)


def phase_label(tender: Tender) -> str:
    """The phase in words."""
    return str(phase_of(tender).label)


def next_deadline(tender: Tender) -> datetime | None:
    """The moment at which the phase ends by itself."""
    now_in = phase_of(tender)
    if now_in == Phase.PARTICIPATION:
        return answers_end(tender)
    return deposits_end(tender) if now_in == Phase.DEPOSIT else None


def time_left(tender: Tender) -> str:
    """How long the phase still lasts, and until when."""
    end = next_deadline(tender)
    if end is None:
        return ""
    hours = int((end - tender.seen_at).total_seconds() // 3600)
    days = hours // 24
    left = f"{days} j" if days else f"{hours} h" if hours else "moins d’une heure"
    return f"{left} (jusqu’au {timezone.localtime(end):%d/%m/%Y à %H:%M})"


def answered(tender: Tender) -> str:
    """Answers out of invitations."""
    return f"{tender.answer_count} sur {tender.invited_count}" if tender.invited_count else ""


class TenderFilterSet(RecordFilterSet):
    """Tenders by phase and officer."""

    phase = django_filters.ChoiceFilter(
        label="Étape",
        method="filter_phase",
        choices=Phase.choices,
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )
    mine = django_filters.BooleanFilter(label="Que je conduis", method="filter_mine")
    questions = django_filters.BooleanFilter(
        label="Avec une question sans réponse", method="filter_questions"
    )
    published_at = django_filters.DateFromToRangeFilter(label="Diffusée le")

    class Meta:
        model = Tender
        fields = []

    def filter_phase(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Tenders in one phase now."""
        return rows.in_phase(value, database_now())

    def filter_questions(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those in which a question waits, or the others."""
        keys = Tender.objects.with_open_question(database_now()).order_by().values("pk")
        return rows.filter(pk__in=keys) if value else rows.exclude(pk__in=keys)

    def filter_mine(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those that I run, or the others."""
        mine = Q(officer=active_officer(self.user))
        return rows.filter(mine) if value else rows.exclude(mine)


class TenderIndexView(generic.IndexView):
    """The list; a row leads to its tender's page."""

    def get_edit_url(self, instance) -> str:
        """The page, which says itself what may be done."""
        return reverse("tender_page", args=[instance.pk])

    def get_inspect_url(self, instance) -> str:
        """As above."""
        return reverse("tender_page", args=[instance.pk])

    results_template_name = "tenders/list_results.html"

    @cached_property
    def may_prepare(self) -> bool:
        """Officers prepare."""
        return bool(can_start(self.request.user))

    @cached_property
    def header_buttons(self) -> list:
        """For officers, who prepare."""
        if not self.may_prepare:
            return []
        url = reverse("tender_start")
        return [HeaderButton("Préparer une mise en concurrence", url=url, icon_name="plus")]


class TenderViewSet(Audited, RecordViewSet):
    """Tenders: prepared, sent and followed on their own page, never edited as rows."""

    model = Tender
    name = "tender"
    url_prefix = "mises-en-concurrence"
    icon = "group"
    menu_label = "Mises en concurrence"
    closed_views = RecordViewSet.closed_views | {"add", "edit", "inspect"}
    inspect_view_enabled = False
    form_fields: tuple[str, ...] = ()
    index_view_class = TenderIndexView
    list_display = [
        "title",
        "engagement.beneficiary",
        Column("phase", label="Étape", accessor=phase_label),
        Column("left", label="Temps restant", accessor=time_left),
        Column("answered", label="Réponses", accessor=answered),
        "officer.user",
    ]
    list_export = [
        "title",
        "engagement",
        "engagement.beneficiary",
        "channel",
        "published_at",
        "participation_deadline",
        "deposit_deadline",
        "decision_on",
        "invited_count",
        "answer_count",
        "officer.user",
        "cancelled_at",
        "cancel_reason",
    ]
    labels = {
        "engagement.beneficiary": "Bénéficiaire",
        "officer.user": "Chargé·e d’accompagnement",
        "invited_count": "Structures sollicitées",
        "answer_count": "Réponses",
    }
    filterset_class = TenderFilterSet
    search = {"title": None, "engagement__beneficiary": Organisation}
    ordering = "-created_at"
    related = ("engagement__beneficiary", "officer__user", "opening", "decision")

    def annotated(self, rows):
        """With the moment of reading, and the answers in numbers."""
        invited = Q(invitations__invited_at__isnull=False)
        said = invited & ~Q(invitations__participation=Participation.NONE)
        return rows.annotate(
            seen_at=Value(database_now(), models.DateTimeField()),
            invited_count=Count("invitations", filter=invited),
            answer_count=Count("invitations", filter=said),
        )


class TemplateForm(RecordForm):
    """A template; its document types are those still proposed."""


class TenderTemplateViewSet(RecordViewSet):
    """Templates, which administrators write."""

    model = TenderTemplate
    url_prefix = "modeles-de-mise-en-concurrence"
    icon = "copy"
    menu_label = "Modèles"
    list_display = ["label", "is_active"]
    list_export = ["label", "is_active"]
    list_filter = ["is_active"]
    search = {"label": None}
    ordering = "label"
    inspect_view_fields = ["label", "need", "required_types", "is_active"]
    edit_handler = ObjectList(
        [
            FieldPanel("label"),
            FieldPanel("need"),
            FieldPanel("required_types", widget=forms.CheckboxSelectMultiple),
            InlinePanel(
                "criteria",
                heading="Critères",
                label="Critère",
                panels=[
                    FieldRowPanel([FieldPanel("label"), FieldPanel("weight")]),
                    FieldPanel("help_text"),
                ],
            ),
            FieldPanel("is_active"),
        ],
        base_form_class=TemplateForm,
    )

    def may_edit(self, user, record: TenderTemplate) -> bool:
        return bool(user.is_administrator)


class TenderGroup(ModelViewSetGroup):
    """The menu entry "Mises en concurrence"."""

    menu_label = "Mises en concurrence"
    menu_icon = "group"
    menu_order = 205
    items = (TenderViewSet("tender"), TenderTemplateViewSet)
