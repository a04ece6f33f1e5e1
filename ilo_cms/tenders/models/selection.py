"""Opening, scores and decision (SPEC T9, T11–T14)."""

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ilo_cms.core.french import number
from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.engagements.models import Assignment
from ilo_cms.tenders.models.invitation import Invitation
from ilo_cms.tenders.models.offer import Offer
from ilo_cms.tenders.models.states import Channel, Outcome
from ilo_cms.tenders.models.tender import Criterion, Tender


#: Notes go from 0 to this.
HIGHEST_NOTE = 10


class Opening(UUIDModel):
    """The moment at which all offers of a tender opened together; without it they are sealed (T9).

    `record` lists what was received, withdrawn and late, with times and digests, as it was under
    the tender's lock; `digest` is the SHA-256 of its canonical JSON.
    """

    tender = models.OneToOneField(
        Tender,
        verbose_name="mise en concurrence",
        related_name="opening",
        on_delete=models.PROTECT,  # proof
    )
    at = models.DateTimeField("ouverte le")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="par",
        related_name="+",
        on_delete=models.PROTECT,  # who opened is proof
    )
    record = models.JSONField("procès-verbal", encoder=DjangoJSONEncoder)
    digest = models.CharField(
        "empreinte SHA-256", max_length=64, validators=[RegexValidator(r"^[0-9a-f]{64}$")]
    )

    class Meta:
        verbose_name = "ouverture"
        verbose_name_plural = "ouvertures"

    def __str__(self) -> str:
        return f"Ouverture de {self.tender}"

    @property
    def was_sealed(self) -> bool:
        """False of a tender run elsewhere: the row only lets the offers entered be read (T11)."""
        return self.tender.channel == Channel.PLATFORM


class ConflictStatement(UUIDModel):
    """What an evaluator says of their ties with those who answered, before scoring (SPEC T12)."""

    tender = models.ForeignKey(
        Tender,
        verbose_name="mise en concurrence",
        related_name="conflict_statements",
        on_delete=models.PROTECT,  # proof
    )
    evaluator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="évaluateur·rice",
        related_name="+",
        on_delete=models.PROTECT,  # as above
    )
    has_conflict = models.BooleanField("conflit d’intérêts déclaré")
    text = models.TextField("précisions", blank=True)
    stated_at = models.DateTimeField("déclaré le", default=timezone.now)

    class Meta:
        verbose_name = "déclaration d’intérêts"
        verbose_name_plural = "déclarations d’intérêts"
        ordering = ["tender", "stated_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tender", "evaluator"], name="conflict_stated_once")
        ]

    def __str__(self) -> str:
        return f"{self.evaluator} : {self.tender}"


class ScoreSheetQuerySet(models.QuerySet):
    """Who may see which sheet."""

    def visible_to(self, user):
        """One's own; those of colleagues once handed in, to who handed in theirs (SPEC T12).

        After the decision, and to administrators, all that were handed in.
        """
        readable = self.filter(tender__in=Tender.objects.visible_to(user))
        mine = ScoreSheet.objects.filter(evaluator=user, handed_in_at__isnull=False)
        open_to_me = Q(tender__in=mine.values("tender")) | Q(tender__decision__isnull=False)
        if user.is_authenticated and user.is_administrator:
            open_to_me = Q()
        return readable.filter(Q(evaluator=user) | (open_to_me & Q(handed_in_at__isnull=False)))

    def with_scores(self):
        """With their notes, and what a list of these says of each."""
        return self.select_related("evaluator").prefetch_related(
            "scores__criterion",
            "scores__offer__invitation__organisation",
            "scores__offer__cooperator__user",
        )


class ScoreSheet(UUIDModel, TimestampedModel):
    """One evaluator's notes of a tender: theirs alone until they hand them in (SPEC T12)."""

    tender = models.ForeignKey(
        Tender,
        verbose_name="mise en concurrence",
        related_name="score_sheets",
        on_delete=models.PROTECT,  # proof
    )
    evaluator = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="évaluateur·rice",
        related_name="+",
        on_delete=models.PROTECT,  # as above
    )
    handed_in_at = models.DateTimeField("remise le", null=True, blank=True)

    objects = ScoreSheetQuerySet.as_manager()

    class Meta:
        verbose_name = "grille individuelle"
        verbose_name_plural = "grilles individuelles"
        ordering = ["tender", "created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["tender", "evaluator"], name="score_sheet_once")
        ]

    def __str__(self) -> str:
        return f"{self.evaluator} : {self.tender}"


