"""Memberships: in which capacity a person belongs to an organisation."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from ilo_cms.core.identifiers import readable_phone
from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models.establishment import Establishment
from ilo_cms.directory.models.organisation import Organisation
from ilo_cms.referentials.models import ContactChannel, Sector, Skill, Territory


class ContactQuerySet(models.QuerySet):
    """Who may see which contact, and in which capacity a person may act."""

    def visible_to(self, user):
        """Officers see every contact; a person sees those of their organisations."""
        return self.filter(organisation__in=Organisation.objects.visible_to(user))

    def current(self):
        """Memberships that have not ended."""
        return self.filter(ended_on=None)

    def reachable(self):
        """People one can write to: still there, with an address and an account not closed."""
        return self.current().filter(user__is_active=True).exclude(user__email=None)

    def choosable(self):
        """Of a person's: what they may choose at login, former ones too, read-only (SPEC A7)."""
        rows = self.filter(has_access=True).select_related("organisation")
        return rows.order_by("ended_on", "organisation__name")


class Contact(UUIDModel, TimestampedModel):
    """One person's membership in one organisation, through one establishment.

    The person's names and email belong to the account; the rest is said here, per organisation.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="personne",
        related_name="contacts",
        on_delete=models.PROTECT,  # a person with memberships is anonymised, not deleted
    )
    organisation = models.ForeignKey(
        Organisation,
        verbose_name="structure",
        related_name="contacts",
        on_delete=models.PROTECT,  # memberships are history
    )
    establishment = models.ForeignKey(
        Establishment,
        verbose_name="établissement",
        related_name="contacts",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above; empty when the migrated export did not say
    )
    function = models.CharField("fonction", max_length=150, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    other_phone = models.CharField("autre téléphone", max_length=20, blank=True)
    preferred_channel = models.ForeignKey(
        ContactChannel,
        verbose_name="forme de contact préférée",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # lists are made inactive, not deleted
    )
    has_access = models.BooleanField("accès à l’extranet", default=False)
    ended_on = models.DateField("a quitté la structure le", null=True, blank=True)
    presentation = models.TextField("présentation", blank=True)
    skills = models.ManyToManyField(Skill, verbose_name="compétences", blank=True)
    sectors = models.ManyToManyField(Sector, verbose_name="secteurs", blank=True)
    territories = models.ManyToManyField(
        Territory, verbose_name="territoires d’intervention", related_name="+", blank=True
    )
    origins = models.JSONField("origine des valeurs", default=dict, blank=True)

    objects = ContactQuerySet.as_manager()

    class Meta:
        verbose_name = "contact"
        verbose_name_plural = "contacts"
        ordering = ["user__last_name", "user__first_name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["user", "organisation"],
                condition=Q(ended_on=None),
                name="contact_current_once",
                violation_error_message="Cette personne est déjà contact de cette structure.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.organisation})"

    @property
    def readable_phone(self) -> str:
        """The phone number as people write it."""
        return readable_phone(self.phone)

    @property
    def is_former(self) -> bool:
        """Whether the person has left: they still read their history (SPEC A7)."""
        return self.ended_on is not None
