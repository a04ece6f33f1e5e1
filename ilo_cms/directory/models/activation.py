"""Activation: the link by which a contact opens their account (SPEC A3)."""

from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import models
from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Left, StrIndex
from django.utils import timezone

from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models.contact import Contact
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.referentials.models import GenericMailbox, PlatformSettings


class ActivationQuerySet(models.QuerySet):
    """Whose link, and which one counts."""

    def of(self, user):
        """A person's links, whichever of their contacts they name; the latest first."""
        return self.filter(contact__user=user).order_by("-sent_at", "-id")


class Activation(UUIDModel):
    """One link, mailed to one address. It is spent, overtaken by a later one, or expires.

    Expiry is computed from `sent_at` and the platform's settings; whether the mail left is read
    from `mail`.
    """

    contact = models.ForeignKey(
        Contact,
        verbose_name="contact",
        related_name="activations",
        on_delete=models.CASCADE,  # a link to a membership that is gone opens nothing
    )
    address = models.EmailField("adresse")
    sent_at = models.DateTimeField("envoyée le")
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="envoyée par",
        related_name="+",
        null=True,
        on_delete=models.SET_NULL,  # the log says who sent it
    )
    spent_at = models.DateTimeField("utilisée le", null=True, blank=True)
    mail = models.ForeignKey(
        OutboxMessage,
        verbose_name="courriel",
        related_name="+",
        null=True,
        on_delete=models.SET_NULL,  # old mails are erased before their link
    )

    objects = ActivationQuerySet.as_manager()

    class Meta:
        verbose_name = "lien d’activation"
        verbose_name_plural = "liens d’activation"
        ordering = ["-sent_at", "-id"]

    def __str__(self) -> str:
        return f"{self.contact} · {self.address}"

    @property
    def expires_at(self) -> datetime:
        """The first instant at which the link no longer works."""
        return self.sent_at + lifetime()


def lifetime() -> timedelta:
    """How long a link works: a setting of the administrators."""
    return timedelta(days=PlatformSettings.current().activation_days)


class Access(StrEnum):
    """How far a contact is from signing in, in the words of the screens."""

    CLOSED = "Compte fermé"
    NONE = "Sans accès"
    FORMER = "A quitté la structure"
    OPEN = "Compte ouvert"
    NO_ADDRESS = "Sans adresse électronique"
    GENERIC = "Adresse générique"
    INVITED = "Lien envoyé"
    EXPIRED = "Lien expiré"
    NEVER = "Jamais invité·e"


def with_access(contacts: models.QuerySet) -> models.QuerySet:
    """Contacts with `access`, one of the words of Access, computed by the database.

    A person's password opens all their contacts and their latest link is the only one that works,
    so both are looked up by person.
    """
    latest = Activation.objects.filter(contact__user=OuterRef("user")).order_by("-sent_at", "-id")
    works = Activation.objects.filter(
        pk=OuterRef("latest_link"),
        spent_at=None,
        sent_at__gt=timezone.now() - lifetime(),
        address=OuterRef("user__email"),
        contact__has_access=True,
        contact__ended_on=None,
    )
    mailbox = Left("user__email", StrIndex("user__email", Value("@")) - 1)
    generic = GenericMailbox.objects.active().filter(code=OuterRef("mailbox"))
    without_password = Q(user__password="") | Q(user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
    states = [
        (Q(user__is_active=False), Access.CLOSED),
        (Q(has_access=False), Access.NONE),
        (Q(ended_on__isnull=False), Access.FORMER),
        (~without_password, Access.OPEN),
        (Q(user__email=None), Access.NO_ADDRESS),
        (Exists(generic), Access.GENERIC),
        (Exists(works), Access.INVITED),
        (Q(latest_link__isnull=False), Access.EXPIRED),
    ]
    return contacts.alias(latest_link=Subquery(latest.values("pk")[:1]), mailbox=mailbox).annotate(
        access=Case(
            *(When(condition, then=Value(word.value)) for condition, word in states),
            default=Value(Access.NEVER.value),
        )
    )


def access_of(contact: Contact) -> Access:
    """How far one contact is from signing in, read anew."""
    rows = with_access(Contact.objects.filter(pk=contact.pk))
    return Access(rows.values_list("access", flat=True).get())
