"""Screens of establishments."""

import django_filters
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList

from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.forms import IdentifierField
from ilo_cms.directory.admin.common import DirectoryForm, DirectoryViewSet
from ilo_cms.directory.models import Establishment, Organisation
from ilo_cms.directory.policies import can_edit_record
from ilo_cms.referentials.models import Territory


class EstablishmentFilterSet(RecordFilterSet):
    """Establishments by place and state."""

    department = django_filters.ModelChoiceFilter(
        label="Département",
        queryset=Territory.objects.filter(kind=Territory.Kind.DEPARTMENT),
    )
    city = django_filters.CharFilter(label="Commune", lookup_expr="icontains")

    class Meta:
        model = Establishment
        fields = ["is_active"]


class EstablishmentForm(DirectoryForm):
    """A place. Its organisation is chosen once: an establishment does not move (SPEC P5)."""

    nic = IdentifierField(
        label="NIC", required=False, help_text="Les cinq derniers chiffres du SIRET."
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        departments = self.fields["department"]
        departments.queryset = departments.queryset.filter(kind=Territory.Kind.DEPARTMENT)
        if not self.instance._state.adding:
            self.fields.pop("organisation", None)

    def department_code(self) -> str:
        department = self.cleaned_data.get("department")
        return department.code if department else ""


class EstablishmentViewSet(DirectoryViewSet):
    """Establishments."""

    model = Establishment
    url_prefix = "etablissements"
    icon = "home"
    list_display = ["__str__", "organisation", "siret", "city", "department", "is_active"]
    list_export = [
        "siret",
        "name",
        "organisation",
        "address",
        "postcode",
        "city",
        "department",
        "phone",
        "email",
        "is_active",
    ]
    filterset_class = EstablishmentFilterSet
    search = {"organisation": Organisation, "name": None, "city": None, "nic": None}
    related = ("organisation", "department")
    labels = {
        "siret": "SIRET",
        "address": "Adresse",
        "is_head_office": "Siège de la structure",
        "__str__": "Établissement",
    }
    inspect_view_fields = [
        "organisation",
        "name",
        "siret",
        "is_head_office",
        "address",
        "department",
        "phone",
        "email",
        "is_active",
    ]
    edit_handler = ObjectList(
        [
            FieldPanel("organisation"),
            FieldRowPanel([FieldPanel("name"), FieldPanel("nic")]),
            MultiFieldPanel(
                [
                    FieldPanel("address_line"),
                    FieldPanel("address_complement"),
                    FieldRowPanel([FieldPanel("postcode"), FieldPanel("city")]),
                    FieldPanel("department"),
                ],
                heading="Adresse",
                help_text="L’adresse vient de l’INSEE : ne la corrigez que si l’INSEE se trompe.",
            ),
            FieldRowPanel([FieldPanel("phone"), FieldPanel("email")]),
            FieldPanel("is_active"),
        ],
        base_form_class=EstablishmentForm,
    )

    def may_edit(self, user, record: Establishment) -> bool:
        return bool(can_edit_record(user, record.organisation))
