"""Places of an organisation."""

from django.db import models
from django.db.models import Q

from ilo_cms.core.identifiers import validate_nic, validate_postcode
from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models.organisation import Organisation
from ilo_cms.referentials.models import Territory


class EstablishmentQuerySet(models.QuerySet):
    """Who may see which establishment."""

    def visible_to(self, user):
        """Those of the organisations this person may see."""
        return self.filter(organisation__in=Organisation.objects.visible_to(user))


class Establishment(UUIDModel, TimestampedModel):
    """A place of an organisation: SIRET = SIREN + NIC. The address comes from INSEE."""

    organisation = models.ForeignKey(
        Organisation,
        verbose_name="structure",
        related_name="establishments",
        on_delete=models.PROTECT,  # assignments hang on establishments
    )
    nic = models.CharField("NIC", max_length=5, blank=True, validators=[validate_nic])
    name = models.CharField("dénomination", max_length=255, blank=True)
    address_complement = models.CharField("complément d’adresse", max_length=255, blank=True)
    address_line = models.CharField("numéro et voie", max_length=255, blank=True)
    postcode = models.CharField(
        "code postal", max_length=5, blank=True, validators=[validate_postcode]
    )
    city = models.CharField("commune", max_length=100, blank=True)
    city_code = models.CharField("code commune", max_length=5, blank=True)
    department = models.ForeignKey(
        Territory,
        verbose_name="département",
        related_name="establishments",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # official codes are never deleted
    )
    phone = models.CharField("téléphone", max_length=20, blank=True)
    email = models.EmailField("adresse électronique", blank=True)
    is_active = models.BooleanField("ouvert", default=True)
    insee = models.JSONField("valeurs INSEE", default=dict, blank=True)
    origins = models.JSONField("origine des valeurs", default=dict, blank=True)

    objects = EstablishmentQuerySet.as_manager()

    class Meta:
        verbose_name = "établissement"
        verbose_name_plural = "établissements"
        ordering = ["organisation", "nic", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "nic"],
                condition=~Q(nic=""),
                name="establishment_nic",
                violation_error_message="Cette structure a déjà un établissement de ce NIC.",
            )
        ]

    def __str__(self) -> str:
        return " · ".join(filter(None, [self.name or self.organisation.name, self.city]))

    @property
    def siret(self) -> str:
        """SIREN and NIC, or an empty text while one is unknown."""
        siren = self.organisation.siren
        return f"{siren}{self.nic}" if siren and self.nic else ""

    @property
    def is_head_office(self) -> bool:
        """Whether this is the place that INSEE calls the seat."""
        return bool(self.nic) and self.nic == self.organisation.head_office_nic

    @property
    def address(self) -> str:
        """The postal address on one line."""
        place = f"{self.postcode} {self.city}".strip()
        return ", ".join(filter(None, [self.address_complement, self.address_line, place]))
