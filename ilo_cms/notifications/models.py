"""What the platform tells people: the in-app notice, and the outbox that doubles it by mail.

Around them: how each person wants to be told, the daily digest, the administrators' mail texts.
Notices and mails are written in the transaction of what they tell, so neither exists without it
(SPEC N3).
"""

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ilo_cms.audit.services import assistant
from ilo_cms.core.models import UUIDModel
from ilo_cms.notifications.kinds import SEALED_KINDS


#: How long administrators are shown a failed mail whose link is erased: nobody can send it again,
#: and after a week the link would have ended anyway.
ERASED_SHOWN = timedelta(days=7)


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
        rows = self.filter(here, recipient=user)
        # Who acts as this person is of the intranet: a receipt would say who deposited (T9).
        return rows.exclude(kind__in=SEALED_KINDS) if assistant.get() else rows

    def unread(self):
        """Notices that nobody opened or closed yet."""
        return self.filter(read_at=None)


class Digest(UUIDModel):
    """One person's mail of one day, by the Paris calendar. Its row is the claim of that day."""

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="destinataire",
        related_name="digests",
        on_delete=models.CASCADE,  # a digest has no meaning without its reader
    )
    day = models.DateField("jour")

    class Meta:
        verbose_name = "récapitulatif quotidien"
        verbose_name_plural = "récapitulatifs quotidiens"
        ordering = ["-day"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "day"], name="digest_once_a_day")
        ]

    def __str__(self) -> str:
        return f"{self.recipient}, {self.day:%d/%m/%Y}"


class Notification(UUIDModel):
    """One notice to one person. `organisation_id` says in which capacity it concerns them.

    It is an identifier and not a foreign key because notifications stand below the directory; so is
    `about_id`, the row that the notice tells of. `fields` are the words that filled its text.
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
    about_id = models.UUIDField("objet", null=True, blank=True)
    fields = models.JSONField("champs", default=dict, blank=True)
    created_at = models.DateTimeField("date", default=timezone.now)
    read_at = models.DateTimeField("lue le", null=True, blank=True)
    awaits_digest = models.BooleanField("attend le récapitulatif", default=False)
    digest = models.ForeignKey(
        Digest,
        verbose_name="récapitulatif",
        related_name="notices",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the notice outlives the mail that listed it
    )

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
            models.Index(
                fields=["recipient"],
                condition=Q(awaits_digest=True),
                name="notification_awaits_digest",
            ),
        ]

    def __str__(self) -> str:
        return self.text


class OutboxQuerySet(models.QuerySet):
    """Which messages the worker may take, and which the intranet lists."""

    def visible_to(self, user):
        """Those that the intranet lists: that a sealed kind was sent says who deposited (T9)."""
        if not user.is_authenticated or not user.is_staff:
            return self.none()
        return self.unsealed()

    def unsealed(self):
        """All but those that tell somebody of a sealed act."""
        return self.exclude(notice__kind__in=SEALED_KINDS)

    def due(self, now):
        """Messages neither sent nor given up, whose time has come and which no worker holds."""
        return self.filter(
            Q(locked_until=None) | Q(locked_until__lt=now),
            sent_at=None,
            dead_at=None,
            next_attempt_at__lte=now,
        )

    def held_as(self, message):
        """The row of a claimed message, unless its lease ended and somebody else took it since."""
        return self.filter(
            pk=message.pk, locked_until=message.locked_until, attempts=message.attempts
        )

    def in_trouble(self):
        """Mails given up, or sent back by the reader's server: somebody has to look."""
        failed = Q(dead_at__isnull=False, is_moot=False) | Q(bounced_at__isnull=False)
        long_ago = timezone.now() - ERASED_SHOWN
        return self.filter(failed).exclude(holds_link=True, created_at__lt=long_ago)


class OutboxMessage(UUIDModel):
    """One mail to one address. Its state is read from its dates.

    The mail of a notice or digest goes to the address that its reader has when it leaves; any other
    goes to the address it was written for (docs/decisions/0004). The text of one that holds a
    personal link is erased as soon as it has left or is given up.
    """

    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="destinataire",
        related_name="outbox_messages",
        null=True,
        on_delete=models.CASCADE,  # a mail to an erased person must go with them
    )
    notice = models.OneToOneField(
        Notification,
        verbose_name="notification",
        related_name="mail",
        null=True,
        on_delete=models.CASCADE,  # it says what its notice says
    )
    digest = models.OneToOneField(
        Digest,
        verbose_name="récapitulatif",
        related_name="mail",
        null=True,
        on_delete=models.CASCADE,  # it is the digest
    )
    address = models.EmailField("adresse")
    subject = models.CharField("objet", max_length=255)
    body = models.TextField("texte", blank=True)
    holds_link = models.BooleanField("porte un lien personnel", default=False)
    message_id = models.CharField("Message-ID", max_length=120, unique=True)
    created_at = models.DateTimeField("écrit le", default=timezone.now)
    next_attempt_at = models.DateTimeField("prochain essai", default=timezone.now)
    locked_until = models.DateTimeField("pris jusqu’à", null=True, blank=True)
    attempts = models.PositiveSmallIntegerField("essais", default=0)
    sent_at = models.DateTimeField("envoyé le", null=True, blank=True)
    dead_at = models.DateTimeField("abandonné le", null=True, blank=True)
    is_moot = models.BooleanField("sans objet", default=False)
    bounced_at = models.DateTimeField("revenu le", null=True, blank=True)
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
        if self.bounced_at:
            return "revenu"
        if self.sent_at:
            return "envoyé"
        if self.dead_at:
            return "sans objet" if self.is_moot else "abandonné"
        return "nouvel essai prévu" if self.attempts else "en attente"

    @property
    def can_be_resent(self) -> bool:
        """Whether it was given up, or came back, and its text is still there."""
        return bool(self.dead_at or self.bounced_at) and not self.is_erased

    @property
    def is_erased(self) -> bool:
        """Whether its text is gone, with the personal link that it held."""
        return self.holds_link and not self.body

    @property
    def follows_recipient(self) -> bool:
        """Whether it goes to the address that the person has when it leaves."""
        return bool(self.notice_id or self.digest_id)


class MailPreference(models.Model):
    """How one person wants to be told of one kind; without a row, at once by mail (SPEC N2)."""

    class Mode(models.TextChoices):
        IMMEDIATE = "immediate", "Tout de suite par courriel"
        DIGEST = "digest", "Dans le récapitulatif du matin"
        IN_APP = "in_app", "Sur la plateforme seulement"

    person = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="personne",
        related_name="mail_preferences",
        on_delete=models.CASCADE,  # a wish of this person
    )
    kind = models.CharField("type", max_length=60)
    mode = models.CharField("mode", max_length=9, choices=Mode.choices)

    class Meta:
        verbose_name = "préférence de courriel"
        verbose_name_plural = "préférences de courriel"
        ordering = ["person", "kind"]
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="mail_preference_once")
        ]

    def __str__(self) -> str:
        return f"{self.person} · {self.kind} · {self.get_mode_display()}"


class MailTemplate(models.Model):
    """The administrators' own words for the mails of one kind (SPEC N4)."""

    kind = models.CharField("type", max_length=60, unique=True)
    subject = models.CharField("objet", max_length=200)
    text = models.TextField("texte")

    class Meta:
        verbose_name = "texte de courriel"
        verbose_name_plural = "textes de courriel"
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.subject
