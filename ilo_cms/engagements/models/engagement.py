"""The path of one beneficiary with one operator, and the stages that it entered (SPEC E1)."""

from django.conf import settings
from django.db import models
from django.db.models import F, OuterRef, Q, Subquery

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact, Officer, Organisation
from ilo_cms.engagements.models.access import ByCapacity, by_then, of_contacts, readable
from ilo_cms.engagements.models.states import SHOWN_TO_PROVIDER, Stage
from ilo_cms.referentials.models import Sector, Territory


class EngagementQuerySet(ByCapacity):
    """Who may see which engagement, and its computed stage."""

    def visible_to(self, user, contact: Contact | None = None):
        """Officers see that it exists; its beneficiary and its engaged providers reach it.

        With `contact`, what that capacity reaches; a former contact, what there was when they left
        (SPEC A7, A10, E4). What is inside has its own `visible_to`.
        """
        if not user.is_authenticated:
            return self.none()
        if user.is_staff:
            return self
        return self.filter(of_contacts(user, contact, self.reached_by))

    def read_by(self, user, contact: Contact | None = None):
        """Those that a person reads in full: the operator's team, administrators, beneficiary."""
        return self.filter(readable(user, contact, "operator", self.accompanied))

    @staticmethod
    def accompanied(contact: Contact) -> Q:
        """Engagements of a contact's own organisation."""
        return Q(beneficiary=contact.organisation_id) & by_then(contact, "opened_on")

    def reached_by(self, contact: Contact) -> Q:
        """As above, and those in which it is an engaged provider."""
        engaged = Q(
            assignments__provider=contact.organisation_id, assignments__status__in=SHOWN_TO_PROVIDER
        )
        if contact.ended_on:
            engaged &= Q(assignments__starts_on__lte=contact.ended_on) | Q(
                assignments__starts_on=None, opened_on__lte=contact.ended_on
            )
        rows = self.model._default_manager.filter(engaged)
        return self.accompanied(contact) | Q(pk__in=rows.order_by().values("pk"))

    def with_stage(self, reader=None):
        """Annotate `current_stage`: the code of the stage entered last.

        None where `reader`, a user, may not read it: other operators' officers know that an
        engagement exists, not where it stands (SPEC A10).
        """
        latest = StageEntry.objects.in_force().filter(engagement=OuterRef("pk"))
        if reader is not None:
            latest = latest.visible_to(reader)
        latest = latest.order_by("-entered_on", "-rank")
        return self.annotate(current_stage=Subquery(latest.values("stage")[:1]))

    def open_in(self, year: int):
        """Those that were open on at least one day of a year."""
        return self.filter(
            Q(closed_on=None) | Q(closed_on__gte=f"{year}-01-01"), opened_on__lte=f"{year}-12-31"
        )


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
    closing_reason = models.TextField("motif de clôture", blank=True)

    objects = EngagementQuerySet.as_manager()

    class Meta:
        verbose_name = "accompagnement"
        verbose_name_plural = "accompagnements"
        ordering = ["-opened_on", "id"]
        indexes = [
            models.Index(fields=["operator", "-opened_on"], name="engagement_operator"),
            models.Index(fields=["officer", "-opened_on"], name="engagement_officer"),
            models.Index(fields=["territory", "-opened_on"], name="engagement_territory"),
            models.Index(fields=["-opened_on", "id"], name="engagement_latest"),
        ]
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

    @property
    def is_open(self) -> bool:
        """Whether the engagement goes on."""
        return self.closed_on is None


class StageEntryQuerySet(models.QuerySet):
    """Who may see which stage, and which count."""

    def visible_to(self, user, contact: Contact | None = None):
        """For those who read the engagement in full."""
        return self.filter(engagement__in=Engagement.objects.read_by(user, contact))

    def in_force(self):
        """Those that were not withdrawn."""
        return self.filter(withdrawn_at=None)

    def latest_first(self):
        """The current stage, then those before it."""
        return self.order_by("-entered_on", "-rank")


class StageEntry(UUIDModel):
    """The day an engagement entered a stage. The latest entry is the current stage (E1).

    A stage may be entered again. An entry made by mistake is withdrawn: out of the line, kept.
    """

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

    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)

    objects = StageEntryQuerySet.as_manager()

    class Meta:
        verbose_name = "étape franchie"
        verbose_name_plural = "étapes franchies"
        ordering = ["engagement", "entered_on", "rank"]
        indexes = [
            models.Index(
                fields=["engagement", "-entered_on", "-rank", "stage"],
                condition=Q(withdrawn_at=None),
                name="stage_entry_latest",
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} ({self.entered_on:%d/%m/%Y})"
