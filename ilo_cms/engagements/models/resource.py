"""Files, links and notes of an engagement, and with whom they are shared (SPEC E9)."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ilo_cms.core.models import UUIDModel, WebAddressField
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.documents.models import Document
from ilo_cms.engagements.models.access import ByCapacity, readable, written_by_then
from ilo_cms.engagements.models.assignment import Assignment
from ilo_cms.engagements.models.engagement import Engagement


class ResourceQuerySet(ByCapacity):
    """Who may see which resource. The one door: pages and downloads start here."""

    def visible_to(self, user, contact: Contact | None = None):
        """The operator's team, the organisation that deposited it, and whom it is shared with.

        A share counts while it stands and while its organisation takes part in the engagement; a
        former contact reads what was there, and shared, when they left. None once withdrawn.
        """
        rule = readable(user, contact, "engagement__operator", self.reached_by)
        return self.filter(rule, withdrawn_at=None)

    @staticmethod
    def reached_by(contact: Contact) -> Q:
        """What a contact's organisation deposited, and what is shared with it."""
        shares = ResourceShare.objects.in_force().filter(
            written_by_then(contact, "shared_at"), organisation=contact.organisation_id
        )
        parties = Engagement.objects.filter(Engagement.objects.all().reached_by(contact))
        own = Q(organisation=contact.organisation_id) & written_by_then(contact, "created_at")
        return own | Q(pk__in=shares.values("resource"), engagement__in=parties)


class Resource(UUIDModel):
    """A file, a link or a note of an engagement or of one of its assignments.

    `organisation` is that of who deposited it: the operator, the provider or the beneficiary.
    """

    engagement = models.ForeignKey(
        Engagement,
        verbose_name="accompagnement",
        related_name="resources",
        on_delete=models.PROTECT,  # what was exchanged is history
    )
    assignment = models.ForeignKey(
        Assignment,
        verbose_name="prestation de conseil",
        related_name="resources",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    title = models.CharField("intitulé", max_length=255)
    document = models.ForeignKey(
        Document,
        verbose_name="fichier",
        related_name="resources",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    url = WebAddressField("lien", max_length=500, blank=True)
    note = models.TextField("note", blank=True)
    organisation = models.ForeignKey(
        Organisation,
        verbose_name="déposée par la structure",
        related_name="+",
        on_delete=models.PROTECT,  # as above
    )
    deposited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="déposée par",
        related_name="+",
        on_delete=models.PROTECT,  # a person who deposited is anonymised, not deleted
    )
    created_at = models.DateTimeField("déposée le", default=timezone.now)
    withdrawn_at = models.DateTimeField("retirée le", null=True, blank=True)

    objects = ResourceQuerySet.as_manager()

    class Meta:
        verbose_name = "ressource"
        verbose_name_plural = "ressources"
        ordering = ["-created_at", "id"]
        indexes = [models.Index(fields=["engagement", "-created_at"], name="resource_engagement")]
        constraints = [
            models.CheckConstraint(
                condition=~Q(document=None, url="", note=""),
                name="resource_holds_something",
                violation_error_message="Joignez un fichier, un lien ou une note.",
            ),
            models.CheckConstraint(
                condition=Q(document=None) | Q(url=""),
                name="resource_file_or_link",
                violation_error_message="Choisissez un fichier ou un lien, pas les deux.",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def kind(self) -> str:
        """Fichier, lien or note."""
        return "fichier" if self.document_id else "lien" if self.url else "note"

    @property
    def is_deliverable(self) -> bool:
        """Whether the provider of the assignment deposited it."""
        return (
            self.assignment_id is not None and self.assignment.provider_id == self.organisation_id
        )


class ResourceShareQuerySet(models.QuerySet):
    """Shares that count."""

    def in_force(self):
        """Those that nobody took back."""
        return self.filter(revoked_at=None)


class ResourceShare(UUIDModel):
    """A resource shown to a party: the beneficiary, or a provider. A share taken back is kept."""

    resource = models.ForeignKey(
        Resource,
        verbose_name="ressource",
        related_name="shares",
        on_delete=models.CASCADE,  # a line of its resource
    )
    organisation = models.ForeignKey(
        Organisation,
        verbose_name="partagée avec",
        related_name="+",
        on_delete=models.PROTECT,  # who could read what is history
    )
    shared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="partagée par",
        related_name="+",
        on_delete=models.PROTECT,  # as above
    )
    shared_at = models.DateTimeField("partagée le", default=timezone.now)
    revoked_at = models.DateTimeField("partage retiré le", null=True, blank=True)

    objects = ResourceShareQuerySet.as_manager()

    class Meta:
        verbose_name = "partage"
        verbose_name_plural = "partages"
        ordering = ["resource", "shared_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["resource", "organisation"],
                condition=Q(revoked_at=None),
                name="share_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.resource} : {self.organisation}"
