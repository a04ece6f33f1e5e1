"""Old values of Enée for which the new lists have no equivalent (SPEC L3, P6)."""

from django.db import models

from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models.contact import Contact
from ilo_cms.directory.models.organisation import Organisation


class LegacyQuerySet(models.QuerySet):
    """Who may see which old value, and which still wait to be entered again."""

    def visible_to(self, user):
        """Those of the organisations this person may see."""
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def of(self, contact: Contact):
        """What this contact may enter again: their organisation's old values and their own."""
        return self.filter(
            models.Q(contact=None) | models.Q(contact=contact), organisation=contact.organisation_id
        )

    def unhandled(self):
        """Values that nobody has dealt with yet."""
        return self.filter(handled_at=None)

    def of_lists(self):
        """Values that one of the new lists may replace; the others are for an officer to read."""
        return self.filter(kind__in=LegacyValue.LISTS)


class LegacyValue(UUIDModel):
    """One old value, kept as it was so that its owner can re-enter it. Nothing is guessed."""

    class Kind(models.TextChoices):
        SKILL = "skill", "Compétence"
        SECTOR = "sector", "Secteur"
        TERRITORY = "territory", "Territoire"
        IDENTIFIER = "identifier", "Identifiant"
        OTHER = "other", "Autre"

    #: The field of contacts and organisations that takes the place of each kind of old value.
    LISTS = {Kind.SKILL: "skills", Kind.SECTOR: "sectors", Kind.TERRITORY: "territories"}

    organisation = models.ForeignKey(
        Organisation,
        verbose_name="structure",
        related_name="legacy_values",
        on_delete=models.CASCADE,  # old values go with their record
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name="contact",
        related_name="legacy_values",
        null=True,
        blank=True,
        on_delete=models.CASCADE,  # as above
    )
    kind = models.CharField("nature", max_length=12, choices=Kind.choices)
    code = models.CharField("ancien code", max_length=60, blank=True)
    label = models.CharField("ancien libellé", max_length=255)
    handled_at = models.DateTimeField("ressaisie le", null=True, blank=True)

    objects = LegacyQuerySet.as_manager()

    class Meta:
        verbose_name = "ancienne valeur"
        verbose_name_plural = "anciennes valeurs"
        ordering = ["organisation", "kind", "label"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} : {self.label}"
