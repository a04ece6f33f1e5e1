"""Screens of absences: officers enter their own, administrators anyone's (SPEC M4)."""

import django_filters
from django import forms
from django.db import models
from django.utils import timezone
from wagtail.admin.panels import FieldPanel, FieldRowPanel, ObjectList
from wagtail.admin.views import generic

from ilo_cms.accounts.models import User
from ilo_cms.audit.admin import Audited
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.core.admin.viewsets import Guarded, RecordViewSet
from ilo_cms.directory.absences import can_set_absence, delete_absence, save_absence
from ilo_cms.directory.admin.common import RefusalAtField
from ilo_cms.directory.models import OfficerAbsence
from ilo_cms.directory.policies import active_officer


class AbsenceForm(RecordForm):
    """From when to when, and who answers. Only administrators choose whose absence it is."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not self.for_user.is_administrator:
            self.fields.pop("officer", None)
            if self.instance._state.adding:
                self.instance.officer = active_officer(self.for_user)


class AbsenceSaveView(RefusalAtField):
    """Saves through the service."""

    def save_instance(self) -> OfficerAbsence:
        return save_absence(absence=self.form.save(commit=False), acting_user=self.request.user)


class AbsenceCreateView(AbsenceSaveView, generic.CreateView):
    """Enters an absence."""


class AbsenceEditView(AbsenceSaveView, generic.EditView):
    """Changes an absence; an early return is a nearer last day."""


class AbsenceDeleteView(generic.DeleteView):
    """Takes an absence back."""

    success_message = "L’absence est supprimée."
    confirmation_message = (
        "Supprimer cette absence ? Pour un retour anticipé, modifiez plutôt son dernier jour."
    )

    def delete_action(self) -> None:
        delete_absence(absence=self.object, acting_user=self.request.user)


class AbsenceFilterSet(RecordFilterSet):
    """Absences by time."""

    quand = django_filters.ChoiceFilter(
        label="Quand",
        method="filter_time",
        choices=[("en-cours", "En cours"), ("a-venir", "À venir"), ("passees", "Passées")],
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = OfficerAbsence
        fields = []

    def filter_time(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Absences of today, after today or before."""
        today = timezone.localdate()
        if value == "en-cours":
            return rows.on(today)
        return rows.filter(
            **({"starts_on__gt": today} if value == "a-venir" else {"ends_on__lt": today})
        )


class AbsenceViewSet(Audited, RecordViewSet):
    """Absences of officers."""

    model = OfficerAbsence
    url_prefix = "absences"
    icon = "calendar"
    menu_label = "Absences"
    closed_views = Guarded.closed_views - {"delete"}
    related = ("officer__user", "officer__operator", "deputy__user", "deputy__operator")
    list_display = ["officer", "starts_on", "ends_on", "deputy"]
    list_export = ["officer.user", "officer.operator", "starts_on", "ends_on", "deputy.user"]
    inspect_view_fields = ["officer", "starts_on", "ends_on", "deputy"]
    labels = {
        "officer.user": "Chargé·e d’accompagnement",
        "officer.operator": "Structure porteuse",
        "deputy.user": "Remplaçant·e",
    }
    filterset_class = AbsenceFilterSet
    search = {"officer__user": User}
    ordering = "-starts_on"
    add_view_class = AbsenceCreateView
    edit_view_class = AbsenceEditView
    delete_view_class = AbsenceDeleteView
    edit_handler = ObjectList(
        [
            FieldPanel("officer"),
            FieldRowPanel(
                [
                    FieldPanel("starts_on"),
                    FieldPanel("ends_on", help_text="Ce jour-là compris."),
                ]
            ),
            FieldPanel(
                "deputy",
                help_text="Traite les demandes de modération à votre place, sans devenir "
                "référent·e. Sans remplaçant·e, les chargé·es du territoire peuvent vous relayer.",
            ),
        ],
        base_form_class=AbsenceForm,
    )

    def may_edit(self, user, record: OfficerAbsence) -> bool:
        return bool(can_set_absence(user, record.officer))
