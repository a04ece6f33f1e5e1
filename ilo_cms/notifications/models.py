"""What the platform tells people: the in-app notice, and the outbox that doubles it by mail.

Both are written in the transaction of what they tell, so neither exists without it (SPEC N3).
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ilo_cms.core.models import UUIDModel


class NotificationQuerySet(models.QuerySet):
    """What a person may read."""

    def visible_to(self, user, organisation_id=None):
        """Notices of this person: the personal ones, and those of the organisation they act for.

        Without an organisation (none chosen yet, or access ended) only the personal ones (A6).
        """
        if not user.is_authenticated:
            return self.none()
        here = Q(organisation_id=None)
        if organisation_id is not None:
            here |= Q(organisation_id=organisation_id)
        return self.filter(here, recipient=user)

    def unread(self):
        """Notices that nobody opened or closed yet."""
        return self.filter(read_at=None)


class Notification(UUIDModel):
    """One notice to one person. `organisation_id` says in which capacity it concerns them.

    It is an identifier and not a foreign key because notifications stand below the directory.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="destinataire",
        related_name="notifications",
        on_delete=models.CASCADE,  # a notice has no meaning without its reader
    )
    organisation_id = models.UUIDField("structure", null=True, blank=True)
    kind = models.CharField("type", max_length=60)
    category = models.CharField("catégorie", max_length=60)
    text = models.TextField("texte")
    path = models.CharField("adresse", max_length=255, blank=True)
    created_at = models.DateTimeField("date", default=timezone.now)
    read_at = models.DateTimeField("lue le", null=True, blank=True)

    objects = NotificationQuerySet.as_manager()

    class Meta:
        verbose_name = "notification"
        verbose_name_plural = "notifications"
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["recipient", "-created_at"], name="notification_recipient"),
            models.Index(
                fields=["recipient", "organisation_id"],
                condition=Q(read_at=None),
                name="notification_unread",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class OutboxQuerySet(models.QuerySet):
    """Which messages the worker may take."""

    def due(self, now):
        """Messages neither sent nor given up, whose time has come and which no worker holds."""
        return self.filter(
            Q(locked_until=None) | Q(locked_until__lt=now),
            sent_at=None,
            dead_at=None,
            next_attempt_at__lte=now,
        )


class OutboxMessage(UUIDModel):
    """One mail to one address. Its state is read from its dates."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="destinataire",
        related_name="outbox_messages",
        null=True,
        on_delete=models.CASCADE,  # a mail to an erased person must go with them
    )
    address = models.EmailField("adresse")
    subject = models.CharField("objet", max_length=255)
    body = models.TextField("texte")
    message_id = models.CharField("Message-ID", max_length=120, unique=True)
    created_at = models.DateTimeField("écrit le", default=timezone.now)
    next_attempt_at = models.DateTimeField("prochain essai", default=timezone.now)
    locked_until = models.DateTimeField("pris jusqu’à", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    dead_at = models.DateTimeField("abandonné le", null=True, blank=True)
    last_error = models.TextField("dernière erreur", blank=True)

    objects = OutboxQuerySet.as_manager()

    class Meta:
        verbose_name = "courriel"
        verbose_name_plural = "courriels"
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["next_attempt_at"],
                condition=Q(sent_at=None, dead_at=None),
                name="outbox_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.subject} → {self.address}"

    @property
    def state(self) -> str:
        """The message's state, in words."""
        if self.sent_at:
            return "envoyé"
        if self.dead_at:
            return "abandonné"
        return "nouvel essai prévu" if self.attempts else "en attente"
