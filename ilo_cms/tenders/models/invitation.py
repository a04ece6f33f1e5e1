"""One organisation's place in one tender, and the questions that it asks (SPEC T4, T5, T10)."""

from django.conf import settings
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.utils import timezone

from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.engagements.models.access import written_by_then
from ilo_cms.tenders.models.states import Participation
from ilo_cms.tenders.models.tender import Tender, seated, told_to_invited


class InvitationQuerySet(models.QuerySet):
    """Who may see which place."""

    def visible_to(self, user):
        """Those of the tenders that somebody of the intranet reads."""
        return self.filter(tender__in=Tender.objects.visible_to(user))

    def known_to(self, contact: Contact):
        """An organisation's own places in published tenders, up to the day a contact left.

        As of its tender (`TenderQuerySet.known_to`): run elsewhere, not before the decision.
        """
        if not contact.has_access:
            return self.none()
        return self.filter(
            told_to_invited("tender__"),
            seated(),
            written_by_then(contact, "invited_at"),
            organisation=contact.organisation_id,
            tender__published_at__isnull=False,
        )

    def most_urgent_first(self, now):
        """Those where something can be done at a moment, then those that wait, then those over.

        The nearest deadline comes first; of those over, the latest.
        """
        answers = Coalesce("tender__participation_ended_at", "tender__participation_deadline")
        over = Q(tender__cancelled_at__isnull=False) | Q(tender__decision__isnull=False)
        answering = Q(answers_until__gt=now)
        depositing = Q(
            participation=Participation.ACCEPTED,
            tender__deposit_deadline__gt=now,
        )
        return (
            self.annotate(answers_until=answers)
            .annotate(
                urgency=Case(
                    When(over, Value(2)), When(answering | depositing, Value(0)), default=1
                ),
                until=Case(
                    When(over, Value(None)),
                    When(answering, F("answers_until")),
                    default=F("tender__deposit_deadline"),
                    output_field=models.DateTimeField(null=True),
                ),
            )
            .order_by("urgency", F("until").asc(nulls_last=True), "-invited_at", "pk")
        )

    def accepted(self):
        """Those whose organisation takes part."""
        return self.filter(participation=Participation.ACCEPTED)

    def unanswered(self):
        """Those whose organisation has said nothing."""
        return self.filter(participation=Participation.NONE)


class Invitation(UUIDModel):
    """One organisation's place in one tender.

    Before publication a row is a chosen recipient, and `invited_at` is empty. `entered_outside`
    marks an organisation that answered by another way without having been invited here (T11).
    `by_cooperator` says that each cooperator has an offer of their own (T8): what the record said
    when the tender was sent, for the whole tender.
    """

    tender = models.ForeignKey(
        Tender,
        verbose_name="mise en concurrence",
        related_name="invitations",
        on_delete=models.PROTECT,  # who was asked is proof; drafts are removed by hand
    )
    organisation = models.ForeignKey(
        Organisation,
        verbose_name="prestataire",
        related_name="invitations",
        on_delete=models.PROTECT,  # as above
    )
    chosen_because = models.TextField("pourquoi ce prestataire", blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="choisi par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the log says who
    )
    invited_at = models.DateTimeField("sollicité le", null=True, blank=True)
    entered_outside = models.BooleanField("hors plateforme", default=False)
    by_cooperator = models.BooleanField("une offre par coopérateur·rice", default=False)
    participation = models.CharField(
        "réponse",
        max_length=8,
        choices=Participation.choices,
        default=Participation.NONE,
        blank=True,
    )
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    answered_by = models.ForeignKey(
        Contact,
        verbose_name="réponse donnée par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # memberships are history
    )
    decline_reason = models.TextField("motif du refus", blank=True)
    taken_by = models.ForeignKey(
        Contact,
        verbose_name="prise en charge par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    taken_at = models.DateTimeField("prise en charge le", null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "sollicitation"
        verbose_name_plural = "sollicitations"
        ordering = ["tender", "organisation__name", "id"]
        indexes = [
            models.Index(fields=["organisation", "-invited_at"], name="invitation_organisation")
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["tender", "organisation"],
                name="invitation_once",
                violation_error_message="Cette structure est déjà dans la liste.",
            ),
            models.CheckConstraint(
                condition=~Q(participation="declinee") | ~Q(decline_reason=""),
                name="invitation_declined_with_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.organisation} : {self.tender}"


class QuestionQuerySet(models.QuerySet):
    """Who may see which question. Who asked is for the team alone: pages of invited omit it."""

    def visible_to(self, user):
        """Those of the tenders that somebody of the intranet reads."""
        return self.filter(tender__in=Tender.objects.visible_to(user))

    def known_to(self, contact: Contact):
        """Those that were answered, to all invited; and one's own (SPEC T10).

        `told` is the answer, to who has left only what was answered by then.
        """
        places = Invitation.objects.known_to(contact)
        own = Q(invitation__in=places) & written_by_then(contact, "asked_at")
        by_then = Q(answered_at__isnull=False) & written_by_then(contact, "answered_at")
        to_all = Q(tender__in=places.values("tender")) & by_then
        told = Case(When(by_then, F("answer")), default=Value(""), output_field=models.TextField())
        return self.filter(own | to_all).annotate(told=told)


class Question(UUIDModel):
    """What an invited organisation asks of a tender, and the answer given to all (SPEC T10)."""

    tender = models.ForeignKey(
        Tender,
        verbose_name="mise en concurrence",
        related_name="questions",
        on_delete=models.PROTECT,  # what all were told is proof
    )
    invitation = models.ForeignKey(
        Invitation,
        verbose_name="posée par",
        related_name="questions",
        on_delete=models.PROTECT,  # as above
    )
    asked_by = models.ForeignKey(
        Contact,
        verbose_name="contact",
        related_name="+",
        on_delete=models.PROTECT,  # memberships are history
    )
    text = models.TextField("question", max_length=4000)
    asked_at = models.DateTimeField("posée le", default=timezone.now)
    answer = models.TextField("réponse", max_length=8000, blank=True)
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="réponse de",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the log says who
    )

    objects = QuestionQuerySet.as_manager()

    class Meta:
        verbose_name = "question"
        verbose_name_plural = "questions"
        ordering = ["tender", "asked_at", "id"]

    def __str__(self) -> str:
        return self.text[:60]


class InvitationReminder(UUIDModel):
    """That an organisation was reminded of a deadline on a day: never twice (SPEC T15)."""

    invitation = models.ForeignKey(
        Invitation,
        verbose_name="sollicitation",
        related_name="reminders",
        on_delete=models.CASCADE,  # a line of its place
    )
    day = models.DateField("le")
    kind = models.CharField("objet", max_length=40)

    class Meta:
        verbose_name = "relance"
        verbose_name_plural = "relances"
        ordering = ["invitation", "day"]
        constraints = [
            models.UniqueConstraint(fields=["invitation", "day"], name="invitation_reminded_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.day:%d/%m/%Y})"
