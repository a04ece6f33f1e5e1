"""Requests for documents: one row per request, one per document asked for (SPEC D4–D7).

No state is stored: it is read from dates and answers, here for one row and, as its twin, in the
querysets for many.
"""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models import Contact, Officer, OfficerAbsence, Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.documents.models import Document, soon
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.referentials.models import DocumentType


class State(models.TextChoices):
    """Where a request stands; the first that is true, in the order of `DocumentRequest.state`."""

    CANCELLED = "annulee", "annulée"
    COMPLETE = "complete", "complète"
    TO_CHECK = "a-verifier", "à vérifier"
    LATE = "en-retard", "en retard"
    WAITING = "en-attente", "en attente de la structure"


class ItemState(models.TextChoices):
    """Where one document of a request stands."""

    MISSING = "attendue", "attendue"
    DRAFT = "prete", "prête à envoyer"
    SENT = "envoyee", "envoyée, à vérifier"
    ACCEPTED = "validee", "validée"
    REFUSED = "refusee", "refusée"


class DocumentRequestQuerySet(models.QuerySet):
    """Who may see which request, and the twins of `DocumentRequest.state`."""

    def visible_to(self, user):
        """Every officer sees what is asked from a record; an engagement's, its operator's team.

        Administrators read all. Contacts reach theirs by `known_to`.
        """
        if not user.is_authenticated or not user.is_staff:
            return self.none()
        if user.is_administrator:
            return self
        officer = active_officer(user)
        if officer is None:
            return self.none()
        return self.filter(Q(engagement=None) | Q(engagement__operator=officer.operator_id))

    def known_to(self, contact: Contact):
        """Those made to a contact's organisation, while the person belongs to it."""
        if contact.is_former or not contact.has_access:
            return self.none()
        return self.filter(organisation=contact.organisation_id)

    def open(self):
        """Neither cancelled nor complete."""
        return self.filter(cancelled_at=None).filter(Exists(items().exclude(verdict="accepted")))

    def waiting(self):
        """Those in which the organisation has something left to do."""
        return self.filter(cancelled_at=None).filter(Exists(items().filter(WAITS)))

    def late(self):
        """Those that wait for the organisation beyond their due date."""
        return self.waiting().filter(due_on__lt=timezone.localdate())

    def to_check(self):
        """Those in which something sent awaits an officer."""
        return self.filter(cancelled_at=None).filter(Exists(items().filter(SENT)))

    def followed_by(self, officer: Officer):
        """What this officer asked, what those whom they replace today asked, and what was left.

        What somebody who has gone asked is for the referent of the record, or the engagement's
        officer: the twin of `notices.answering`.
        """
        absences = OfficerAbsence.objects.on(timezone.localdate()).filter(deputy=officer)
        people = Officer.objects.active().filter(
            Q(pk=officer.pk) | Q(pk__in=absences.values("officer"))
        )
        gone = Officer.objects.filter(Q(is_active=False) | Q(user__is_active=False))
        heir = Q(engagement=None, organisation__referent__in=people) | Q(
            engagement__officer__in=people
        )
        return self.visible_to(officer.user).filter(
            Q(asked_by__in=people.values("user")) | Q(heir, asked_by__in=gone.values("user"))
        )

    def to_check_by(self, officer: Officer):
        """Those in which something awaits this officer."""
        return self.followed_by(officer).to_check()

    def complete(self):
        """Those whose every document was accepted."""
        return self.filter(cancelled_at=None).exclude(
            pk__in=DocumentRequestItem.objects.exclude(verdict="accepted").values("request")
        )

    def with_refusal(self):
        """Those with a refused document that was not answered again."""
        return self.filter(cancelled_at=None).filter(Exists(items().filter(verdict="refused")))

    def expiring(self):
        """Those with an accepted document that soon ends, or has ended, and was not renewed."""
        kept = Document.objects.current().filter(expires_on__lte=soon(timezone.localdate()))
        return self.filter(cancelled_at=None).filter(
            Exists(items().filter(verdict="accepted", document__in=kept))
        )


