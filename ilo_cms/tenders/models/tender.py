"""A call sent to chosen providers: what is asked, until when, on which criteria (SPEC T1, T2)."""

from django.apps import apps
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from wagtail.fields import RichTextField

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact, Officer
from ilo_cms.directory.policies import active_officer
from ilo_cms.documents.models import Document
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.engagements.models.access import written_by_then
from ilo_cms.referentials.models import DocumentType, Sector, Skill, Territory
from ilo_cms.tenders.models.states import Channel, EventKind, Outcome, Participation, Phase


#: What a rich text of a need may hold: no image, no embed, nothing from elsewhere.
NEED_FEATURES = ["h3", "h4", "bold", "italic", "ol", "ul", "link"]


class TenderQuerySet(models.QuerySet):
    """Who may see which tender. Offers have a rule of their own."""

    def visible_to(self, user):
        """In the intranet: the operator's team and administrators (SPEC A10)."""
        if not user.is_authenticated or not user.is_staff:
            return self.none()
        if user.is_administrator:
            return self
        officer = active_officer(user)
        return self.filter(engagement__operator=officer.operator_id) if officer else self.none()

    def known_to(self, contact: Contact):
        """In the extranet: those published to which a contact's organisation was invited.

        Of one run elsewhere nobody is told before its decision: it is no open call. A former
        contact reads those that were sent before they left (SPEC A7); a consortium's partner, those
        whose holder gave it access, once its offer was deposited (SPEC T8).
        """
        if not contact.has_access:
            return self.none()
        invited = self.model._default_manager.filter(
            told_to_invited(),
            seated("invitations__"),
            written_by_then(contact, "invitations__invited_at"),
            invitations__organisation=contact.organisation_id,
        )
        known = Q(pk__in=invited.order_by().values("pk"))
        if not contact.is_former:
            known |= Q(pk__in=shared_with_partner(contact))
        return self.exclude(published_at=None).filter(known)

    def in_phase(self, phase: str, now):
        """Tenders in one phase at a moment: the twin of `phases.phase`."""
        if phase == Phase.CANCELLED:
            return self.exclude(cancelled_at=None)
        rows = self.filter(cancelled_at=None)
        retained = Q(decision__outcome=Outcome.RETAINED)
        if phase == Phase.SIGNATURE:
            return rows.filter(retained)
        if phase == Phase.UNSUCCESSFUL:
            return rows.filter(~retained, decision__isnull=False)
        rows = rows.filter(decision__isnull=True)
        if phase == Phase.PREPARATION:
            return rows.filter(published_at=None)
        rows = rows.exclude(published_at=None)
        if phase == Phase.SELECTION:
            return rows.filter(~Q(channel=Channel.PLATFORM) | Q(opening__isnull=False))
        rows = rows.filter(channel=Channel.PLATFORM, opening__isnull=True).annotate(
            answers_until=Coalesce("participation_ended_at", "participation_deadline")
        )
        if phase == Phase.PARTICIPATION:
            return rows.filter(answers_until__gt=now)
        rows = rows.filter(answers_until__lte=now)
        if phase == Phase.DEPOSIT:
            return rows.filter(deposit_deadline__gt=now)
        return rows.filter(deposit_deadline__lte=now)

    def with_open_question(self, now):
        """Running tenders in which a question waits for its answer."""
        sent = self.exclude(published_at=None).filter(cancelled_at=None, deposit_deadline__gt=now)
        waiting = self.model._default_manager.filter(
            questions__isnull=False, questions__answered_at=None
        )
        return sent.filter(pk__in=waiting.order_by().values("pk"))


def told_to_invited(path: str = "") -> Q:
    """Tenders that those who took part read here: run here, or elsewhere and decided (T11, T13).

    `path` leads to the tender.
    """
    return Q(**{f"{path}channel": Channel.PLATFORM}) | Q(**{f"{path}decision__isnull": False})


def seated(path: str = "") -> Q:
    """Places of who was invited, or took part by another way; not of who did by mistake (T11).

    `path` leads to the place.
    """
    taking_part = Q(**{f"{path}participation": Participation.ACCEPTED})
    return Q(**{f"{path}entered_outside": False}) | taking_part


