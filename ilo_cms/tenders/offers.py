"""An offer being prepared: price, days, message, partners, files (SPEC T7, T8). Nobody is told.

A draft is its authors' alone; what counts is what they deposit (`tenders.deposits`). It is nowhere
in the log, so its services wait for the tender's lock and not for the log's.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files import File
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from ilo_cms.core.clock import database_now
from ilo_cms.core.turns import atomic_in_turn
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.documents import clamav, storage
from ilo_cms.documents.checks.formats import Findings
from ilo_cms.documents.models import Document, Reach, Scan
from ilo_cms.documents.services import receive
from ilo_cms.documents.tasks import scan_soon
from ilo_cms.referentials.models import DocumentType
from ilo_cms.tenders.models import (
    Invitation,
    Offer,
    OfferFile,
    OfferPartner,
    Participation,
    Phase,
    Tender,
)
from ilo_cms.tenders.participation import locked_place
from ilo_cms.tenders.phases import phase


DETAILS = ["price", "days", "message", "establishment"]
#: What every offer may hold beside the documents that its tender requires.
USUAL_TYPES = ["offre-intervention", "offre-financiere", "references", "autre"]
#: More files than this are no offer that anybody reads.
MOST_FILES = 20
MOST_PARTNERS = 10
NOT_ASKED = "Ce type de document n’est plus demandé. Rechargez la page."


@dataclass(frozen=True)
class Partner:
    """A partner of the consortium as a form gives it."""

    name: str
    siren: str = ""
    can_read: bool = False


def offer_types(tender: Tender) -> QuerySet[DocumentType]:
    """The types of files of an offer: those that the tender requires, then the usual ones.

    Each says which it is by `is_required`.
    """
    asked = Tender.required_types.through.objects.filter(
        tender=tender.pk, documenttype=OuterRef("pk")
    )
    rows = DocumentType.objects.annotate(is_required=Exists(asked))
    usual = Q(is_active=True, code__in=USUAL_TYPES)
    return rows.filter(usual | Q(is_required=True)).order_by("-is_required", "position", "label")


def check_preparable(place: Invitation, now: datetime) -> None:
    """Raise ValidationError unless the organisation takes part and may still deposit."""
    if place.participation != Participation.ACCEPTED:
        raise ValidationError(
            "Acceptez d’abord de participer : l’offre se prépare ensuite.", code="closed"
        )
    if phase(place.tender, now) not in {Phase.PARTICIPATION, Phase.DEPOSIT}:
        raise ValidationError("Cette offre ne peut plus être modifiée.", code="closed")


@atomic_in_turn
def draft_of(*, invitation: Invitation, acting_as: Contact, even_late: bool = False) -> Offer:
    """The offer of an organisation, or in a CAE of this cooperator; made at the first call (T8).

    `even_late` is for a deposit asked too late by who accepted and prepared nothing: there is then
    an offer, empty, on which the attempt is kept. Raises PermissionDenied, ValidationError coded
    "closed".
    """
    place, contact, now = locked_place(invitation.tender, acting_as)
    if not (even_late and place.participation == Participation.ACCEPTED):
        check_preparable(place, now)
    return own_draft(place, contact)


def own_draft(place: Invitation, contact: Contact) -> Offer:
    """The draft of an author under the tender's lock, made if there is none."""
    cooperator = contact if place.by_cooperator else None
    offer, _ = Offer.objects.get_or_create(invitation=place, cooperator=cooperator)
    offer.invitation = place
    return offer


def locked_offer(offer: Offer, acting_as: Contact) -> tuple[Offer, Contact, datetime]:
    """An author's offer read anew under the tender's lock, its author, and the moment.

    Raises PermissionDenied to anybody but its authors.
    """
    place, contact, now = locked_place(offer.invitation.tender, acting_as)
    found = place.offers.authored_by(contact).order_by().filter(pk=offer.pk).first()
    if found is None:
        raise PermissionDenied("Cette offre n’est pas la vôtre.")
    return found, contact, now


@atomic_in_turn
def save_draft(*, offer: Offer, values: dict[str, Any], acting_as: Contact) -> Offer:
    """Keep what an offer says; `values` are some of DETAILS, and None empties one.

    Raises PermissionDenied, ValidationError by field, or coded "closed".
    """
    row, _, now = locked_offer(offer, acting_as)
    check_preparable(row.invitation, now)
    change_draft(row, values)
    return row


def change_draft(row: Offer, values: dict[str, Any]) -> None:
    """Write some of DETAILS on a locked offer. Raises ValidationError by field."""
    if unknown := values.keys() - set(DETAILS):
        raise TypeError(f"Not a field of an offer: {sorted(unknown)}")
    for name, value in values.items():
        setattr(row, name, value)
    check_details(row)
    checked = values.keys() - {"establishment"}  # a row, which `check_details` looked at
    row.clean_fields(exclude={field.name for field in row._meta.fields} - checked)
    row.save(update_fields=[*values, "updated_at"])


def check_details(offer: Offer) -> None:
    """Raise ValidationError by field on what cannot be offered."""
    faults = {}
    if offer.price is not None and offer.price <= Decimal(0):
        faults["price"] = (
            "Indiquez un prix supérieur à 0 €. Si vous intervenez gratuitement, dites-le à votre "
            "chargé·e d’accompagnement : il n’y a alors pas de mise en concurrence."
        )
    place = offer.establishment
    if place and (place.organisation_id != offer.invitation.organisation_id or not place.is_active):
        faults["establishment"] = "Choisissez un établissement ouvert de votre structure."
    if faults:
        raise ValidationError(faults)


