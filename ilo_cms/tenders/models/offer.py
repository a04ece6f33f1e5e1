"""What a provider prepares and deposits; sealed until the opening (SPEC T6–T9)."""

from django.conf import settings
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Exists, OuterRef, Q

from ilo_cms.audit.services import assistant
from ilo_cms.core.french import of
from ilo_cms.core.identifiers import validate_siren
from ilo_cms.core.models import TimestampedModel, UUIDModel
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.documents.models import Document
from ilo_cms.tenders.models.invitation import Invitation
from ilo_cms.tenders.models.states import Channel, DepositKind
from ilo_cms.tenders.models.tender import Tender, seated


class OfferQuerySet(models.QuerySet):
    """Who may see which offer: the one door, for pages, lists, files, exports and reports (T9)."""

    def visible_to(self, user):
        """In the intranet: once opened, those deposited, for who reads the tender. Never before.

        The opening's row is the seal: no clock is asked again. What was never deposited, or was
        withdrawn, stays its authors'.
        """
        rows = self.filter(invitation__tender__in=Tender.objects.visible_to(user))
        return rows.filter(invitation__tender__opening__isnull=False).standing()

    def known_to(self, contact: Contact):
        """In the extranet: one's own, and those shared with one's organisation as partner."""
        return self.authored_by(contact) | self.shared_with(contact)

    def authored_by(self, contact: Contact):
        """One's own organisation's, in a CAE the cooperator's own (T8); none to former contacts."""
        if not contact.has_access or contact.is_former:
            return self.none()
        rows = self.filter(
            Q(cooperator=None) | Q(cooperator=contact),
            seated("invitation__"),
            invitation__organisation=contact.organisation_id,
            invitation__tender__published_at__isnull=False,
        )
        return rows.unsealed_to_support()

    def shared_with(self, contact: Contact):
        """Those that stand and name a contact's organisation as a partner who may read (T8).

        Not one that came by another way: what its author drafted here is not what was entered.
        """
        if not contact.has_access or contact.is_former:
            return self.none()
        named = OfferPartner.objects.filter(organisation=contact.organisation_id, can_read=True)
        standing = Deposit.objects.standing().filter(channel=Channel.PLATFORM).values("offer")
        rows = self.filter(pk__in=named.values("offer")).filter(pk__in=standing)
        return rows.unsealed_to_support()

    def unsealed_to_support(self):
        """All; to an administrator who acts as the contact, what the intranet reads too (T9)."""
        if not assistant.get():
            return self
        return self.filter(invitation__tender__opening__isnull=False).standing()

    def standing(self):
        """Those deposited and not withdrawn since."""
        return self.filter(pk__in=Deposit.objects.standing().values("offer"))


class Offer(UUIDModel, TimestampedModel):
    """One author's offer: its draft, here, and its deposits, each kept as it was (Deposit).

    `cooperator` is set in a CAE, where each cooperator has an offer of their own.
    """

    invitation = models.ForeignKey(
        Invitation,
        verbose_name="sollicitation",
        related_name="offers",
        on_delete=models.PROTECT,  # an offer is proof
    )
    cooperator = models.ForeignKey(
        Contact,
        verbose_name="coopérateur·rice",
        related_name="offers",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )
    price = models.DecimalField(
        "prix (€)",
        max_digits=12,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    days = models.DecimalField(
        "jours",
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
    )
    message = models.TextField("message", max_length=8000, blank=True)
    establishment = models.ForeignKey(
        Establishment,
        verbose_name="établissement titulaire",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # as above
    )

    objects = OfferQuerySet.as_manager()

    class Meta:
        verbose_name = "offre"
        verbose_name_plural = "offres"
        ordering = ["invitation", "created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["invitation"], condition=Q(cooperator=None), name="offer_once"
            ),
            models.UniqueConstraint(
                fields=["invitation", "cooperator"], name="offer_once_per_cooperator"
            ),
        ]

    def __str__(self) -> str:
        return f"Offre {of(self.author)}"

    @property
    def author(self):
        """Whose offer it is: the cooperator, or the organisation."""
        return self.cooperator.user if self.cooperator else self.invitation.organisation

    @property
    def full_author(self) -> str:
        """The author, a cooperator with the organisation."""
        place = self.invitation.organisation
        return f"{self.cooperator.user} ({place})" if self.cooperator else str(place)


class OfferFile(UUIDModel):
    """A typed file of an offer's draft. Deposited ones stay listed in their Deposit for ever."""

    offer = models.ForeignKey(
        Offer,
        verbose_name="offre",
        related_name="files",
        on_delete=models.PROTECT,  # deposits name it
    )
    document = models.OneToOneField(
        Document,
        verbose_name="fichier",
        related_name="offer_file",
        on_delete=models.PROTECT,  # as above
    )
    removed_at = models.DateTimeField("retiré du brouillon le", null=True, blank=True)

    class Meta:
        verbose_name = "pièce de l’offre"
        verbose_name_plural = "pièces de l’offre"
        ordering = ["offer_id", "document__created_at", "id"]

    def __str__(self) -> str:
        return str(self.document)


