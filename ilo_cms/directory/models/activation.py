"""Activation: the link by which a contact opens their account (SPEC A3)."""

from django.conf import settings
from django.db import models

from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models.contact import Contact
from ilo_cms.notifications.models import OutboxMessage


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

    class Meta:
        verbose_name = "lien d’activation"
        verbose_name_plural = "liens d’activation"
        ordering = ["-sent_at", "-id"]

    def __str__(self) -> str:
        return f"{self.contact} · {self.address}"