@atomic_in_turn
def set_partners(*, offer: Offer, partners: Iterable[Partner], acting_as: Contact) -> Offer:
    """Name the partners of a consortium, in the place of those named before (SPEC T8).

    Lines that name nobody are left out. A partner that the platform knows by its SIREN may be let
    read the deposited offer. Whether it is invited too is not said: that would unveil a competitor.
    Raises PermissionDenied, ValidationError: by field `partner_<line>_<field>`, lines from 0.
    """
    row, _, now = locked_offer(offer, acting_as)
    check_preparable(row.invitation, now)
    rows = partner_rows(row, partners)
    if len(rows) > MOST_PARTNERS:
        raise ValidationError(f"Nommez {MOST_PARTNERS} partenaires au plus.")
    if len({each.siren or each.name.casefold() for each in rows}) < len(rows):
        raise ValidationError("Le même partenaire est nommé deux fois.")
    row.partners.all().delete()
    OfferPartner.objects.bulk_create(rows)
    return row


def partner_rows(offer: Offer, partners: Iterable[Partner]) -> list[OfferPartner]:
    """The partners of an offer, not saved; see `set_partners`."""
    rows, faults = [], {}
    for line, partner in enumerate(partners):
        try:
            if partner.name.strip() or partner.siren:
                rows.append(partner_row(offer, partner))
        except ValidationError as error:
            faults |= {f"partner_{line}_{name}": said for name, said in error.error_dict.items()}
    if faults:
        raise ValidationError(faults)
    return rows


def partner_row(offer: Offer, partner: Partner) -> OfferPartner:
    """One partner, with the organisation of its SIREN if there is one; not saved.

    Raises ValidationError by field of `Partner`.
    """
    siren = partner.siren.replace(" ", "")
    known = Organisation.objects.filter(siren=siren, is_active=True).first() if siren else None
    if known and known.pk == offer.invitation.organisation_id:
        raise ValidationError({"siren": "Votre propre structure n’est pas une partenaire."})
    row = OfferPartner(
        offer=offer,
        name=partner.name.strip() or (known.name if known else ""),
        siren=siren,
        organisation=known,
        can_read=partner.can_read,
    )
    if not row.name:
        raise ValidationError({"name": "Donnez le nom de ce partenaire."})
    row.full_clean(exclude=["offer", "organisation"])
    if partner.can_read and known is None:
        words = (
            f"« {row.name} » ne peut pas lire l’offre ici : aucune structure active de la "
            "plateforme n’a ce SIREN. Retirez la lecture, ou corrigez le SIREN."
        )
        raise ValidationError({"can_read": words})
    return row


def add_file(
    *, invitation: Invitation, file: File, document_type: DocumentType, acting_as: Contact
) -> tuple[OfferFile, bool]:
    """Check a file and put it into the author's draft, made at the first one (SPEC T7).

    Returns it and whether it is new. Raises PermissionDenied, ValidationError, and what
    `documents.services.receive` raises.
    """
    check_preparable(invitation, database_now())  # before what may take long
    if not offer_types(invitation.tender).filter(pk=document_type.pk).exists():
        raise ValidationError(NOT_ASKED)
    document, findings = receive(
        file=file,
        document_type=document_type,
        organisation=acting_as.organisation,
        owner=None,
        acting_user=acting_as.user,
    )
    return keep_file(
        invitation=invitation, document=document, findings=findings, acting_as=acting_as
    )


@atomic_in_turn
def keep_file(
    *, invitation: Invitation, document: Document, findings: Findings, acting_as: Contact
) -> tuple[OfferFile, bool]:
    """Write the row of a kept file; see `add_file`. No log line: a draft is nobody's business."""
    place, contact, now = locked_place(invitation.tender, acting_as)
    check_preparable(place, now)
    row = own_draft(place, contact)
    files = list(row.files.filter(removed_at=None).select_related("document").order_by())
    there = (document.digest, document.type_id)
    if known := next((f for f in files if (f.document.digest, f.document.type_id) == there), None):
        return known, False
    if len(files) >= MOST_FILES:
        raise ValidationError(f"Une offre a {MOST_FILES} fichiers au plus : retirez-en un d’abord.")
    write_document(document, findings)
    return OfferFile.objects.create(offer=row, document=document), True


def write_document(document: Document, findings: Findings) -> None:
    """Write the row of a kept file of an offer, and have it scanned. Raises ValidationError."""
    if not storage.exists(document.digest):  # swept between its arrival and now
        raise ValidationError("Le fichier n’a pas pu être enregistré. Envoyez-le à nouveau.")
    document.reach, document.expires_on = Reach.OFFER, None
    document.is_encrypted = findings.is_encrypted
    document.scan = Scan.PENDING if clamav.is_configured() else Scan.UNSCANNED
    document.save(force_insert=True)
    if document.scan == Scan.PENDING:
        transaction.on_commit(lambda: scan_soon(), robust=True)


@atomic_in_turn
def remove_file(*, offer_file: OfferFile, acting_as: Contact) -> bool:
    """Take a file out of the draft; deposits that hold it keep it. False if it was already.

    Raises PermissionDenied, ValidationError coded "closed".
    """
    row, _, now = locked_offer(offer_file.offer, acting_as)
    check_preparable(row.invitation, now)
    return bool(row.files.filter(pk=offer_file.pk, removed_at=None).update(removed_at=now))
