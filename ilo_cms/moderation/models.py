"""Edits that wait for an officer: one request per save, one row per field (SPEC M1–M6)."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from wagtail.models import (
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    Task,
    TaskState,
    WorkflowMixin,
)

from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.moderation.policies import can_decide
from ilo_cms.moderation.querysets import ChangeRequestQuerySet


class Target(models.TextChoices):
    """Which part of the provider record a field belongs to."""

    CONTACT = "contact", "Contact"
    ORGANISATION = "organisation", "Structure"
    ESTABLISHMENT = "establishment", "Établissement"


class ModerationRule(models.Model):
    """An administrator's choice for one field, where it differs from the default (SPEC M1)."""

    target = models.CharField("partie", max_length=14, choices=Target.choices)
    field = models.CharField("champ", max_length=60)
    is_moderated = models.BooleanField("relu avant publication", default=True)

    class Meta:
        verbose_name = "champ modéré"
        verbose_name_plural = "champs modérés"
        ordering = ["target", "field"]
        constraints = [
            models.UniqueConstraint(fields=["target", "field"], name="moderation_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_target_display()} · {self.field}"


class ChangeRequest(
    WorkflowMixin,
    DraftStateMixin,
    LockableMixin,
    RevisionMixin,
    UUIDModel,
    TimestampedModel,
):
    """The moderated part of one save. Its items stay plain rows, out of Wagtail's revisions."""

    organisation = models.ForeignKey(
        Organisation,
        verbose_name="structure",
        related_name="change_requests",
        on_delete=models.PROTECT,  # requests are the record's history
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name="demandé par",
        related_name="change_requests",
        on_delete=models.PROTECT,  # as above
    )
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)
    decided_at = models.DateTimeField("traitée le", null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="traitée par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # the history says who decided
    )

    objects = ChangeRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "demande de modération"
        verbose_name_plural = "demandes de modération"
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contact"],
                condition=Q(decided_at=None, withdrawn_at=None),
                name="change_request_pending_once",
            )
        ]

    def __str__(self) -> str:
        # No personal name: Wagtail copies this text into its revisions and logs.
        return f"Demande du {timezone.localtime(self.created_at):%d/%m/%Y} · {self.organisation}"

    @property
    def is_pending(self) -> bool:
        """Whether an officer still has to decide."""
        return self.decided_at is None and self.withdrawn_at is None

    @property
    def state(self) -> str:
        """The request's state, in words."""
        if self.withdrawn_at:
            return "retirée"
        return "traitée" if self.decided_at else "en attente"

    @property
    def decision_path(self) -> str:
        """Where officers read and decide it, from the site's root."""
        return reverse("change_request_decide", args=[self.pk])

    @property
    def age(self) -> int:
        """For how many days, by the calendar, it has been there."""
        return (timezone.localdate() - timezone.localdate(self.created_at)).days

    @property
    def territory(self) -> str:
        """The départements where its organisation has a place."""
        places = self.organisation.establishments.all()
        departments = {place.department for place in places if place.department}
        return ", ".join(map(str, sorted(departments, key=lambda department: department.code)))


class ChangeItemQuerySet(models.QuerySet):
    """Who reads which field of a request in the extranet."""

    def readable_by(self, contact: Contact):
        """One's own requests whole; of colleagues', what concerns the organisation they share."""
        return self.filter(Q(request__contact=contact) | ~Q(target=Target.CONTACT))


class ChangeItem(UUIDModel):
    """One field of a request: the value it was asked from, the one asked for, the decision.

    Values are stored as the form's plain data (text, number, list of keys); labels are what a
    person reads. `target_id` is the contact, organisation or establishment that changes.
    """

    class Verdict(models.TextChoices):
        APPROVED = "approved", "Acceptée"
        REFUSED = "refused", "Refusée"

    request = models.ForeignKey(
        ChangeRequest,
        verbose_name="demande",
        related_name="items",
        on_delete=models.CASCADE,  # a line of its request
    )
    target = models.CharField("partie", max_length=14, choices=Target.choices)
    target_id = models.UUIDField("objet")
    field = models.CharField("champ", max_length=60)
    old = models.JSONField("ancienne valeur", null=True)
    new = models.JSONField("valeur demandée", null=True)
    old_label = models.TextField("ancienne valeur, lisible", blank=True)
    new_label = models.TextField("valeur demandée, lisible", blank=True)
    verdict = models.CharField("décision", max_length=8, choices=Verdict.choices, blank=True)
    comment = models.TextField("commentaire", blank=True)
    cancelled_at = models.DateTimeField("annulée par l’ancienne adresse le", null=True, blank=True)

    objects = ChangeItemQuerySet.as_manager()

    class Meta:
        verbose_name = "champ demandé"
        verbose_name_plural = "champs demandés"
        ordering = ["target", "field"]
        constraints = [
            models.UniqueConstraint(
                fields=["request", "target", "target_id", "field"], name="change_item_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_target_display()} · {self.field}"

    @property
    def is_login(self) -> bool:
        """Whether it asks for another address to sign in with (SPEC M5)."""
        return self.target == Target.CONTACT and self.field == "email"

    @property
    def outcome(self) -> str:
        """What became of the field, in words."""
        if self.cancelled_at:
            return "annulée"
        if self.request.withdrawn_at:
            return "retirée"
        return self.get_verdict_display().lower() or "en attente de modération"


class ReferentTask(Task):
    """The workflow's only task: the referent, or their deputy, decides (SPEC M3, M4).

    Decisions are taken field by field on our own page, which calls `services.decide`. Wagtail's
    own approve and reject buttons are therefore never offered, and its action address, which
    authorises with one object and acts on another's task, is refused here.
    """

    def user_can_access_editor(self, obj, user) -> bool:
        """Whoever may decide may open the request."""
        return bool(can_decide(user, obj))

    def locked_for_user(self, obj, user) -> bool:
        """Nobody edits a request in Wagtail's editor: it is decided, not rewritten."""
        return True

    def get_actions(self, obj, user) -> list:
        """No generic button: a decision is per field."""
        return []

    def on_action(self, task_state, user, action_name, **kwargs):
        """Refuse Wagtail's generic address, whoever asks."""
        raise PermissionDenied("Une demande se décide champ par champ, sur sa page.")

    def get_task_states_user_can_moderate(self, user, **kwargs):
        """The states that the dashboard shows to this officer."""
        requests = ChangeRequest.objects.decidable_by(user)
        return TaskState.objects.filter(
            task_id=self.pk,
            status=TaskState.STATUS_IN_PROGRESS,
            workflow_state__object_id__in=[str(pk) for pk in requests.values_list("pk", flat=True)],
        )

    @classmethod
    def get_description(cls) -> str:
        """What Wagtail's settings say of this task."""
        return "La ou le référent·e de la structure décide champ par champ."

    class Meta:
        verbose_name = "décision du ou de la référent·e"
        verbose_name_plural = "décisions du ou de la référent·e"