class DocumentRequest(UUIDModel):
    """What an officer asks of an organisation: for its record, an engagement or an assignment."""

    organisation = models.ForeignKey(
        Organisation,
        verbose_name="structure",
        related_name="document_requests",
        on_delete=models.PROTECT,  # what was asked of it is its history
    )
    engagement = models.ForeignKey(
        Engagement,
        verbose_name="accompagnement",
        related_name="document_requests",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # it says who may see the request; empty: asked from the record
    )
    assignment = models.ForeignKey(
        Assignment,
        verbose_name="prestation de conseil",
        related_name="document_requests",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="demandée par",
        related_name="+",
        on_delete=models.PROTECT,  # a person who asked is anonymised, not deleted
    )
    message = models.TextField("message", blank=True, max_length=2000)
    due_on = models.DateField("à envoyer avant le")
    created_at = models.DateTimeField("demandée le", default=timezone.now)
    cancelled_at = models.DateTimeField("annulée le", null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="annulée par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as for `asked_by`
    )
    cancel_reason = models.CharField("motif de l’annulation", max_length=500, blank=True)

    objects = DocumentRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "demande de pièces jointes"
        verbose_name_plural = "demandes de pièces jointes"
        ordering = ["due_on", "id"]
        indexes = [
            models.Index(
                fields=["organisation", "due_on"],
                condition=Q(cancelled_at=None),
                name="document_request_standing",
            ),
            models.Index(fields=["due_on", "id"], name="document_request_due"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(assignment=None) | ~Q(engagement=None),
                name="document_request_of_engagement",
                violation_error_message="Une prestation va avec son accompagnement.",
            )
        ]

    def __str__(self) -> str:
        return f"Pièces demandées à {self.organisation} pour le {self.due_on:%d/%m/%Y}"

    @property
    def state(self) -> State:
        """Where it stands; a list loads the items beforehand (`prefetch_related`)."""
        states = {item.state for item in self.items.all()}
        if self.cancelled_at:
            return State.CANCELLED
        if states == {ItemState.ACCEPTED}:
            return State.COMPLETE
        if ItemState.SENT in states:
            return State.TO_CHECK
        return State.LATE if self.due_on < timezone.localdate() else State.WAITING

    @property
    def is_open(self) -> bool:
        """Whether somebody has something left to do."""
        return self.state not in {State.CANCELLED, State.COMPLETE}

    @property
    def waits(self) -> bool:
        """Whether the organisation has something left to do: the twin of `waiting`."""
        return not self.cancelled_at and any(item.waits for item in self.items.all())

    @property
    def is_late(self) -> bool:
        """Whether it does, beyond the due date: the twin of `late`."""
        return self.waits and self.due_on < timezone.localdate()

    @property
    def progress(self) -> str:
        """How many documents were accepted, in words."""
        items = list(self.items.all())
        done = sum(item.state == ItemState.ACCEPTED for item in items)
        return f"{done} sur {len(items)}"

    @property
    def labels(self) -> str:
        """The documents asked for, in one sentence's part."""
        return ", ".join(str(item.type) for item in self.items.all())

    @property
    def subject(self) -> str:
        """What it is asked for, in words."""
        if self.assignment:
            return f"prestation « {self.assignment} »"
        return f"accompagnement « {self.engagement} »" if self.engagement else "fiche"


class DocumentRequestItem(UUIDModel):
    """One document asked for, and its latest answer: a file, or why there will be none."""

    class Verdict(models.TextChoices):
        ACCEPTED = "accepted", "acceptée"
        REFUSED = "refused", "refusée"

    request = models.ForeignKey(
        DocumentRequest,
        verbose_name="demande",
        related_name="items",
        on_delete=models.CASCADE,  # a line of its request
    )
    type = models.ForeignKey(
        DocumentType,
        verbose_name="type",
        related_name="+",
        on_delete=models.PROTECT,  # lists are made inactive, not deleted
    )
    document = models.ForeignKey(
        Document,
        verbose_name="pièce jointe",
        related_name="request_items",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # what was answered is history
    )
    is_reused = models.BooleanField("déjà dans la fiche", default=False)
    cannot_reason = models.CharField("motif d’impossibilité", max_length=500, blank=True)
    answered_at = models.DateTimeField("répondu le", null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="répondu par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # a person who answered is anonymised, not deleted
    )
    is_on_behalf = models.BooleanField("déposée à la place de la structure", default=False)
    sent_at = models.DateTimeField("envoyée le", null=True, blank=True)
    verdict = models.CharField("décision", max_length=8, choices=Verdict.choices, blank=True)
    reason = models.CharField("motif du refus", max_length=500, blank=True)
    decided_at = models.DateTimeField("vérifiée le", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="vérifiée par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as for `answered_by`
    )

    class Meta:
        verbose_name = "pièce demandée"
        verbose_name_plural = "pièces demandées"
        ordering = ["type__position", "type__label", "id"]
        constraints = [
            models.UniqueConstraint(fields=["request", "type"], name="request_item_once"),
            models.CheckConstraint(
                condition=Q(sent_at=None) | ~Q(document=None) | ~Q(cannot_reason=""),
                name="request_item_sent_with_answer",
            ),
            models.CheckConstraint(
                condition=Q(verdict="") | ~Q(sent_at=None), name="request_item_decided_once_sent"
            ),
        ]
        indexes = [
            models.Index(
                fields=["request"],
                condition=Q(verdict="", sent_at__isnull=False),
                name="request_item_to_check",
            )
        ]

    def __str__(self) -> str:
        return str(self.type)

    @property
    def state(self) -> ItemState:
        """Where it stands."""
        if self.verdict:
            accepted = self.verdict == self.Verdict.ACCEPTED
            return ItemState.ACCEPTED if accepted else ItemState.REFUSED
        if self.sent_at:
            return ItemState.SENT
        return ItemState.DRAFT if self.document_id or self.cannot_reason else ItemState.MISSING

    @property
    def waits(self) -> bool:
        """Whether the organisation has to act: the twin of `WAITS`."""
        return self.state in {ItemState.MISSING, ItemState.DRAFT, ItemState.REFUSED}

    @property
    def words(self) -> str:
        """Its state as people read it: a reason instead of a file has its own words."""
        if not self.cannot_reason:
            return self.state.label
        return {
            ItemState.DRAFT: "impossibilité, prête à envoyer",
            ItemState.SENT: "impossibilité, à vérifier",
            ItemState.ACCEPTED: "dispensée",
            ItemState.REFUSED: "impossibilité refusée",
        }[self.state]

    @property
    def stamp(self) -> str:
        """What a person saw of it: it changes with each answer and each decision."""
        moments = (self.answered_at, self.sent_at, self.decided_at)
        seen = [f"{moment:%y%m%d%H%M%S%f}" if moment else "-" for moment in moments]
        return ".".join([self.verdict or "-", *seen])


