"""Satisfaction forms sent to contacts of a beneficiary (SPEC E10): one row per person asked."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.models import Engagement, Stage
from ilo_cms.evaluations.models.grid import SAYS_ONE_THING, AnswerFields, Grid, GridVersion


class SatisfactionQuerySet(models.QuerySet):
    """Who may read which form."""

    def visible_to(self, user):
        """In the intranet: the operator's team and administrators. Nobody else reads answers."""
        if not user.is_authenticated:
            return self.none()
        if user.is_administrator:
            return self
        officer = active_officer(user)
        if officer is None:
            return self.none()
        return self.filter(engagement__operator=officer.operator_id)

    def asked_of(self, contact: Contact | None):
        """What was asked of a person in the capacity in which they act; their colleagues' not."""
        if contact is None or not contact.has_access:
            return self.none()
        return self.filter(contact=contact)

    def waiting(self):
        """Not answered yet."""
        return self.filter(answered_at=None)


class SatisfactionRequest(UUIDModel):
    """One person asked about one engagement, or one of its stages, and what they answered."""

    engagement = models.ForeignKey(
        Engagement,
        verbose_name="accompagnement",
        related_name="satisfaction_requests",
        on_delete=models.PROTECT,  # answers are history
    )
    #: Empty for the engagement as a whole.
    stage = models.CharField("étape", max_length=14, choices=Stage.choices, blank=True)
    grid = models.ForeignKey(
        Grid,
        verbose_name="formulaire",
        related_name="satisfaction_requests",
        on_delete=models.PROTECT,  # the answers' questions are its own
    )
    version = models.ForeignKey(
        GridVersion,
        verbose_name="version",
        related_name="satisfaction_requests",
        on_delete=models.PROTECT,  # as above
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name="destinataire",
        related_name="satisfaction_requests",
        on_delete=models.PROTECT,  # memberships are history
    )
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="envoyé par",
        related_name="+",
        on_delete=models.PROTECT,  # officers are anonymised, not deleted
    )
    sent_at = models.DateTimeField("envoyé le", default=timezone.now)
    reminded_at = models.DateTimeField("rappelé le", null=True, blank=True)
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)

    objects = SatisfactionQuerySet.as_manager()

    class Meta:
        verbose_name = "formulaire de satisfaction"
        verbose_name_plural = "formulaires de satisfaction"
        ordering = ["-sent_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["engagement", "stage", "grid", "contact"], name="satisfaction_once"
            ),
            models.CheckConstraint(
                condition=Q(answered_at=None) | Q(answered_at__gte=models.F("sent_at")),
                name="satisfaction_answered_after_sending",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version.title} : {self.contact.user}"

    @property
    def about(self) -> str:
        """What it is about, in words."""
        stage = f"étape « {self.get_stage_display()} »" if self.stage else "accompagnement entier"
        return stage[0].upper() + stage[1:]

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        return "répondu" if self.answered_at else "en attente"

    @property
    def path(self) -> str:
        """Where it is answered."""
        return reverse("satisfaction", args=[self.pk])

    @property
    def admin_path(self) -> str:
        """Where the team reads it."""
        return reverse("satisfaction_page", args=[self.pk])


class SatisfactionAnswer(AnswerFields):
    """The answer to one question of a satisfaction form."""

    request = models.ForeignKey(
        SatisfactionRequest,
        related_name="answers",
        on_delete=models.CASCADE,  # a line of its form
    )

    class Meta:
        verbose_name = "réponse de satisfaction"
        ordering = ["question__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "question"], name="satisfaction_answer_once"
            ),
            models.CheckConstraint(condition=SAYS_ONE_THING, name="satisfaction_answer_says_one"),
        ]
