"""Consulting assignments and the history of their states (SPEC E3)."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.engagements.models.access import (
    ByCapacity,
    by_then,
    of_contacts,
    readable,
    written_by_then,
)
from ilo_cms.engagements.models.engagement import Engagement
from ilo_cms.engagements.models.states import SHOWN_TO_PROVIDER, AssignmentStatus
from ilo_cms.referentials.models import Skill


class AssignmentQuerySet(ByCapacity):
    """Who may see which assignment."""

    def visible_to(self, user, contact: Contact | None = None):
        """Officers see that it exists; a provider sees its engaged ones, a beneficiary its own.

        With `contact`, what that capacity reaches; a former contact, what had begun when they left.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        return self.filter(of_contacts(user, contact, self.reached_by))

    def read_by(self, user, contact: Contact | None = None):
        """Those that a person reads in full: not those that other officers know to exist."""
        return self.filter(readable(user, contact, "engagement__operator", self.reached_by))

    @staticmethod
    def reached_by(contact: Contact) -> Q:
        """Those of a contact's organisation, as provider or as beneficiary."""
        carried = Q(provider=contact.organisation_id, status__in=SHOWN_TO_PROVIDER)
        if contact.ended_on:
            carried &= Q(starts_on__lte=contact.ended_on) | Q(
                starts_on=None, engagement__opened_on__lte=contact.ended_on
            )
        received = Q(engagement__beneficiary=contact.organisation_id)
        return carried | (received & by_then(contact, "engagement__opened_on"))


class Assignment(UUIDModel, TimestampedModel):
    """An action carried out by a provider: a consulting assignment."""

    engagement = models.ForeignKey(
        Engagement,
        verbose_name="accompagnement",
        related_name="assignments",
        on_delete=models.PROTECT,  # an assignment carries money and proof
    )
    label = models.CharField("libellé", max_length=255)
    provider = models.ForeignKey(
        Organisation,
        verbose_name="prestataire",
        related_name="assignments",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    establishment = models.ForeignKey(
        Establishment,
        verbose_name="établissement",
        related_name="assignments",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name="intervenant·e",
        related_name="assignments",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    skill = models.ForeignKey(
        Skill,
        verbose_name="thématique",
        related_name="assignments",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # lists are made inactive, not deleted
    )
    amount = models.DecimalField(
        "montant (€)",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    days = models.DecimalField(
        "jours",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    starts_on = models.DateField("début", null=True, blank=True)
    ends_on = models.DateField("fin", null=True, blank=True)
    status = models.CharField(
        "statut",
        max_length=14,
        choices=AssignmentStatus.choices,
        default=AssignmentStatus.PLANNED,
    )

    objects = AssignmentQuerySet.as_manager()

    class Meta:
        verbose_name = "prestation de conseil"
        verbose_name_plural = "prestations de conseil"
        ordering = ["-starts_on", "id"]
        indexes = [
            models.Index(fields=["provider", "status", "-starts_on"], name="assignment_provider"),
            models.Index(fields=["status", "-starts_on"], name="assignment_status"),
            models.Index(fields=["-starts_on", "id"], name="assignment_latest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on=None) | Q(ends_on__gte=F("starts_on")),
                name="assignment_ends_after_start",
                violation_error_message="La date de fin précède la date de début.",
            ),
            models.CheckConstraint(
                condition=Q(amount=None) | Q(amount__gte=0),
                name="assignment_amount_positive",
                violation_error_message="Un montant ne peut pas être négatif.",
            ),
            models.CheckConstraint(
                condition=Q(days=None) | Q(days__gte=0),
                name="assignment_days_positive",
                violation_error_message="Un nombre de jours ne peut pas être négatif.",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_shown_to_provider(self) -> bool:
        """Whether the provider's organisation reads it (SPEC E4)."""
        return self.provider_id is not None and self.status in SHOWN_TO_PROVIDER

    @property
    def is_abandoned(self) -> bool:
        """Whether it will not be done: nothing is left to choose or to say of it."""
        return self.status == AssignmentStatus.ABANDONED


class StatusEntryQuerySet(models.QuerySet):
    """Who may see which change of state."""

    def visible_to(self, user, contact: Contact | None = None):
        """For those who read the assignment; a former contact, up to their leaving."""
        rows = Assignment.objects.read_by(user, contact)
        late = written_by_then(contact, "entered_at") if contact else Q()
        return self.filter(late, assignment__in=rows)


class StatusEntry(UUIDModel):
    """A state that an assignment entered, when, by whom and why."""

    assignment = models.ForeignKey(
        Assignment,
        verbose_name="prestation de conseil",
        related_name="status_entries",
        on_delete=models.CASCADE,  # a line of its assignment
    )
    status = models.CharField("statut", max_length=14, choices=AssignmentStatus.choices)
    entered_at = models.DateTimeField("depuis le", default=timezone.now)
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the date matters more than the hand
    )
    reason = models.TextField("motif", blank=True)

    objects = StatusEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "changement de statut"
        verbose_name_plural = "changements de statut"
        ordering = ["assignment", "entered_at", "id"]

    def __str__(self) -> str:
        return f"{self.get_status_display()} ({timezone.localtime(self.entered_at):%d/%m/%Y})"