class OfferPartner(UUIDModel):
    """A partner of the consortium that an offer names (SPEC T8)."""

    offer = models.ForeignKey(
        Offer,
        verbose_name="offre",
        related_name="partners",
        on_delete=models.CASCADE,  # a line of its draft; deposits keep their own copy
    )
    name = models.CharField("nom", max_length=255)
    siren = models.CharField("SIREN", max_length=9, blank=True, validators=[validate_siren])
    organisation = models.ForeignKey(
        Organisation,
        verbose_name="structure",
        related_name="+",
        null=True,
        blank=True,
        on_delete=models.PROTECT,  # organisations are made inactive
    )
    can_read = models.BooleanField("peut lire l’offre", default=False)

    class Meta:
        verbose_name = "partenaire"
        verbose_name_plural = "partenaires"
        ordering = ["offer_id", "name", "id"]

    def __str__(self) -> str:
        return self.name


class DepositQuerySet(models.QuerySet):
    """Which acts count, and who reads their receipts."""

    def known_to(self, contact: Contact):
        """In the extranet: those on one's own offers; a partner reads the offer, no receipt.

        Of what an officer entered, what stands: the rest may be somebody else's (T11).
        """
        rows = self.filter(offer__in=Offer.objects.authored_by(contact))
        return rows.filter(Q(channel=Channel.PLATFORM) | Q(pk__in=self.standing().values("pk")))

    def standing(self):
        """The latest act of each offer, where it is no withdrawal: what is offered."""
        later = Deposit.objects.filter(offer=OuterRef("offer"), number__gt=OuterRef("number"))
        return self.exclude(kind=DepositKind.WITHDRAWN).filter(~Exists(later))


class Deposit(UUIDModel):
    """One act on an offer, kept as it was: a deposit, a confirmation, or a withdrawal.

    Rows are inserted, never changed. `at` is the database's clock under the tender's lock; `key`
    is made with the form, so that the same click twice is one act. `content` is what was deposited
    (price, days, message, establishment, partners, and of each file its type, name, size, digest
    and document), `digest` the SHA-256 of its canonical JSON (`audit.services.canonical`).
    """

    key = models.UUIDField("clé du formulaire", unique=True)
    offer = models.ForeignKey(
        Offer,
        verbose_name="offre",
        related_name="deposits",
        on_delete=models.PROTECT,  # proof
    )
    number = models.PositiveIntegerField("numéro")
    kind = models.CharField("acte", max_length=12, choices=DepositKind.choices)
    at = models.DateTimeField("le")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="par",
        related_name="+",
        on_delete=models.PROTECT,  # a person who deposited is anonymised, not deleted
    )
    channel = models.CharField(
        "reçue par", max_length=10, choices=Channel.choices, default=Channel.PLATFORM
    )
    received_at = models.DateTimeField(
        "reçue le", null=True, blank=True, help_text="D’une offre reçue hors plateforme."
    )
    requirements = models.PositiveIntegerField("version du cahier des charges")
    content = models.JSONField("contenu", default=dict)
    digest = models.CharField(
        "empreinte SHA-256", max_length=64, validators=[RegexValidator(r"^[0-9a-f]{64}$")]
    )

    documents = models.ManyToManyField(
        Document, verbose_name="fichiers", related_name="deposits", blank=True
    )

    objects = DepositQuerySet.as_manager()

    class Meta:
        verbose_name = "dépôt"
        verbose_name_plural = "dépôts"
        ordering = ["offer_id", "number"]
        constraints = [
            models.UniqueConstraint(fields=["offer", "number"], name="deposit_numbered_once")
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} n° {self.number}"


class LateAttempt(UUIDModel):
    """A deposit, confirmation or withdrawal asked too late: kept and told, never let in (T6)."""

    offer = models.ForeignKey(
        Offer,
        verbose_name="offre",
        related_name="late_attempts",
        on_delete=models.PROTECT,  # proof
    )
    key = models.UUIDField("clé du formulaire", unique=True)
    kind = models.CharField("acte", max_length=12, choices=DepositKind.choices)
    at = models.DateTimeField("le")
    deadline = models.DateTimeField("échéance dépassée", null=True, blank=True)
    reason = models.TextField("motif")
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="par",
        related_name="+",
        on_delete=models.PROTECT,  # as a deposit
    )

    class Meta:
        verbose_name = "tentative hors délai"
        verbose_name_plural = "tentatives hors délai"
        ordering = ["offer_id", "at", "id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} hors délai"

    @property
    def is_kept(self) -> bool:
        """False for an answer alone, after many others that were kept (`deposits.MOST_LATE`)."""
        return not self._state.adding

    @property
    def told(self) -> str:
        """What its author reads: why it is too late, and what became of it."""
        if self.is_kept:
            return f"{self.reason} Votre demande est conservée, l’offre n’a pas changé."
        return (
            f"{self.reason} L’offre n’a pas changé. Vos premières demandes hors délai sont "
            "conservées ; celle-ci ne l’est pas en plus."
        )