def shared_with_partner(contact: Contact):
    """The tenders of offers that stand and name a contact's organisation as reading partner."""
    offers = apps.get_model("tenders", "Offer").objects.shared_with(contact)
    return offers.order_by().values("invitation__tender")


class Tender(UUIDModel, TimestampedModel):
    """One mise en concurrence. Its phase is computed (`tenders.phases`), never stored.

    Deadlines are moments; every act that they bound compares them with the database's clock under
    this row's lock. `requirements` counts the versions of what is asked: an offer deposited for an
    older one must be confirmed. `revision` rises at each change by an officer.
    """

    engagement = models.ForeignKey(
        Engagement,
        verbose_name="accompagnement",
        related_name="tenders",
        on_delete=models.PROTECT,  # a tender is proof of how money was spent
    )
    assignment = models.ForeignKey(
        Assignment,
        verbose_name="prestation de conseil",
        related_name="tenders",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    officer = models.ForeignKey(
        Officer,
        verbose_name="chargé·e d’accompagnement",
        related_name="tenders",
        on_delete=models.PROTECT,  # officers are history of what they followed
    )
    title = models.CharField("intitulé", max_length=255)
    need = RichTextField("besoin", features=NEED_FEATURES, blank=True)
    themes = models.ManyToManyField(Skill, verbose_name="thématiques", related_name="tenders")
    sector = models.ForeignKey(
        Sector,
        verbose_name="secteur",
        related_name="tenders",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # lists are made inactive, not deleted
    )
    territory = models.ForeignKey(
        Territory,
        verbose_name="territoire",
        related_name="tenders",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # official codes are never deleted
    )
    days = models.DecimalField(
        "jours",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    budget = models.DecimalField(
        "budget (€)",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    is_budget_shown = models.BooleanField("budget montré aux prestataires", default=False)
    participation_deadline = models.DateTimeField(
        "réponses de participation jusqu’au", null=True, blank=True
    )
    questions_deadline = models.DateTimeField("questions jusqu’au", null=True, blank=True)
    deposit_deadline = models.DateTimeField("dépôt des offres jusqu’au", null=True, blank=True)
    decision_on = models.DateField("décision prévue le", null=True, blank=True)
    starts_on = models.DateField("début de la prestation", null=True, blank=True)
    required_types = models.ManyToManyField(
        DocumentType,
        verbose_name="documents exigés",
        related_name="tenders",
        blank=True,
    )
    channel = models.CharField(
        "déroulement", max_length=10, choices=Channel.choices, default=Channel.PLATFORM
    )
    copied_from = models.ForeignKey(
        "self",
        verbose_name="copiée de",
        related_name="copies",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # a copy stands by itself
    )
    requirements = models.PositiveIntegerField("version du cahier des charges", default=1)
    revision = models.PositiveIntegerField("révision", default=0)
    published_at = models.DateTimeField("diffusée le", null=True, blank=True)
    participation_ended_at = models.DateTimeField(
        "réponses closes par anticipation le", null=True, blank=True
    )
    cancelled_at = models.DateTimeField("annulée le", null=True, blank=True)
    cancel_reason = models.TextField("motif d’annulation", blank=True)

    objects = TenderQuerySet.as_manager()

    class Meta:
        verbose_name = "mise en concurrence"
        verbose_name_plural = "mises en concurrence"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(fields=["engagement", "-created_at"], name="tender_engagement"),
            models.Index(fields=["deposit_deadline"], name="tender_deposit_deadline"),
            models.Index(fields=["-created_at", "id"], name="tender_latest"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(deposit_deadline=None)
                | Q(participation_deadline=None)
                | Q(deposit_deadline__gt=F("participation_deadline")),
                name="tender_deadlines_in_order",
                violation_error_message=(
                    "La date limite de dépôt doit suivre celle des réponses de participation."
                ),
            ),
            models.CheckConstraint(
                condition=Q(published_at=None)
                | ~Q(channel="plateforme")
                | Q(participation_deadline__isnull=False, deposit_deadline__isnull=False),
                name="tender_published_with_deadlines",
            ),
            models.CheckConstraint(
                condition=Q(cancelled_at=None) | ~Q(cancel_reason=""),
                name="tender_cancelled_with_reason",
                violation_error_message="Une annulation a un motif.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def beneficiary(self):
        """For whom the work is."""
        return self.engagement.beneficiary

    def was_amended_after(self, contact: Contact) -> bool:
        """Whether what is asked changed since a contact left, who reads no more of it (SPEC A7)."""
        amended = self.events.filter(kind=EventKind.AMENDED)
        return contact.is_former and amended.exclude(written_by_then(contact, "at")).exists()


class Criterion(UUIDModel):
    """One criterion of a tender and its weight in percent; those of a tender make 100."""

    tender = models.ForeignKey(
        Tender,
        verbose_name="mise en concurrence",
        related_name="criteria",
        on_delete=models.CASCADE,  # a line of its tender
    )
    label = models.CharField("critère", max_length=150)
    help_text = models.CharField("précision", max_length=255, blank=True)
    weight = models.PositiveSmallIntegerField(
        "poids (%)", validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    position = models.PositiveSmallIntegerField("ordre", default=0)

    class Meta:
        verbose_name = "critère"
        verbose_name_plural = "critères"
        ordering = ["tender", "position", "id"]

    def __str__(self) -> str:
        return f"{self.label} ({self.weight}\u00a0%)"


class TenderAttachmentQuerySet(models.QuerySet):
    """Who may see which file."""

    def known_to(self, contact: Contact):
        """Those not taken back, of the tenders that a contact reads, up to the day they left."""
        tenders = Tender.objects.known_to(contact).order_by().values("pk")
        rows = self.filter(tender__in=tenders, withdrawn_at=None)
        return rows.filter(written_by_then(contact, "added_at"))


class TenderAttachment(UUIDModel):
    """A file that comes with a tender: every invited organisation may read it."""

    tender = models.ForeignKey(
        Tender,
        verbose_name="mise en concurrence",
        related_name="attachments",
        on_delete=models.CASCADE,  # a line of its tender; the document stays
    )
    title = models.CharField("intitulé", max_length=255)
    document = models.ForeignKey(
        Document,
        verbose_name="fichier",
        related_name="tender_attachments",
        on_delete=models.PROTECT,  # what was sent is history
    )
    added_at = models.DateTimeField("ajouté le", auto_now_add=True)
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)

    objects = TenderAttachmentQuerySet.as_manager()

    class Meta:
        verbose_name = "pièce du dossier"
        verbose_name_plural = "pièces du dossier"
        ordering = ["tender", "added_at", "id"]

    def __str__(self) -> str:
        return self.title


class TenderEventQuerySet(models.QuerySet):
    """Who may see which line."""

    def known_to(self, contact: Contact):
        """Those of the tenders that a contact reads, up to the day they left.

        Why a decision was taken is for those who took part: `tenders.results` shows it to them.
        """
        rows = self.filter(tender__in=Tender.objects.known_to(contact).order_by().values("pk"))
        return rows.filter(written_by_then(contact, "at")).annotate(
            told=Case(
                When(kind=EventKind.DECIDED, then=Value("", models.TextField())), default=F("text")
            )
        )


class TenderEvent(UUIDModel):
    """One line of a tender's history, read by the team and by all invited (SPEC T4)."""

    tender = models.ForeignKey(
        Tender,
        verbose_name="mise en concurrence",
        related_name="events",
        on_delete=models.CASCADE,  # a line of its tender
    )
    kind = models.CharField("fait", max_length=13, choices=EventKind.choices)
    text = models.TextField("texte", blank=True)
    at = models.DateTimeField("le")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the log says who
    )

    objects = TenderEventQuerySet.as_manager()

    class Meta:
        verbose_name = "fait"
        verbose_name_plural = "historique"
        ordering = ["tender", "at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.at:%d/%m/%Y})"
