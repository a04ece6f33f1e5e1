"""Reference lists: official codes (INSEE, France compétences) and the lists administrators keep.

Rows are never deleted once used: an outdated one is made inactive and disappears from new choices.
Initial rows live in fixtures/referentials/ and are loaded by `manage.py load_referentials`.
"""

import re

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from wagtail.search import index


class ReferenceQuerySet(models.QuerySet):
    """Queries that every reference list answers."""

    def active(self):
        """Rows that may still be chosen."""
        return self.filter(is_active=True)


class Reference(index.Indexed, models.Model):
    """One row of a reference list, known by its code."""

    code = models.CharField("code", max_length=40, unique=True)
    label = models.CharField("libellé", max_length=255)
    position = models.PositiveIntegerField("ordre", default=0)
    is_active = models.BooleanField("proposé au choix", default=True)

    objects = ReferenceQuerySet.as_manager()
    search_fields = [
        index.SearchField("label"),
        index.AutocompleteField("label"),
        index.AutocompleteField("code"),
        index.FilterField("is_active"),
    ]

    class Meta:
        abstract = True
        ordering = ["position", "label"]

    def __str__(self) -> str:
        return self.label


class SkillGroup(Reference):
    """A family of support themes."""

    class Meta(Reference.Meta):
        verbose_name = "famille de compétences"
        verbose_name_plural = "familles de compétences"


class Skill(Reference):
    """A support theme: one list serves providers' skills and tenders' themes."""

    group = models.ForeignKey(
        SkillGroup,
        verbose_name="famille",
        related_name="skills",
        on_delete=models.PROTECT,  # a skill without family could not be shown
    )

    class Meta(Reference.Meta):
        verbose_name = "compétence"
        verbose_name_plural = "compétences"


class Sector(Reference):
    """An activity sector of beneficiaries."""

    class Meta(Reference.Meta):
        verbose_name = "secteur"
        verbose_name_plural = "secteurs"


class TerritoryQuerySet(models.QuerySet):
    """Queries on the two levels of territories."""

    def departments(self):
        """The départements meant by these territories: themselves, or those of a region (P2)."""
        return Territory.objects.filter(kind=Territory.Kind.DEPARTMENT).filter(
            models.Q(pk__in=self.values("pk")) | models.Q(region__in=self.values("pk"))
        )


class Territory(index.Indexed, models.Model):
    """A région or a département, by its official code (INSEE, code officiel géographique 2026).

    A region stands for its départements (SPEC P2): `TerritoryQuerySet.departments()` expands it.
    """

    class Kind(models.TextChoices):
        REGION = "region", "Région"
        DEPARTMENT = "departement", "Département"

    kind = models.CharField("nature", max_length=12, choices=Kind.choices)
    code = models.CharField("code", max_length=3)
    label = models.CharField("nom", max_length=100)
    region = models.ForeignKey(
        "self",
        verbose_name="région",
        related_name="children",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # a département without region would leave the hierarchy
    )

    objects = TerritoryQuerySet.as_manager()
    search_fields = [
        index.SearchField("label"),
        index.AutocompleteField("label"),
        index.AutocompleteField("code"),
        index.FilterField("kind"),
    ]

    class Meta:
        verbose_name = "territoire"
        verbose_name_plural = "territoires"
        ordering = ["-kind", "code"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "code"], name="territory_kind_code"),
        ]

    def __str__(self) -> str:
        return f"{self.label} ({self.code})" if self.kind == self.Kind.DEPARTMENT else self.label


class LegalForm(Reference):
    """A legal category of INSEE (catégories juridiques, three levels: 1, 2 or 4 digits)."""

    level = models.PositiveSmallIntegerField("niveau")

    class Meta(Reference.Meta):
        verbose_name = "forme juridique"
        verbose_name_plural = "formes juridiques"
        ordering = ["code"]


class NafCode(Reference):
    """An activity code. NAF rev. 2 and NAF 2025 share no code: the code tells which it is."""

    class Revision(models.TextChoices):
        REV2 = "rev2", "NAF rév. 2"
        NAF2025 = "2025", "NAF 2025"

    revision = models.CharField("nomenclature", max_length=4, choices=Revision.choices)

    class Meta(Reference.Meta):
        verbose_name = "code NAF"
        verbose_name_plural = "codes NAF"
        ordering = ["code"]

    def __str__(self) -> str:
        return f"{self.code} · {self.label}"


class Opco(Reference):
    """An opérateur de compétences (France compétences codes 01 to 11)."""

    class Meta(Reference.Meta):
        verbose_name = "OPCO"
        verbose_name_plural = "OPCO"


class HeadcountBand(Reference):
    """A band of employees, as Sirene codes it (NN, 00 … 53); bounds are inclusive."""

    minimum = models.PositiveIntegerField("de", null=True, blank=True)
    maximum = models.PositiveIntegerField("à", null=True, blank=True)

    class Meta(Reference.Meta):
        verbose_name = "tranche d’effectif"
        verbose_name_plural = "tranches d’effectif"


#: What "Mo" means here, as in the window where people see a file's size.
MEGABYTE = 1024 * 1024
#: No type may accept more: the web process reads no further (documents/uploads.py).
MAXIMUM_MEGABYTES = 100


