"""Screens of the reference lists: administrators edit them (SPEC O4), officers read them."""

from wagtail.admin.panels import FieldPanel, ObjectList
from wagtail.admin.viewsets.model import ModelViewSetGroup

from ilo_cms.core.admin.choosers import RecordChooserViewSet
from ilo_cms.core.admin.forms import RecordForm
from ilo_cms.core.admin.viewsets import ReadOnlyViewSet, RecordViewSet
from ilo_cms.referentials.models import (
    Approval,
    Certification,
    ContactChannel,
    DocumentType,
    GenericMailbox,
    HeadcountBand,
    LegalForm,
    NafCode,
    Network,
    Opco,
    PlatformSettings,
    Reference,
    Sector,
    Skill,
    SkillGroup,
    Territory,
)


#: What the fields of a list's row are for, where their names do not say it.
HINTS = {
    "code": "Un nom court et unique, qui ne s’affiche pas et ne change plus ensuite.",
    "position": "Les plus petits nombres viennent en premier dans les listes.",
    "validity_months": "Laissez vide si ce document n’a pas de fin de validité.",
}


class ReferenceForm(RecordForm):
    """A row of a list. Its code is given once: imports and migrations know the row by it."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in HINTS.keys() & self.fields.keys():
            self.fields[name].help_text = HINTS[name]
        if "code" in self.fields and self.instance.pk:
            self.fields["code"].disabled = True


class ReferenceViewSet(RecordViewSet):
    """A list that administrators keep."""

    icon = "list-ul"
    list_display = ["label", "code", "position", "is_active"]
    list_export = ["code", "label", "position", "is_active"]
    list_filter = ["is_active"]
    #: The fields of the form, after the common ones.
    extra_fields: tuple[str, ...] = ()

    def __init__(self, model: type[Reference], url_prefix: str, **kwargs) -> None:
        super().__init__(model=model, url_prefix=f"referentiels/{url_prefix}", **kwargs)
        self.search = {"pk": model}

    @property
    def edit_handler(self) -> ObjectList:
        """The form's panels."""
        fields = ["label", "code", *self.extra_fields, "position", "is_active"]
        return ObjectList([FieldPanel(name) for name in fields], base_form_class=ReferenceForm)

    @property
    def inspect_view_fields(self) -> list[str]:
        """What inspection shows."""
        return ["label", "code", *self.extra_fields, "position", "is_active"]


class OfficialViewSet(ReferenceViewSet):
    """An official list: loaded, never retyped. Administrators choose which rows are offered."""

    closed_views = ReferenceViewSet.closed_views | {"add"}
    list_display = ["label", "code", "is_active"]
    edit_handler = ObjectList([FieldPanel("is_active")], base_form_class=RecordForm)


class TerritoryViewSet(ReadOnlyViewSet):
    """Régions and départements, by their official codes."""

    model = Territory
    url_prefix = "referentiels/territoires"
    icon = "site"
    list_display = ["label", "code", "kind", "region"]
    list_export = ["kind", "code", "label", "region"]
    list_filter = ["kind"]
    inspect_view_fields = ["label", "code", "kind", "region"]
    related = ("region",)
    search = {"pk": Territory}


class PlatformSettingsViewSet(RecordViewSet):
    """The platform's settings: one row, made by `setup_ilo`, that administrators edit."""

    model = PlatformSettings
    url_prefix = "reglages"
    icon = "cogs"
    menu_label = "Réglages"
    closed_views = RecordViewSet.closed_views | {"add"}
    list_display = ["__str__"]
    list_export = [
        "activation_days",
        "answer_days",
        "maximum_skills",
        "confirmation_months",
        "tender_reminder_days",
        "expiry_first_days",
        "expiry_last_days",
        "support_email",
    ]
    labels = {"__str__": "Réglages"}
    inspect_view_fields = list_export
    edit_handler = ObjectList(
        [FieldPanel(name) for name in list_export], base_form_class=RecordForm
    )


class ReferenceGroup(ModelViewSetGroup):
    """The menu entry "Référentiels"."""

    menu_label = "Référentiels"
    menu_icon = "list-ul"
    menu_order = 400
    items = (
        ReferenceViewSet(
            Skill,
            "competences",
            extra_fields=("group",),
            related=("group",),
            list_display=["label", "group", "position", "is_active"],
            list_filter=["group", "is_active"],
            list_export=["code", "label", "group", "position", "is_active"],
        ),
        ReferenceViewSet(SkillGroup, "familles-de-competences"),
        ReferenceViewSet(Sector, "secteurs"),
        TerritoryViewSet(),
        ReferenceViewSet(
            DocumentType,
            "types-de-document",
            extra_fields=(
                "formats",
                "maximum_megabytes",
                "validity_months",
                "audience",
                "accepts_encrypted",
            ),
            list_display=["label", "formats", "maximum_megabytes", "validity_months", "is_active"],
            list_filter=["audience", "is_active"],
        ),
        ReferenceViewSet(Approval, "agrements"),
        ReferenceViewSet(Certification, "certifications"),
        ReferenceViewSet(Network, "reseaux"),
        ReferenceViewSet(ContactChannel, "formes-de-contact"),
        ReferenceViewSet(GenericMailbox, "adresses-generiques"),
        OfficialViewSet(LegalForm, "formes-juridiques"),
        OfficialViewSet(NafCode, "codes-naf", extra_fields=("revision",), list_filter=["revision"]),
        OfficialViewSet(Opco, "opco"),
        OfficialViewSet(HeadcountBand, "effectifs", extra_fields=("minimum", "maximum")),
        PlatformSettingsViewSet("platform_settings"),
    )


class ReferenceChooserViewSet(RecordChooserViewSet):
    """A chooser of a long list: the rows still proposed."""

    icon = "list-ul"

    def offered(self, rows, user):
        """Inactive rows are not chosen again."""
        return rows.active()


legal_form_chooser = ReferenceChooserViewSet(
    "legal_form_chooser",
    model=LegalForm,
    search={"pk": LegalForm},
    choose_one_text="Choisir une forme juridique",
    choose_another_text="Choisir une autre forme juridique",
)
naf_chooser = ReferenceChooserViewSet(
    "naf_chooser",
    model=NafCode,
    search={"pk": NafCode},
    choose_one_text="Choisir un code NAF",
    choose_another_text="Choisir un autre code NAF",
)
