"""The support plan: lines of types that administrators edit (SPEC E2)."""

from datetime import date

from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact
from ilo_cms.engagements.models.access import ByCapacity, by_then, readable
from ilo_cms.engagements.models.assignment import Assignment
from ilo_cms.engagements.models.engagement import Engagement
from ilo_cms.engagements.models.states import STATE_OF, ActionState, AssignmentStatus
from ilo_cms.referentials.models import Reference


#: The code of the type whose lines are carried by a provider's assignment.
CONSULTING = "prestation-conseil"


class ActionType(Reference):
    """What a line of the plan can be; administrators edit the list (SPEC E2)."""

    class Meta(Reference.Meta):
        verbose_name = "type d’action"
        verbose_name_plural = "types d’action"


class ActionQuerySet(ByCapacity):
    """Who may see which line of a plan."""

    def visible_to(self, user, contact: Contact | None = None):
        """The team and the beneficiary read the plan; a provider, the lines of its assignments."""
        return self.filter(readable(user, contact, "engagement__operator", self.reached_by))

    @staticmethod
    def reached_by(contact: Contact) -> Q:
        """The plan of a contact's organisation, and the lines that it carries out."""
        planned = Q(engagement__beneficiary=contact.organisation_id)
        planned &= by_then(contact, "engagement__opened_on") & by_then(contact, "created_on")
        return planned | Q(
            assignment__in=Assignment.objects.filter(Assignment.objects.all().reached_by(contact))
        )


class Action(UUIDModel, TimestampedModel):
    """One line of the support plan; a consulting line points to the assignment that carries it.

    The state and dates of that line are its assignment's: `current_state`, `first_day`, `last_day`.
    """

    engagement = models.ForeignKey(
        Engagement,
        verbose_name="accompagnement",
        related_name="actions",
        on_delete=models.CASCADE,  # a line of its engagement
    )
    kind = models.ForeignKey(
        ActionType,
        verbose_name="type",
        related_name="actions",
        on_delete=models.PROTECT,  # lists are made inactive, not deleted
    )
    label = models.CharField("libellé", max_length=255)
    description = models.TextField("description", blank=True)
    assignment = models.OneToOneField(
        Assignment,
        verbose_name="prestation de conseil",
        related_name="action",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the plan keeps its line
    )
    state = models.CharField(
        "état", max_length=10, choices=ActionState.choices, default=ActionState.TO_DO
    )
    position = models.PositiveIntegerField("ordre", default=0)
    created_on = models.DateField("inscrite le", default=timezone.localdate)
    starts_on = models.DateField("début", null=True, blank=True)
    ends_on = models.DateField("fin", null=True, blank=True)

    objects = ActionQuerySet.as_manager()

    class Meta:
        verbose_name = "action"
        verbose_name_plural = "actions"
        ordering = ["engagement", "position", "created_on", "id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on=None) | Q(starts_on=None) | Q(ends_on__gte=F("starts_on")),
                name="action_ends_after_start",
                violation_error_message="La date de fin précède la date de début.",
            )
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def current_state(self) -> ActionState:
        """Where the line stands: what its assignment says, or what was written."""
        if self.assignment:
            return STATE_OF[AssignmentStatus(self.assignment.status)]
        return ActionState(self.state)

    @property
    def first_day(self) -> date | None:
        """When it begins: its assignment's start, or its own."""
        return self.assignment.starts_on if self.assignment else self.starts_on

    @property
    def last_day(self) -> date | None:
        """When it ends: its assignment's end, or its own."""
        return self.assignment.ends_on if self.assignment else self.ends_on