class DocumentType(Reference):
    """A kind of file: formats, maximum size and how long it stays valid (SPEC D1)."""

    class Audience(models.TextChoices):
        OFFICERS = "officers", "Structure et chargé·es d’accompagnement"
        ENGAGEMENT = "engagement", "Parties de l’accompagnement"

    formats = models.CharField(
        "formats acceptés",
        max_length=100,
        help_text="Parmi pdf, docx, xlsx, odt, ods, png et jpg, séparés par des virgules.",
        validators=[
            RegexValidator(
                r"(?i)^\W*((pdf|docx|xlsx|odt|ods|png|jpe?g)(\W+|$))+$",
                "Choisissez parmi pdf, docx, xlsx, odt, ods, png et jpg, séparés par des virgules.",
            )
        ],
    )
    maximum_megabytes = models.PositiveSmallIntegerField(
        "taille maximale (Mo)",
        default=20,
        validators=[MinValueValidator(1), MaxValueValidator(MAXIMUM_MEGABYTES)],
    )
    validity_months = models.PositiveSmallIntegerField("validité (mois)", null=True, blank=True)
    audience = models.CharField(
        "visible par", max_length=12, choices=Audience.choices, default=Audience.OFFICERS
    )
    accepts_encrypted = models.BooleanField(
        "accepte les PDF protégés par un mot de passe",
        default=False,
        help_text="Leur contenu ne peut pas être vérifié : ils sont signalés à qui les lit.",
    )

    class Meta(Reference.Meta):
        verbose_name = "type de document"
        verbose_name_plural = "types de document"

    @property
    def is_renewable(self) -> bool:
        """Whether an organisation renews it on its record, asked or not (SPEC D6)."""
        return (
            self.is_active
            and self.audience == self.Audience.OFFICERS
            and self.validity_months is not None
        )

    @property
    def extensions(self) -> list[str]:
        """The accepted extensions, in lower case and without dot."""
        typed = re.findall(r"\w+", self.formats.lower())
        return list(dict.fromkeys("jpg" if name == "jpeg" else name for name in typed))

    @property
    def readable_formats(self) -> str:
        """The accepted formats in words: PDF, DOCX ou ODT."""
        *others, last = [name.upper() for name in self.extensions] or [""]
        return f"{', '.join(others)} ou {last}" if others else last

    @property
    def with_limits(self) -> str:
        """Its name with its formats and limit, for a list in which it is chosen (SPEC D1)."""
        return f"{self.label} ({self.readable_formats}, {self.maximum_megabytes} Mo au plus)"

    @property
    def maximum_bytes(self) -> int:
        """The size limit in bytes."""
        return self.maximum_megabytes * MEGABYTE


class Approval(Reference):
    """A public approval of a provider (agrément), for example ESUS."""

    class Meta(Reference.Meta):
        verbose_name = "agrément"
        verbose_name_plural = "agréments"


class Certification(Reference):
    """A certification of a provider, for example Qualiopi."""

    class Meta(Reference.Meta):
        verbose_name = "certification"
        verbose_name_plural = "certifications"


class Network(Reference):
    """A network that an organisation is a member of."""

    class Meta(Reference.Meta):
        verbose_name = "réseau"
        verbose_name_plural = "réseaux"


class ContactChannel(Reference):
    """How a person prefers to be reached or met."""

    class Meta(Reference.Meta):
        verbose_name = "forme de contact"
        verbose_name_plural = "formes de contact"


class GenericMailbox(Reference):
    """The part before @ of an address that belongs to nobody: contact, info … (SPEC A2)."""

    class Meta(Reference.Meta):
        verbose_name = "adresse générique refusée"
        verbose_name_plural = "adresses génériques refusées"
        ordering = ["code"]


class PlatformSettings(models.Model):
    """What administrators tune without code (SPEC O4): one row, read with `current`."""

    activation_days = models.PositiveSmallIntegerField(
        "durée des liens d’activation, en jours",
        default=7,
        validators=[MinValueValidator(1)],
    )
    answer_days = models.PositiveSmallIntegerField(
        "délai de réponse de la ou du référent·e, en jours",
        default=10,
        validators=[MinValueValidator(1)],
        help_text="Passé ce délai, les autres chargé·es du territoire peuvent traiter une demande "
        "de modération.",
    )
    maximum_skills = models.PositiveSmallIntegerField(
        "nombre maximal de compétences par fiche",
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="Laissez vide pour ne pas limiter.",
    )
    confirmation_months = models.PositiveSmallIntegerField(
        "rappel de mise à jour des fiches, en mois",
        default=12,
        validators=[MinValueValidator(1)],
    )
    tender_reminder_days = models.PositiveSmallIntegerField(
        "rappel avant l’échéance d’une mise en concurrence, en jours",
        default=3,
        validators=[MinValueValidator(1)],
        help_text="Un second rappel part la veille.",
    )
    expiry_first_days = models.PositiveSmallIntegerField(
        "premier rappel avant la fin de validité d’une pièce, en jours",
        default=30,
        validators=[MinValueValidator(1)],
        help_text="C’est aussi le délai à partir duquel une pièce est dite « expire bientôt ».",
    )
    expiry_last_days = models.PositiveSmallIntegerField(
        "dernier rappel avant la fin de validité d’une pièce, en jours",
        default=7,
        validators=[MinValueValidator(1)],
        help_text="Au plus le délai du premier rappel ; s’ils sont égaux, un seul part.",
    )
    support_email = models.EmailField("adresse de l’assistance nationale", blank=True)

    class Meta:
        verbose_name = "réglages"
        verbose_name_plural = "réglages"

    def __str__(self) -> str:
        return "Réglages de la plateforme"

    def clean(self) -> None:
        """The last reminder does not come before the first."""
        first, last = self.expiry_first_days, self.expiry_last_days
        if first and last and last > first:
            raise ValidationError(
                {"expiry_last_days": f"Choisissez {first} jours au plus : c’est le premier rappel."}
            )

    @classmethod
    def current(cls) -> "PlatformSettings":
        """The settings in force: the stored row, or the defaults while there is none."""
        return cls.objects.filter(pk=1).first() or cls(pk=1)
