"""Requests for help from the extranet (SPEC A13)."""

from django.conf import settings
from django.db import models

from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models import Contact


class SupportRequestQuerySet(models.QuerySet):
    """Who reads requests, and which ones wait."""

    def visible_to(self, user):
        """Administrators read every request, the others their own."""
        if not user.is_authenticated:
            return self.none()
        return self if user.is_administrator and user.is_active else self.filter(user=user)

    def made_as(self, user, contact: Contact | None):
        """The person's own, in the capacity in which they act, and those made in none (A6)."""
        here = models.Q(contact=None) | models.Q(contact=contact)
        return self.filter(here, user=user)

    def pending(self):
        """Requests that wait for an answer."""
        return self.filter(handled_at=None)


class SupportRequest(UUIDModel):
    """What somebody could not do, with what helps to understand it. Its state is in its dates."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="personne",
        related_name="support_requests",
        on_delete=models.CASCADE,  # a request has no meaning without who asked
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name="au titre de",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the request remains; empty when no structure was chosen
    )
    description = models.TextField("description")
    page = models.CharField("page concernée", max_length=255, blank=True)
    user_agent = models.CharField("navigateur", max_length=300, blank=True)
    created_at = models.DateTimeField("reçue le", auto_now_add=True)
    handled_at = models.DateTimeField("traitée le", null=True, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="traitée par",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,  # the log says who
    )
    answer = models.TextField("réponse", blank=True)

    objects = SupportRequestQuerySet.as_manager()

    class Meta:
        verbose_name = "demande d’assistance"
        verbose_name_plural = "demandes d’assistance"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["handled_at", "-created_at"], name="support_waiting")]

    def __str__(self) -> str:
        return f"{self.user}, {self.created_at:%d/%m/%Y}"

    @property
    def state(self) -> str:
        """Where the request stands, in words."""
        return "traitée" if self.handled_at else "à traiter"

    @property
    def has_screenshot(self) -> bool:
        """Whether a picture came with it."""
        return SupportScreenshot.objects.filter(request=self).exists()


class SupportScreenshot(models.Model):
    """The picture of a request, drawn anew as a JPEG; apart, so that lists never load it."""

    request = models.OneToOneField(
        SupportRequest,
        verbose_name="demande",
        related_name="screenshot",
        primary_key=True,
        on_delete=models.CASCADE,  # goes with its request
    )
    content = models.BinaryField("image")

    class Meta:
        verbose_name = "capture d’écran"
        verbose_name_plural = "captures d’écran"

    def __str__(self) -> str:
        return f"capture d’écran de {self.request_id}"
