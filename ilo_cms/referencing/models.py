"""What a visitor asks for: access to a structure that is known, or a first listing (SPEC A9).

Whether the structure or the person is known is looked up when an officer reads the request, never
while the visitor is answered: the public page tells nobody who is listed.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q

from ilo_cms.accounts.models import User
from ilo_cms.core.identifiers import validate_siren
from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models import Officer, Organisation
from ilo_cms.referentials.models import Territory


class Wish(models.TextChoices):
    """What the visitor wants."""

    ACCESS = "access", "Ouvrir l’accès de ma structure, déjà connue"
    FIRST = "first", "Être référencé·e pour la première fois"


class ReferencingRequestQuerySet(models.QuerySet):
    """Who reads requests, and which ones wait."""

    def visible_to(self, user):
        """The intranet reads every request: an officer may stand in for another."""
        return self if user.is_authenticated and user.is_staff else self.none()

    def pending(self):
        """Requests that nobody has dealt with."""
        return self.filter(handled_at=None)

    def awaiting(self, officer: Officer):
        """Requests that wait on the territory of an officer."""
        territory = officer.operator.operated_territories.all()
        return self.pending().filter(department__in=territory.departments())

    def without_officer(self):
        """Requests that wait where no officer in post covers the département."""
        officers = Officer.objects.active()
        covered = Territory.objects.filter(operators__officers__in=officers).departments()
        return self.pending().exclude(department__in=covered)


class ReferencingRequest(UUIDModel):
    """One visitor's request, as it was typed. Its state is read from its dates."""

    wish = models.CharField("demande", max_length=10, choices=Wish.choices)
    siren = models.CharField("SIREN", max_length=9, validators=[validate_siren])
    organisation_name = models.CharField("structure", max_length=255)
    last_name = models.CharField("nom", max_length=100)
    first_name = models.CharField("prénom", max_length=100)
    email = models.EmailField("adresse électronique")
    phone = models.CharField("téléphone", max_length=20, blank=True)
    function = models.CharField("fonction", max_length=150, blank=True)
    department = models.ForeignKey(
        Territory,
        verbose_name="département",
        related_name="+",
        on_delete=models.PROTECT,  # official codes are never deleted
    )
    message = models.TextField("message", blank=True)
    created_at = models.DateTimeField("reçue le", auto_now_add=True)
    handled_at = models.DateTimeField("traitée le", null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="traitée par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the log says who
    )
    outcome = models.TextField("suite donnée", blank=True)

    objects = ReferencingRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "demande de référencement"
        verbose_name_plural = "demandes de référencement"
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["email", "siren"],
                condition=Q(handled_at=None),
                name="referencing_pending_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation_name}, {self.first_name} {self.last_name}"

    @property
    def state(self) -> str:
        """Where the request stands, in words."""
        return "traitée" if self.handled_at else "à traiter"

    def known_organisation(self) -> Organisation | None:
        """The structure of this SIREN, if the directory has it."""
        return Organisation.objects.filter(siren=self.siren).first()

    def known_person(self) -> User | None:
        """The person of this address, if they have an account."""
        return User.objects.filter(email=self.email).first()
