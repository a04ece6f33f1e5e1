"""Who takes part in an engagement on each side: the beneficiary's people, and each provider's."""

from django.db import models
from django.db.models import Q

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact
from ilo_cms.engagements.models.access import ByCapacity, by_then, readable
from ilo_cms.engagements.models.assignment import Assignment
from ilo_cms.engagements.models.engagement import Engagement


class EngagementContactQuerySet(ByCapacity):
    """Who may see which participant."""

    def visible_to(self, user, contact: Contact | None = None):
        """The team and the beneficiary see all; a provider its own people and the beneficiary's."""
        return self.filter(readable(user, contact, "engagement__operator", self.reached_by))

    @staticmethod
    def reached_by(contact: Contact) -> Q:
        """Participants whom a contact's organisation works with."""
        carried = Assignment.objects.filter(
            Assignment.objects.all().reached_by(contact), provider=contact.organisation_id
        )
        invited = Q(engagement__beneficiary=contact.organisation_id)
        invited &= by_then(contact, "engagement__opened_on")
        facing = Q(assignment=None, engagement__in=carried.order_by().values("engagement"))
        return invited | facing | Q(assignment__in=carried)


class EngagementContact(UUIDModel, TimestampedModel):
    """A person who takes part: for the beneficiary, or for the provider of an assignment."""

    engagement = models.ForeignKey(
        Engagement,
        verbose_name="accompagnement",
        related_name="participants",
        on_delete=models.CASCADE,  # a line of its engagement
    )
    assignment = models.ForeignKey(
        Assignment,
        verbose_name="prestation de conseil",
        related_name="participants",
        null=True,
        blank=True,
        on_delete=models.CASCADE,  # a line of its assignment; empty on the beneficiary's side
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name="contact",
        related_name="participations",
        on_delete=models.PROTECT,  # memberships are history
    )
    is_main = models.BooleanField("interlocuteur·rice principal·e", default=False)

    objects = EngagementContactQuerySet.as_manager()

    class Meta:
        verbose_name = "interlocuteur·rice"
        verbose_name_plural = "interlocuteur·rices"
        ordering = ["engagement", "-is_main", "contact__user__last_name", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "contact"],
                condition=Q(assignment=None),
                name="participant_once",
            ),
            models.UniqueConstraint(
                fields=["assignment", "contact"], name="assignment_participant_once"
            ),
            models.UniqueConstraint(
                fields=["engagement"],
                condition=Q(assignment=None, is_main=True),
                name="participant_main_once",
            ),
            models.UniqueConstraint(
                fields=["assignment"],
                condition=Q(is_main=True),
                name="assignment_participant_main_once",
            ),
        ]

    def __str__(self) -> str:
        return str(self.contact)
