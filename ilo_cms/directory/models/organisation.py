"""Legal entities. One organisation may be provider, beneficiary and operator at once."""

from django.db import models
from django.db.models import Q
from wagtail.search import index

from ilo_cms.core.identifiers import validate_nic, validate_siren
from ilo_cms.core.models import TimestampedModel, UUIDModel, WebAddressField
from ilo_cms.referentials.models import (
    Approval,
    Certification,
    HeadcountBand,
    LegalForm,
    NafCode,
    Network,
    Opco,
    Sector,
    Skill,
    Territory,
)


class Origin(models.TextChoices):
    """Where a value comes from (SPEC P7). `origins` of a record maps field name to one of these."""

    INSEE = "insee", "INSEE"
    PROVIDER = "provider", "Structure"
    OFFICER = "officer", "Chargé·e d’accompagnement"
    ENEE = "enee", "Enée"


class OrganisationQuerySet(models.QuerySet):
    """Who may see which organisation, and the usual selections."""

    def visible_to(self, user):
        """Officers and administrators see every record (SPEC A10); a person sees their own."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        return self.filter(Q(contacts__user=user, contacts__has_access=True)).distinct()

    def providers(self):
        """Organisations that advise."""
        return self.filter(is_provider=True)

    def beneficiaries(self):
        """Organisations that are accompanied."""
        return self.filter(is_beneficiary=True)

    def operators(self):
        """Organisations that employ officers."""
        return self.filter(is_operator=True)

    def active(self):
        """Organisations that may be suggested and invited (SPEC A8)."""
        return self.filter(is_active=True)


class Organisation(index.Indexed, UUIDModel, TimestampedModel):
    """A legal entity, known by its SIREN once INSEE or an officer has given it.

    `insee` keeps the register's latest values by field name, so that moderation can show them
    beside a request even after an officer settled another value by hand.
    """

    siren = models.CharField(
        "SIREN", max_length=9, null=True, blank=True, unique=True, validators=[validate_siren]
    )
    name = models.CharField("dénomination", max_length=255, db_index=True)
    acronym = models.CharField("sigle", max_length=100, blank=True)
    head_office_nic = models.CharField(
        "NIC du siège", max_length=5, blank=True, validators=[validate_nic]
    )
    legal_form = models.ForeignKey(
        LegalForm,
        verbose_name="forme juridique",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # official codes are made inactive, not deleted
    )
    naf = models.ForeignKey(
        NafCode,
        verbose_name="code NAF",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    opco = models.ForeignKey(
        Opco,
        verbose_name="OPCO",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    headcount_band = models.ForeignKey(
        HeadcountBand,
        verbose_name="effectif",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    is_provider = models.BooleanField("prestataire", default=False)
    is_beneficiary = models.BooleanField("bénéficiaire", default=False)
    is_operator = models.BooleanField("structure porteuse", default=False)
    is_cae = models.BooleanField("coopérative d’activités et d’emploi (CAE)", default=False)
    is_active = models.BooleanField("active", default=True)
    presentation = models.TextField("présentation", blank=True)
    website = WebAddressField("site internet", blank=True)
    other_characteristics = models.TextField("autres caractéristiques", blank=True)
    approvals = models.ManyToManyField(Approval, verbose_name="agréments", blank=True)
    certifications = models.ManyToManyField(
        Certification, verbose_name="certifications", blank=True
    )
    networks = models.ManyToManyField(Network, verbose_name="réseaux", blank=True)
    skills = models.ManyToManyField(Skill, verbose_name="compétences", blank=True)
    sectors = models.ManyToManyField(Sector, verbose_name="secteurs", blank=True)
    territories = models.ManyToManyField(
        Territory, verbose_name="territoires d’intervention", related_name="+", blank=True
    )
    operated_territories = models.ManyToManyField(
        Territory,
        verbose_name="territoires couverts par la structure porteuse",
        related_name="operators",
        blank=True,
    )
    referent = models.ForeignKey(
        "directory.Officer",
        verbose_name="référent·e",
        related_name="referred_organisations",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the record outlives its officer, who is then replaced (M4)
    )
    confirmed_at = models.DateTimeField("informations confirmées le", null=True, blank=True)
    confirmation_asked_at = models.DateTimeField(
        "confirmation demandée le", null=True, blank=True, editable=False
    )
    insee = models.JSONField("valeurs INSEE", default=dict, blank=True)
    insee_synced_at = models.DateTimeField("synchronisée avec l’INSEE le", null=True, blank=True)
    insee_closed = models.BooleanField("cessée selon l’INSEE", default=False)
    insee_restricted = models.BooleanField("diffusion restreinte (INSEE)", default=False)
    origins = models.JSONField("origine des valeurs", default=dict, blank=True)

    objects = OrganisationQuerySet.as_manager()
    search_fields = [
        index.SearchField("name"),
        index.SearchField("acronym"),
        index.AutocompleteField("name"),
        index.AutocompleteField("siren"),
        index.FilterField("is_provider"),
        index.FilterField("is_beneficiary"),
        index.FilterField("is_operator"),
        index.FilterField("is_active"),
    ]

    class Meta:
        verbose_name = "structure"
        verbose_name_plural = "structures"
        ordering = ["name", "id"]
        indexes = [
            models.Index(fields=["is_provider", "is_active", "name"], name="organisation_providers")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def head_office_siret(self) -> str:
        """SIRET of the head office: SIREN and NIC, or an empty text while one is unknown."""
        return f"{self.siren}{self.head_office_nic}" if self.siren and self.head_office_nic else ""

    @property
    def awaits_insee(self) -> bool:
        """Whether the record is still "à synchroniser" (SPEC I4)."""
        return self.insee_synced_at is None
