"""Documents: typed files of an organisation, or of one of its contacts (SPEC D)."""

from calendar import monthrange
from collections.abc import Callable
from datetime import date, timedelta

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.core.models import UUIDModel
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.referentials.models import DocumentType, PlatformSettings


class Scan(models.TextChoices):
    """What the antivirus knows of a file. Without antivirus it is never scanned, and says so."""

    UNSCANNED = "unscanned", "vérifié, sans antivirus"
    PENDING = "pending", "analyse antivirus en cours"
    SAFE = "safe", "vérifié"
    INFECTED = "infected", "refusé par l’antivirus"
    ERROR = "error", "analyse antivirus à refaire"


#: States in which a file goes to whoever may read it.
READABLE = {Scan.UNSCANNED, Scan.SAFE}
#: States that a later scan may end.
WAITING = {Scan.PENDING, Scan.ERROR}


def soon(today: date) -> date:
    """The last day of the documents that are shown as expiring: an administrators' setting."""
    return today + timedelta(days=PlatformSettings.current().expiry_first_days)


class Reach(models.TextChoices):
    """Who beside its organisation is shown a file: a draft nobody, else as its type says.

    One that answers a request made for an engagement is for those who follow the engagement,
    whatever its type: see `also_read_by`. A file of an offer is sealed: only the rules of tenders
    say who reads it (SPEC T9).
    """

    DRAFT = "draft", "en préparation"
    PARTIES = "parties", "parties de l’accompagnement"
    TYPE = "type", "selon son type"
    OFFER = "offer", "scellé avec une offre"


#: From a person, and the capacity in which they act, to the documents that they may read beyond the
#: rules below. The apps above, which know requests and engagements, add theirs in
#: `AppConfig.ready()`.
Readers = Callable[[User, Contact | None], Q]
_readers: list[Readers] = []


def also_read_by(readers: Readers) -> None:
    """Let these documents be read too."""
    if readers not in _readers:
        _readers.append(readers)


#: Which files of offers everybody who sees their offer may know of: tenders say so likewise.
_unsealed: list[Callable[[], Q]] = []


def unsealed_when(condition: Callable[[], Q]) -> None:
    """Let these files of offers be named in the log and to administrators."""
    if condition not in _unsealed:
        _unsealed.append(condition)


class DocumentQuerySet(models.QuerySet):
    """Who may see which document, and which are in force."""

    def visible_to(self, user, contact: Contact | None = None):
        """Those of the organisation a person acts for, and for the intranet those of the records.

        Former contacts see none. Every officer reads the documents of provider records (SPEC A10);
        those of an engagement are for its parties, whom the apps above know.
        """
        if not user.is_authenticated:
            return self.none()
        mine = Q(pk=None)
        if user.is_staff:
            mine |= Q(type__audience=DocumentType.Audience.OFFICERS, reach=Reach.TYPE)
        if contact and contact.user_id == user.pk and contact.has_access and not contact.is_former:
            mine |= Q(organisation=contact.organisation_id) & ~Q(reach=Reach.OFFER)
        for readers in _readers:
            mine |= readers(user, contact)
        return self.filter(mine)

    def current(self):
        """In force: neither a draft nor an offer's, nor replaced or withdrawn.

        The others are out of sight.
        """
        kept = self.filter(replaced_by=None, withdrawn_at=None)
        return kept.exclude(reach__in=[Reach.DRAFT, Reach.OFFER])

    def sealed(self):
        """Files of offers that only their authors know of: no log, no notice names them (T9)."""
        rows = self.filter(reach=Reach.OFFER)
        for condition in _unsealed:
            rows = rows.exclude(condition())
        return rows

    def of_records(self):
        """Those of the record itself: not what is being prepared, nor what an engagement keeps."""
        return self.filter(reach=Reach.TYPE)

    def valid_on(self, day: date):
        """In force, and still valid that day."""
        return self.current().filter(Q(expires_on=None) | Q(expires_on__gte=day))

    def awaiting_scan(self, now):
        """What the antivirus has not said yet; after an error, once a day."""
        retried = Q(scan=Scan.ERROR, scanned_at__lt=now - timedelta(days=1))
        return self.filter(Q(scan=Scan.PENDING) | retried)


class Document(UUIDModel):
    """One file as it was deposited. Its content is kept once, under its digest (storage.py)."""

    type = models.ForeignKey(
        DocumentType,
        verbose_name="type",
        related_name="documents",
        on_delete=models.PROTECT,  # lists are made inactive, not deleted
    )
    organisation = models.ForeignKey(
        Organisation,
        verbose_name="structure",
        related_name="documents",
        on_delete=models.PROTECT,  # its documents are history
    )
    contact = models.ForeignKey(
        Contact,
        verbose_name="contact",
        related_name="documents",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above; empty when it concerns the whole organisation
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="déposé par",
        related_name="+",
        on_delete=models.PROTECT,  # a person who deposited is anonymised, not deleted
    )
    name = models.CharField("nom du fichier", max_length=150)
    digest = models.CharField(
        "empreinte SHA-256",
        max_length=64,
        db_index=True,
        validators=[RegexValidator(r"^[0-9a-f]{64}$")],
    )
    size = models.PositiveBigIntegerField("taille en octets")
    media_type = models.CharField("format", max_length=100)
    is_encrypted = models.BooleanField("protégé par un mot de passe", default=False)
    scan = models.CharField(
        "antivirus", max_length=10, choices=Scan.choices, default=Scan.UNSCANNED
    )
    scanned_at = models.DateTimeField("analysé le", null=True, blank=True)
    scan_detail = models.CharField("réponse de l’antivirus", max_length=200, blank=True)
    created_at = models.DateTimeField("déposé le", default=timezone.now)
    reach = models.CharField("visible par", max_length=7, choices=Reach.choices, default=Reach.TYPE)
    issued_on = models.DateField("daté du", null=True, blank=True)
    expires_on = models.DateField("valable jusqu’au", null=True, blank=True, db_index=True)
    replaced_by = models.ForeignKey(
        "self",
        verbose_name="remplacé par",
        related_name="replaces",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # without its successor an older file would be in force again
    )
    withdrawn_at = models.DateTimeField("retiré le", null=True, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        verbose_name = "pièce jointe"
        verbose_name_plural = "pièces jointes"
        ordering = ["-created_at", "id"]
        indexes = [
            models.Index(
                fields=["organisation", "type"],
                condition=Q(replaced_by=None, withdrawn_at=None),
                name="document_current",
            ),
            models.Index(
                fields=["scan"],
                condition=Q(scan__in=["pending", "error"]),
                name="document_awaiting_scan",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} ({self.name})"

    @property
    def is_current(self) -> bool:
        """Whether the document is in force."""
        kept = self.replaced_by_id is None and self.withdrawn_at is None
        return kept and self.reach != Reach.DRAFT

    @property
    def is_expired(self) -> bool:
        """Whether its validity has ended."""
        return self.expires_on is not None and self.expires_on < timezone.localdate()


def expiry(document_type: DocumentType, start: date) -> date | None:
    """The last day of validity of a document of this type dated `start`; None when it has none."""
    if not document_type.validity_months:
        return None
    months = start.year * 12 + start.month - 1 + document_type.validity_months
    year, month = divmod(months, 12)
    return date(year, month + 1, min(start.day, monthrange(year, month + 1)[1]))
