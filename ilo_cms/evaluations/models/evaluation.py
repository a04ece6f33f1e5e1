"""Evaluations of one assignment, what the provider makes of them (SPEC E7).

State is read from the dates. Ending the sharing takes the page from the provider and keeps what
they did with it: the mark of reading and the one reply stay with the team, and are there again if
the evaluation is shared again. Correcting an evaluation erases the mark: other words were read.
After a reply nothing is corrected, for the reply answers those words.
"""

from decimal import Decimal

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import TruncDate
from django.urls import reverse

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.models import Assignment
from ilo_cms.evaluations.models.grid import SAYS_ONE_THING, AnswerFields, Grid, GridVersion
from ilo_cms.evaluations.scoring import weighted_mean


class EvaluationQuerySet(models.QuerySet):
    """Who may read which evaluation."""

    def visible_to(self, user):
        """In the intranet: the operator's team and administrators read all, others what is shared.

        Contacts of a provider read theirs through `shared_with`.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_administrator:
            return self
        officer = active_officer(user)
        if officer is None:
            return self.none()
        team = Q(assignment__engagement__operator=officer.operator_id)
        return self.filter(team | Q(shared_at__isnull=False))

    def shared_with(self, contact: Contact | None):
        """What the organisation that somebody acts for may read; the former up to their last day.

        The provider is the one that was evaluated, whoever carries the assignment out today.
        """
        if contact is None or not contact.has_access:
            return self.none()
        rows = self.filter(provider=contact.organisation_id, shared_at__isnull=False)
        if not contact.is_former:
            return rows
        return rows.annotate(shared_on=TruncDate("shared_at")).filter(
            shared_on__lte=contact.ended_on
        )


class Evaluation(UUIDModel, TimestampedModel):
    """What the operator's team thinks of one assignment, on one grid."""

    assignment = models.ForeignKey(
        Assignment,
        verbose_name="prestation",
        related_name="evaluations",
        on_delete=models.PROTECT,  # an assignment is history
    )
    provider = models.ForeignKey(
        Organisation,
        verbose_name="prestataire",
        related_name="evaluations",
        on_delete=models.PROTECT,  # as above
    )
    grid = models.ForeignKey(
        Grid,
        verbose_name="grille",
        related_name="evaluations",
        on_delete=models.PROTECT,  # the answers' questions are its own
    )
    version = models.ForeignKey(
        GridVersion,
        verbose_name="version",
        related_name="evaluations",
        on_delete=models.PROTECT,  # as above
    )
    #: Counts the savings, so that the second of two officers is told (services.evaluations).
    edition = models.PositiveIntegerField("enregistrement", default=0)
    saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="enregistrée par",
        related_name="+",
        on_delete=models.PROTECT,  # officers are anonymised, not deleted
    )
    finished_at = models.DateTimeField("terminée le", null=True, blank=True)
    shared_at = models.DateTimeField("partagée le", null=True, blank=True)
    shared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="partagée par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    read_at = models.DateTimeField("lue le", null=True, blank=True)
    read_by = models.ForeignKey(
        Contact,
        verbose_name="lue par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # memberships are history
    )

    objects = EvaluationQuerySet.as_manager()

    class Meta:
        verbose_name = "évaluation"
        verbose_name_plural = "évaluations"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["provider", "shared_at"], name="evaluation_shared")]
        constraints = [
            models.UniqueConstraint(fields=["assignment", "grid"], name="evaluation_once"),
            models.CheckConstraint(
                condition=Q(shared_at=None)
                | Q(finished_at__isnull=False, finished_at__lte=F("shared_at")),
                name="evaluation_shared_when_finished",
            ),
            models.CheckConstraint(
                condition=Q(read_at=None)
                | Q(finished_at__isnull=False, finished_at__lte=F("read_at")),
                name="evaluation_read_when_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.assignment} : {self.version.title}"

    @property
    def state(self) -> str:
        """Where it stands, in words."""
        if self.shared_at:
            return "partagée"
        return "terminée" if self.finished_at else "brouillon"

    @property
    def mean(self) -> Decimal | None:
        """The weighted mean of the notes given (see `scoring`)."""
        return weighted_mean(
            (answer.note, answer.question.weight)
            for answer in self.answers.all()
            if answer.question.counts and answer.note is not None
        )

    @property
    def has_reply(self) -> bool:
        """Whether the provider answered."""
        return hasattr(self, "reply")

    @property
    def path(self) -> str:
        """Where the provider reads it."""
        return reverse("evaluation", args=[self.pk])

    @property
    def admin_path(self) -> str:
        """Where the intranet reads it."""
        return reverse("evaluation_page", args=[self.pk])


class EvaluationAnswer(AnswerFields):
    """The answer to one question of an evaluation."""

    evaluation = models.ForeignKey(
        Evaluation,
        related_name="answers",
        on_delete=models.CASCADE,  # a line of its evaluation
    )

    class Meta:
        verbose_name = "réponse d’une évaluation"
        ordering = ["question__position"]
        constraints = [
            models.UniqueConstraint(
                fields=["evaluation", "question"], name="evaluation_answer_once"
            ),
            models.CheckConstraint(condition=SAYS_ONE_THING, name="evaluation_answer_says_one"),
        ]


class Reply(UUIDModel):
    """The provider's one reply to an evaluation that was shared."""

    #: Room for an argued answer on one page.
    MAXIMUM = 2000

    evaluation = models.OneToOneField(
        Evaluation,
        related_name="reply",
        on_delete=models.PROTECT,  # the provider's word stays
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name="par",
        related_name="+",
        on_delete=models.PROTECT,  # memberships are history
    )
    text = models.CharField("réponse", max_length=MAXIMUM)
    created_at = models.DateTimeField("date", auto_now_add=True)

    class Meta:
        verbose_name = "réponse du prestataire"
        constraints = [models.CheckConstraint(condition=~Q(text=""), name="reply_says_something")]

    def __str__(self) -> str:
        return self.text
