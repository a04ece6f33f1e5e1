"""Screens of organisations: the provider record mirrored (SPEC P1, P7)."""

from collections.abc import Iterable

import django_filters
from django import forms
from django.db import models
from django.urls import reverse
from django.utils.html import format_html_join
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    ObjectList,
    TabbedInterface,
)
from wagtail.admin.ui.tables import Column
from wagtail.admin.views.generic import InspectView

from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import IdentifierField
from ilo_cms.directory.admin.common import DirectoryForm, DirectoryViewSet, RecordCreateView
from ilo_cms.directory.completeness import (
    LISTS,
    Completeness,
    contact_completeness,
    establishment_completeness,
    organisation_completeness,
)
from ilo_cms.directory.models import Establishment, Organisation
from ilo_cms.directory.officers import can_change_referent
from ilo_cms.directory.policies import active_officer, can_edit_record
from ilo_cms.referentials.models import Territory


def roles(organisation: Organisation) -> str:
    """What the organisation is: provider, beneficiary, operator."""
    names = ["is_provider", "is_beneficiary", "is_operator"]
    return ", ".join(
        str(Organisation._meta.get_field(name).verbose_name)
        for name in names
        if getattr(organisation, name)
    )


class OrganisationFilterSet(RecordFilterSet):
    """Organisations by role, state, referent and place."""

    referent = django_filters.ChoiceFilter(
        label="Référent·e",
        method="filter_referent",
        choices=[("me", "Moi"), ("none", "Sans référent·e"), ("gone", "Référent·e parti·e")],
        widget=forms.RadioSelect,
    )
    referent_name = django_filters.CharFilter(
        label="Nom de la ou du référent·e",
        field_name="referent__user__last_name",
        lookup_expr="icontains",
    )
    territory = django_filters.ModelChoiceFilter(
        label="Territoire d’un établissement",
        queryset=Territory.objects.all(),
        method="filter_territory",
    )
    insee = django_filters.ChoiceFilter(
        label="INSEE",
        method="filter_insee",
        choices=[
            ("awaits", "À synchroniser"),
            ("closed", "Cessée"),
            ("restricted", "Diffusion restreinte"),
        ],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Organisation
        fields = ["is_provider", "is_beneficiary", "is_operator", "is_active"]

    def filter_referent(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Mine, nobody's, or of somebody who can no longer answer."""
        if value == "me":
            officer = active_officer(self.user)
            return rows.filter(referent=officer) if officer else rows.none()
        if value == "none":
            return rows.filter(referent=None)
        gone = models.Q(referent__is_active=False) | models.Q(referent__user__is_active=False)
        return rows.filter(gone)

    def filter_territory(self, rows: models.QuerySet, name: str, value) -> models.QuerySet:
        """Organisations with a place there; a région stands for its départements (P2)."""
        places = Territory.objects.filter(pk=value.pk).departments()
        here = Establishment.objects.filter(department__in=places)
        return rows.filter(pk__in=here.values("organisation"))

    def filter_insee(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Organisations that the register has something to say about."""
        if value == "awaits":
            return rows.filter(insee_synced_at=None)
        return rows.filter(**{f"insee_{value}": True})


class OrganisationForm(DirectoryForm):
    """An organisation. Some fields are for administrators or for the referent only."""

    siren = IdentifierField(
        label="SIREN",
        required=False,
        empty_value=None,
        help_text="Neuf chiffres. Laissez vide s’il n’est pas encore connu.",
    )
    head_office_nic = IdentifierField(
        label="NIC du siège", required=False, help_text="Les cinq derniers chiffres du SIRET."
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        if not self.for_user.is_administrator:
            self.fields.pop("is_operator", None)
            self.fields.pop("operated_territories", None)
        if self.instance._state.adding or not can_change_referent(self.for_user, self.instance):
            self.fields.pop("referent", None)


def choices(name: str, **kwargs) -> FieldPanel:
    """A list to tick."""
    return FieldPanel(name, widget=forms.CheckboxSelectMultiple, **kwargs)


def section(name: str, heading: str) -> MultiFieldPanel:
    """A list to tick under its own heading, folded."""
    return MultiFieldPanel([choices(name)], heading=heading, classname="collapsed")


def lines(texts: Iterable[str]) -> str:
    """One line per text."""
    return format_html_join("", "<div>{}</div>", ((text,) for text in texts))


def in_words(part: Completeness) -> str:
    """How complete a part is, and the names of what it lacks."""
    missing = ", ".join(field.label for field in part.missing)
    return f"{part.percent} % (manque : {missing})" if missing else "complet"


class OrganisationCreateView(RecordCreateView):
    """Creates an organisation; a link may bring its SIREN and name (SPEC A9)."""

    def get_initial(self) -> dict:
        asked = self.request.GET
        return {name: asked[name] for name in ("siren", "name") if name in asked}


class OrganisationInspectView(InspectView):
    """The record with its places and people."""

    def links(self, rows: models.QuerySet, namespace: str) -> str:
        """One link per row."""
        items = ((reverse(f"{namespace}:inspect", args=[row.pk]), str(row)) for row in rows)
        return format_html_join("", '<div><a href="{}">{}</a></div>', items)

    def show_establishments(self) -> str:
        rows = self.object.establishments.select_related("organisation")
        return self.links(rows, "establishment")

    def show_contacts(self) -> str:
        rows = self.object.contacts.current().select_related("user", "organisation")
        return self.links(rows, "contact")

    def show_completeness(self) -> str:
        """How complete each part of the record is, and what it lacks (P4)."""
        contacts = self.object.contacts.current().select_related("user", "organisation")
        found = [("Structure", organisation_completeness(self.object))]
        found += [
            (str(place), establishment_completeness(place))
            for place in self.object.establishments.select_related("organisation")
        ]
        found += [
            (str(contact.user), contact_completeness(contact))
            for contact in contacts.prefetch_related(*LISTS)
        ]
        return lines(f"{name} : {in_words(part)}" for name, part in found)

    def show_legacy_values(self) -> str:
        """The old values of Enée that nobody has entered again (P6)."""
        values = self.object.legacy_values.unhandled().select_related("contact__user")
        return lines(
            f"{value} ({value.contact.user})" if value.contact else str(value) for value in values
        )


class OrganisationViewSet(DirectoryViewSet):
    """Organisations."""

    model = Organisation
    url_prefix = "structures"
    icon = "group"
    list_display = [
        "name",
        "siren",
        Column("roles", label="Rôles", accessor=roles),
        "referent",
        "is_active",
    ]
    list_export = [
        "siren",
        "name",
        "acronym",
        "is_provider",
        "is_beneficiary",
        "is_operator",
        "is_cae",
        "is_active",
        "legal_form",
        "naf",
        "opco",
        "headcount_band",
        "referent.user",
        "referent.operator",
        "skills",
        "sectors",
        "territories",
        "website",
        "confirmed_at",
        "insee_synced_at",
    ]
    filterset_class = OrganisationFilterSet
    search = {"pk": Organisation}
    ordering = "name"
    related = (
        "referent__user",
        "referent__operator",
        "legal_form",
        "naf",
        "opco",
        "headcount_band",
    )
    prefetched = ("skills", "sectors", "territories")
    labels = {
        "referent.user": "Référent·e",
        "referent.operator": "Structure porteuse de la ou du référent·e",
        "head_office_siret": "SIRET du siège",
        "establishments": "Établissements",
        "contacts": "Contacts",
        "completeness": "Complétude de la fiche",
        "legacy_values": "Anciennes valeurs d’Enée à ressaisir",
    }
    add_view_class = OrganisationCreateView
    inspect_view_class = OrganisationInspectView
    inspect_view_fields = [
        "siren",
        "name",
        "acronym",
        "head_office_siret",
        "is_provider",
        "is_beneficiary",
        "is_operator",
        "is_cae",
        "is_active",
        "legal_form",
        "naf",
        "opco",
        "headcount_band",
        "approvals",
        "certifications",
        "networks",
        "skills",
        "sectors",
        "territories",
        "operated_territories",
        "presentation",
        "website",
        "other_characteristics",
        "referent",
        "establishments",
        "contacts",
        "completeness",
        "confirmed_at",
        "legacy_values",
        "insee_synced_at",
        "insee_closed",
        "insee_restricted",
    ]
    edit_handler = TabbedInterface(
        [
            ObjectList(
                [
                    FieldPanel("name"),
                    FieldRowPanel([FieldPanel("siren"), FieldPanel("head_office_nic")]),
                    FieldPanel("acronym"),
                    FieldPanel("legal_form"),
                    FieldPanel("naf"),
                    FieldRowPanel([FieldPanel("opco"), FieldPanel("headcount_band")]),
                ],
                heading="Identité",
            ),
            ObjectList(
                [
                    section("skills", "Compétences"),
                    section("sectors", "Secteurs"),
                    section("territories", "Territoires d’intervention"),
                    section("approvals", "Agréments"),
                    section("certifications", "Certifications"),
                    section("networks", "Réseaux"),
                ],
                heading="Compétences et territoires",
            ),
            ObjectList(
                [
                    FieldPanel("presentation"),
                    FieldPanel("website"),
                    FieldPanel("other_characteristics"),
                ],
                heading="Présentation",
            ),
            ObjectList(
                [
                    FieldPanel("is_provider"),
                    FieldPanel("is_beneficiary"),
                    FieldPanel("is_cae"),
                    FieldPanel(
                        "is_active",
                        help_text="Une structure inactive n’est ni proposée ni sollicitée. "
                        "Ses contacts lisent sans modifier.",
                    ),
                    FieldPanel("is_operator"),
                    section("operated_territories", "Territoires couverts"),
                    FieldPanel("referent"),
                ],
                heading="Rôles et suivi",
            ),
        ],
        base_form_class=OrganisationForm,
    )

    def may_edit(self, user, record: Organisation) -> bool:
        return bool(can_edit_record(user, record))
