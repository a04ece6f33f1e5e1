"""The path of a beneficiary: engagement, dated stages, plan and assignments (SPEC E1–E3)."""

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery
from django.utils import timezone

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact, Establishment, Officer, Organisation
from ilo_cms.referentials.models import Reference, Sector, Skill, Territory


class Stage(models.TextChoices):
    """The five stages, in order."""

    RECEPTION = "accueil", "Accueil"
    DIAGNOSIS = "diagnostic", "Diagnostic partagé"
    PLAN = "plan", "Construction du plan d’accompagnement"
    IMPLEMENTATION = "mise_en_oeuvre", "Mise en œuvre"
    FOLLOW_UP = "suivi", "Suivi"


class EngagementQuerySet(models.QuerySet):
    """Who may see which engagement, and its computed stage."""

    def visible_to(self, user):
        """The operator's team edits; other officers see that it exists; its beneficiary reads it.

        Providers reach an engagement through their assignments (SPEC A10, E4).
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        mine = Organisation.objects.visible_to(user)
        return self.filter(
            Q(beneficiary__in=mine)
            | Q(pk__in=Assignment.objects.visible_to(user).values("engagement"))
        )

    def known_to(self, contact: Contact):
        """What a contact may open: their organisation's own path, or one on which it is engaged.

        Who has left reads what there was on that day (SPEC A7, E4, E10).
        """
        engaged = Assignment.objects.engaged_with(contact)
        rows = self.filter(
            Q(beneficiary=contact.organisation_id) | Q(pk__in=engaged.values("engagement"))
        )
        return rows.filter(opened_on__lte=contact.ended_on) if contact.ended_on else rows

    def with_stage(self):
        """Annotate `current_stage`: the code of the stage entered last."""
        latest = StageEntry.objects.filter(engagement=OuterRef("pk")).order_by(
            "-entered_on", "-rank"
        )
        return self.annotate(current_stage=Subquery(latest.values("stage")[:1]))


class Engagement(UUIDModel, TimestampedModel):
    """The whole path of one beneficiary with one operator."""

    beneficiary = models.ForeignKey(
        Organisation,
        verbose_name="bénéficiaire",
        related_name="engagements",
        on_delete=models.PROTECT,  # an engagement is its beneficiary's history
    )
    operator = models.ForeignKey(
        Organisation,
        verbose_name="structure porteuse",
        related_name="operated_engagements",
        on_delete=models.PROTECT,  # as above, for the operator
    )
    officer = models.ForeignKey(
        Officer,
        verbose_name="chargé·e d’accompagnement",
        related_name="engagements",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # handed to a colleague
    )
    title = models.CharField("intitulé", max_length=255)
    territory = models.ForeignKey(
        Territory,
        verbose_name="territoire",
        related_name="engagements",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # official codes are never deleted
    )
    sector = models.ForeignKey(
        Sector,
        verbose_name="secteur",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # lists are made inactive, not deleted
    )
    opened_on = models.DateField("ouvert le")
    closed_on = models.DateField("clos le", null=True, blank=True)

    objects = EngagementQuerySet.as_manager()

    class Meta:
        verbose_name = "accompagnement"
        verbose_name_plural = "accompagnements"
        ordering = ["-opened_on", "id"]
        indexes = [models.Index(fields=["operator", "-opened_on"], name="engagement_operator")]
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_on=None) | Q(closed_on__gte=F("opened_on")),
                name="engagement_closes_after_opening",
                violation_error_message="La date de fin précède la date de début.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def stage_label(self) -> str:
        """The present stage in words; of rows of `with_stage` only."""
        return Stage(self.current_stage).label if self.current_stage else ""


class StageEntry(UUIDModel):
    """The day an engagement entered a stage. The latest entry is the current stage (E1)."""

    engagement = models.ForeignKey(
        Engagement,
        verbose_name="accompagnement",
        related_name="stage_entries",
        on_delete=models.CASCADE,  # a line of its engagement
    )
    stage = models.CharField("étape", max_length=14, choices=Stage.choices)
    rank = models.PositiveIntegerField("rang", default=0, help_text="Ordre d’entrée le même jour.")
    entered_on = models.DateField("entrée le")
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the date matters more than the hand
    )

    class Meta:
        verbose_name = "étape franchie"
        verbose_name_plural = "étapes franchies"
        ordering = ["engagement", "entered_on", "rank"]
        indexes = [
            models.Index(fields=["engagement", "-entered_on", "-rank"], name="stage_entry_latest")
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} ({self.entered_on:%d/%m/%Y})"


class ActionType(Reference):
    """What a line of the plan can be; administrators edit the list (SPEC E2)."""

    class Meta(Reference.Meta):
        verbose_name = "type d’action"
        verbose_name_plural = "types d’action"


class AssignmentStatus(models.TextChoices):
    """States of an assignment (SPEC E3)."""

    PLANNED = "prevue", "Prévue"
    TENDERED = "en_concurrence", "En concurrence"
    ENGAGED = "engagee", "Engagée"
    DONE = "realisee", "Réalisée"
    CLOSED = "cloturee", "Clôturée"
    ABANDONED = "abandonnee", "Abandonnée"


#: Statuses from which the provider's organisation sees the assignment (SPEC E4).
SHOWN_TO_PROVIDER = [AssignmentStatus.ENGAGED, AssignmentStatus.DONE, AssignmentStatus.CLOSED]


class AssignmentQuerySet(models.QuerySet):
    """Who may see which assignment."""

    def visible_to(self, user):
        """Officers see that it exists; a provider sees its engaged ones, a beneficiary its own."""
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        mine = Organisation.objects.visible_to(user)
        return self.filter(
            Q(provider__in=mine, status__in=SHOWN_TO_PROVIDER) | Q(engagement__beneficiary__in=mine)
        )

    def engaged_with(self, contact: Contact):
        """Those that a contact's organisation carries out or has carried out (SPEC E4)."""
        rows = self.filter(provider=contact.organisation_id, status__in=SHOWN_TO_PROVIDER)
        if contact.ended_on:
            rows = rows.filter(Q(starts_on=None) | Q(starts_on__lte=contact.ended_on))
        return rows

    def known_to(self, contact: Contact):
        """What a contact may open: those of their organisation, and of its own engagements."""
        own = Engagement.objects.filter(beneficiary=contact.organisation_id)
        if contact.ended_on:
            own = own.filter(opened_on__lte=contact.ended_on)
        return self.filter(
            Q(pk__in=self.model.objects.engaged_with(contact).values("pk"))
            | Q(engagement__in=own.values("pk"))
        )


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
            models.Index(fields=["provider", "status", "-starts_on"], name="assignment_provider")
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
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def is_settled(self) -> bool:
        """Whether its provider and amount are decided, and told to its parties."""
        return self.status in SHOWN_TO_PROVIDER


class Action(UUIDModel, TimestampedModel):
    """One line of the support plan; a consulting line points to the assignment that carries it."""

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
    created_on = models.DateField("inscrite le", default=timezone.localdate)

    class Meta:
        verbose_name = "action"
        verbose_name_plural = "actions"
        ordering = ["engagement", "created_on", "id"]

    def __str__(self) -> str:
        return self.label