#: On an item: the organisation has to act; something it sent awaits an officer.
WAITS = Q(verdict="refused") | Q(verdict="", sent_at=None)
SENT = Q(verdict="", sent_at__isnull=False)


def items() -> models.QuerySet:
    """The items of the request of an outer query."""
    return DocumentRequestItem.objects.order_by().filter(request=OuterRef("pk"))


def sent_to(user: User, contact: Contact | None) -> Q:
    """On a document: it answers a request that this person of the intranet sees, and was sent."""
    requests = DocumentRequest.objects.visible_to(user)
    sent = DocumentRequestItem.objects.filter(request__in=requests).exclude(sent_at=None)
    return Q(pk__in=sent.exclude(document=None).order_by().values("document"))


class Reminder(UUIDModel):
    """One reminder to one organisation. Its row is the claim of that organisation's day."""

    organisation = models.ForeignKey(
        Organisation,
        verbose_name="structure",
        related_name="document_reminders",
        on_delete=models.CASCADE,  # a claim says nothing without its organisation
    )
    day = models.DateField("jour")
    requests = models.ManyToManyField(
        DocumentRequest, verbose_name="demandes", related_name="reminders"
    )
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="envoyé par",
        related_name="+",
        on_delete=models.PROTECT,  # a person who reminded is anonymised, not deleted
    )

    class Meta:
        verbose_name = "rappel"
        verbose_name_plural = "rappels"
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "day"], name="document_reminder_once_a_day"
            )
        ]

    def __str__(self) -> str:
        return f"{self.organisation}, le {self.day:%d/%m/%Y}"


class ExpiryNotice(models.Model):
    """That the end of a document's validity was told, so many days before: once each."""

    document = models.ForeignKey(
        Document,
        related_name="expiry_notices",
        on_delete=models.CASCADE,  # a claim says nothing without its document
    )
    expires_on = models.DateField("fin de validité annoncée")
    days_before = models.PositiveSmallIntegerField("jours avant la fin")
    told_at = models.DateTimeField("annoncée le", default=timezone.now)

    class Meta:
        verbose_name = "fin de validité annoncée"
        verbose_name_plural = "fins de validité annoncées"
        ordering = ["-told_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["document", "expires_on", "days_before"], name="expiry_told_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.document_id}, {self.days_before} jours avant"


def renewed(day: date) -> Exists:
    """On a document: the organisation has another one of its type in force, valid for longer."""
    return Exists(
        Document.objects.valid_on(day)
        .filter(
            organisation=OuterRef("organisation"),
            type=OuterRef("type"),
        )
        .exclude(pk=OuterRef("pk"))
        .filter(Q(expires_on=None) | Q(expires_on__gt=OuterRef("expires_on")))
    )


def expiring_documents(today: date) -> models.QuerySet:
    """Documents in force that soon end, and were not renewed; the soonest first."""
    return (
        Document.objects.valid_on(today)
        .filter(expires_on__lte=soon(today), organisation__is_active=True)
        .exclude(renewed(today))
        .order_by(F("expires_on"), "pk")
    )