class NotedModel(UUIDModel):
    """A note of one offer on one criterion."""

    offer = models.ForeignKey(
        Offer,
        verbose_name="offre",
        related_name="%(class)ss",
        on_delete=models.PROTECT,  # proof
    )
    criterion = models.ForeignKey(
        Criterion,
        verbose_name="critère",
        related_name="%(class)ss",
        on_delete=models.PROTECT,  # proof
    )
    note = models.DecimalField(
        "note",
        max_digits=4,
        decimal_places=2,
        validators=[MinValueValidator(0), MaxValueValidator(HIGHEST_NOTE)],
    )
    comment = models.TextField("commentaire", blank=True)

    class Meta:
        abstract = True


class Score(NotedModel):
    """A note of one evaluator, alone."""

    sheet = models.ForeignKey(
        ScoreSheet,
        verbose_name="grille",
        related_name="scores",
        on_delete=models.CASCADE,  # a line of its sheet
    )

    class Meta:
        verbose_name = "note individuelle"
        verbose_name_plural = "notes individuelles"
        ordering = ["sheet", "offer", "criterion__position"]
        constraints = [
            models.UniqueConstraint(fields=["sheet", "offer", "criterion"], name="score_once")
        ]

    def __str__(self) -> str:
        return f"{self.criterion} : {number(self.note)}"


class AgreedScore(NotedModel):
    """The note on which the panel agreed; losing providers read their own (SPEC T12, T13)."""

    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="saisie par",
        related_name="+",
        on_delete=models.PROTECT,  # proof
    )
    agreed_at = models.DateTimeField("arrêtée le", default=timezone.now)

    class Meta:
        verbose_name = "note arrêtée"
        verbose_name_plural = "notes arrêtées"
        ordering = ["offer", "criterion__position"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "criterion"], name="agreed_score_once")
        ]

    def __str__(self) -> str:
        return f"{self.criterion} : {number(self.note)}"


class Decision(UUIDModel):
    """How a tender ended (SPEC T13). Its comment is read by all participants."""

    tender = models.OneToOneField(
        Tender,
        verbose_name="mise en concurrence",
        related_name="decision",
        on_delete=models.PROTECT,  # proof
    )
    outcome = models.CharField("issue", max_length=12, choices=Outcome.choices)
    offer = models.ForeignKey(
        Offer,
        verbose_name="offre retenue",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # proof
    )
    comment = models.TextField("commentaire")
    decided_at = models.DateTimeField("décidée le")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="par",
        related_name="+",
        on_delete=models.PROTECT,  # proof
    )
    assignment = models.ForeignKey(
        Assignment,
        verbose_name="prestation de conseil",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )

    class Meta:
        verbose_name = "décision"
        verbose_name_plural = "décisions"
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome="retenue", offer__isnull=False)
                | (~Q(outcome="retenue") & Q(offer=None)),
                name="decision_retains_one_offer",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_outcome_display()} : {self.tender}"


class Rejection(UUIDModel):
    """Why an offer was not retained; read by its authors alone (SPEC T13)."""

    decision = models.ForeignKey(
        Decision,
        verbose_name="décision",
        related_name="rejections",
        on_delete=models.CASCADE,  # a line of its decision
    )
    offer = models.OneToOneField(
        Offer,
        verbose_name="offre",
        related_name="rejection",
        on_delete=models.PROTECT,  # proof
    )
    reason = models.TextField("motif")

    class Meta:
        verbose_name = "offre non retenue"
        verbose_name_plural = "offres non retenues"
        ordering = ["decision", "id"]

    def __str__(self) -> str:
        return str(self.offer)


class LetterQuerySet(models.QuerySet):
    """Who may see which letter."""

    def visible_to(self, user):
        """Those of the tenders that somebody of the intranet reads."""
        return self.filter(invitation__tender__in=Tender.objects.visible_to(user))

    def known_to(self, contact: Contact):
        """One's own: in a CAE, the cooperator's own."""
        if not contact.has_access or contact.is_former:
            return self.none()
        own = self.filter(invitation__organisation=contact.organisation_id)
        return own.filter(Q(offer=None) | Q(offer__in=Offer.objects.known_to(contact)))


class Letter(UUIDModel):
    """What a participant was written at the end, as it was sent (SPEC T13)."""

    invitation = models.ForeignKey(
        Invitation,
        verbose_name="sollicitation",
        related_name="letters",
        on_delete=models.PROTECT,  # proof
    )
    offer = models.ForeignKey(
        Offer,
        verbose_name="offre",
        related_name="letters",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    organisation = models.ForeignKey(
        Organisation,
        verbose_name="destinataire",
        related_name="+",
        on_delete=models.PROTECT,  # as above
    )
    subject = models.CharField("objet", max_length=255)
    body = models.TextField("texte")
    written_at = models.DateTimeField("écrite le", default=timezone.now)

    objects = LetterQuerySet.as_manager()

    class Meta:
        verbose_name = "courrier"
        verbose_name_plural = "courriers"
        ordering = ["invitation", "written_at", "id"]

    def __str__(self) -> str:
        return self.subject
