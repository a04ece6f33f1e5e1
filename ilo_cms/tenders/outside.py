"""Offers that arrived by another way, entered by an officer after the opening (SPEC T11)."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db.models import QuerySet

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.core.french import of
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.documents.checks.formats import Findings
from ilo_cms.documents.models import Document
from ilo_cms.documents.services import receive
from ilo_cms.engagements.changes import FOREIGN, needed
from ilo_cms.referentials.models import DocumentType
from ilo_cms.tenders.changes import raise_revision, to_change
from ilo_cms.tenders.deposits import file_line, insert, place_line
from ilo_cms.tenders.models import (
    Channel,
    Deposit,
    DepositKind,
    Invitation,
    Offer,
    OfferFile,
    Participation,
    Score,
    Tender,
)
from ilo_cms.tenders.offers import MOST_FILES, write_document
from ilo_cms.tenders.phases import deposits_end, moment
from ilo_cms.tenders.policies import can_receive, can_weigh
from ilo_cms.tenders.scoring import check_selection, in_selection


#: A browser that went back shows a form whose entry was taken out since.
USED = "Cette page a déjà servi, et l’offre a été retirée depuis : ouvrez une nouvelle saisie."


def enter_outside_offer(
    *,
    tender: Tender,
    key: UUID,
    siren: str,
    channel: str,
    received_at: datetime,
    price: Decimal,
    days: Decimal,
    message: str,
    files: Iterable[tuple[DocumentType, File]],
    acting_user: User,
    establishment: Establishment | None = None,
    cooperator: Contact | None = None,
) -> Deposit:
    """Enter an offer that came by mail or post before the deadline, with its files.

    It may lack a document that the tender requires: nothing is refused that arrived, the comparison
    says so. `establishment` holds it, and may be left out where the structure has only one;
    `cooperator` is whose offer it is where each has one (T8). One entered wrongly is taken out
    first (`take_out`). The same form sent twice enters it once. Raises PermissionDenied,
    ValidationError by field or coded "changed", and what `documents.services.receive` raises.
    """
    can_weigh(acting_user, tender).enforce()
    organisation = Organisation.objects.filter(siren=siren, is_active=True).first()
    if organisation is None:
        raise ValidationError({"siren": "Aucune structure active n’a ce SIREN : créez sa fiche."})
    if not (decision := can_receive(tender, organisation)):
        raise ValidationError({"siren": decision.reason})
    given = list(files)
    if not given:
        raise ValidationError("Joignez au moins un fichier de cette offre.")
    if len(given) > MOST_FILES:
        raise ValidationError(f"Une offre a {MOST_FILES} fichiers au plus.")
    found = [receive_outside(*each, organisation, acting_user) for each in given]
    kept = list({(each.type_id, each.digest): (each, said) for each, said in found}.values())
    values = {"price": price, "days": days, "message": message, "establishment": establishment}
    return keep_outside(
        tender=tender,
        key=key,
        organisation=organisation,
        kept=kept,
        channel=channel,
        received_at=received_at,
        cooperator=cooperator,
        said=values,
        acting_user=acting_user,
    )


def receive_outside(
    document_type: DocumentType, file: File, organisation: Organisation, acting_user: User
) -> tuple[Document, Findings]:
    """Check and keep one file. Raises what `receive` raises, the sentence naming the file."""
    try:
        return receive(
            file=file,
            document_type=document_type,
            organisation=organisation,
            owner=None,
            acting_user=acting_user,
        )
    except ValidationError as error:
        words = f"{document_type}, « {file.name} » : {error.messages[0]}"
        raise ValidationError(words, code=error.code) from error


@logged
def keep_outside(
    *,
    tender: Tender,
    key: UUID,
    organisation: Organisation,
    kept: list[tuple[Document, Findings]],
    channel: str,
    received_at: datetime,
    cooperator: Contact | None,
    said: dict,
    acting_user: User,
) -> Deposit:
    """Write the rows of an offer whose files are kept; see `enter_outside_offer`."""
    row, now = in_selection(tender)
    can_weigh(acting_user, row).enforce()
    said["establishment"] = holder_of(organisation, said["establishment"])
    documents = [document for document, _ in kept]
    content = content_of_outside(said, received_at, documents)
    if known := Deposit.objects.filter(key=key).first():
        if entry_of(known) != (row, organisation, cooperator, channel, told(content)):
            raise ValidationError(FOREIGN, code="changed")
        if not Deposit.objects.standing().filter(pk=known.pk).exists():
            raise ValidationError(USED, code="changed")
        return known
    check_reception(row, received_at, now, said)
    place = place_of(row, organisation, received_at, acting_user)
    offer = offer_of(place, cooperator)
    check_free(offer)
    write_files(offer, kept)
    deposit = Deposit(
        key=key,
        offer=offer,
        number=offer.deposits.count() + 1,
        kind=DepositKind.DEPOSITED,
        at=now,
        by=acting_user,
        channel=channel,
        received_at=received_at,
        requirements=row.requirements,
        content=content,
    )
    insert(deposit, documents)
    raise_revision(row)
    log_entry("offer.entered_outside", row, deposit)
    return deposit


@logged
def take_out(*, offer: Offer, reason: str, seen: int, acting_user: User) -> Deposit:
    """Take out an offer that was entered wrongly: of another structure, or with another price.

    It is one more act on the offer, and none of what was entered is its author's to read: it may be
    somebody else's. Notes that colleagues already gave to it go with it. `seen` is the revision of
    the tender that was seen. Raises PermissionDenied, ValidationError: by field, or "changed".
    """
    row, now = to_change(offer.invitation.tender, seen, acting_user)
    can_weigh(acting_user, row).enforce()
    check_selection(row, now)
    if not (decision := is_unscored(row)):
        raise ValidationError(decision.reason)
    reason = needed(reason, "Dites pourquoi vous retirez cette offre.", "reason")
    last = entered(row).filter(offer=offer).first()
    if last is None:
        raise ValidationError("Cette offre n’est plus là, ou a été déposée par son auteur.")
    act = Deposit(
        key=uuid4(),
        offer=last.offer,
        number=last.number + 1,
        kind=DepositKind.WITHDRAWN,
        at=now,
        by=acting_user,
        channel=last.channel,
        requirements=row.requirements,
    )
    insert(act, [])
    OfferFile.objects.filter(offer=offer, document__in=last.documents.all()).delete()
    Score.objects.filter(offer=offer).delete()
    leave(last.offer.invitation)
    raise_revision(row)
    log_entry("offer.taken_out", row, act, reason=reason)
    return act


def leave(place: Invitation) -> None:
    """An organisation whose place its offer made takes part no more once none of them stands.

    The officers took it for another one: it reads nothing of the tender (`models.tender.seated`).
    Who was invited, or named among those consulted elsewhere, keeps its place.
    """
    by_offer = place.entered_outside and place.answered_at
    if by_offer and not place.offers.all().standing().exists():
        gone = {"participation": Participation.NONE, "answered_at": None}
        Invitation.objects.filter(pk=place.pk).update(**gone)


def log_entry(action: str, tender: Tender, act: Deposit, **words: str) -> None:
    """Tell the log of an offer that was entered or taken out."""
    record(
        action,
        actor=act.by,
        target=tender,
        organisation=tender.engagement.beneficiary,
        of=act.offer.full_author,
        number=act.number,
        digest=act.digest,
        **words,
    )


def entered(tender: Tender) -> QuerySet[Deposit]:
    """The offers of a tender that an officer entered and that stand."""
    rows = Deposit.objects.standing().filter(offer__invitation__tender=tender)
    rows = rows.exclude(channel=Channel.PLATFORM)
    return rows.select_related("offer__invitation__organisation", "offer__cooperator__user")


def write_files(offer: Offer, kept: list[tuple[Document, Findings]]) -> None:
    """Write the rows of the files of an offer."""
    for document, findings in kept:
        write_document(document, findings)
        OfferFile.objects.create(offer=offer, document=document)


def entry_of(known: Deposit) -> tuple:
    """What a form entered: a browser that goes back shows it with its key, perhaps to change it."""
    place = known.offer.invitation
    author = (place.tender, place.organisation, known.offer.cooperator)
    return *author, known.channel, told(known.content)


def check_reception(tender: Tender, received_at: datetime, now: datetime, said: dict) -> None:
    """Raise ValidationError on an offer out of its time, or without price, by field."""
    if not (decision := is_unscored(tender)):
        raise ValidationError(decision.reason)
    faults = {}
    end = deposits_end(tender) if tender.deposit_deadline else None
    if received_at > now:
        faults["received_at"] = "Ce moment est dans le futur : corrigez-le."
    elif end and received_at >= end:
        faults["received_at"] = f"Le dépôt a fermé le {moment(end)} : cette offre est hors délai."
    elif tender.channel == Channel.PLATFORM and received_at < tender.published_at:
        sent = moment(tender.published_at)
        faults["received_at"] = f"La demande est partie le {sent}, donc après : vérifiez la date."
    if said["price"] <= 0:
        faults["price"] = "Indiquez un prix supérieur à 0 €."
    if said["days"] < 0:
        faults["days"] = "Un nombre de jours ne peut pas être négatif."
    if faults:
        raise ValidationError(faults)


def is_unscored(tender: Tender) -> Decision:
    """Offers are entered until a sheet is handed in: it would lack the notes of this one."""
    if tender.score_sheets.exclude(handed_in_at=None).exists():
        return refused(
            "Une grille individuelle est déjà remise : il est trop tard pour saisir ou retirer une "
            "offre."
        )
    return ALLOWED


def can_enter(tender: Tender, organisation: Organisation) -> Decision:
    """Whether an offer of an organisation may be entered: it has none that stands (T8)."""
    if not (decision := can_receive(tender, organisation)):
        return decision
    if has_offer_by_cooperator(tender, organisation):
        return ALLOWED
    place = Invitation.objects.filter(tender=tender, organisation=organisation)
    last = Deposit.objects.standing().filter(offer__invitation__in=place).first()
    return refused(already(last, organisation)) if last else ALLOWED


def already(last: Deposit, author: object) -> str:
    """Why no other offer of this author is entered."""
    if last.channel == Channel.PLATFORM:
        return f"{author} a déjà déposé une offre."
    return (
        f"Une offre {of(author)} est déjà saisie : si elle est fausse, retirez-la d’abord, sur la "
        "page de la mise en concurrence."
    )


def has_offer_by_cooperator(tender: Tender, organisation: Organisation) -> bool:
    """Whether each cooperator of an organisation has an offer of their own: as it was sent (T8)."""
    place = tender.invitations.filter(organisation=organisation).first()
    return place.by_cooperator if place else organisation.is_cae


def cooperators_of(organisation: Organisation) -> QuerySet[Contact]:
    """Those whose offer may be entered: its contacts, with or without access."""
    rows = Contact.objects.current().filter(organisation=organisation)
    return rows.select_related("user", "organisation")


def establishments_of(organisation: Organisation) -> QuerySet[Establishment]:
    """Those that may hold an offer."""
    rows = Establishment.objects.filter(organisation=organisation, is_active=True)
    return rows.select_related("organisation")


def holder_of(organisation: Organisation, chosen: Establishment | None) -> Establishment | None:
    """The establishment that holds an offer: the one chosen, or the only one there is.

    None for an organisation without any. Raises ValidationError by field.
    """
    rows = list(establishments_of(organisation))
    if chosen is None and len(rows) < 2:
        return next(iter(rows), None)
    if chosen not in rows:
        raise ValidationError({"establishment": "Choisissez l’établissement titulaire."})
    return chosen


def place_of(
    tender: Tender, organisation: Organisation, received_at: datetime, acting_user: User
) -> Invitation:
    """The organisation's place, made if it was not invited: its offer was its answer."""
    answered = {"participation": Participation.ACCEPTED, "answered_at": received_at}
    place, _ = Invitation.objects.get_or_create(
        tender=tender,
        organisation=organisation,
        defaults={
            "entered_outside": True,
            "by_cooperator": organisation.is_cae,
            "added_by": acting_user,
            **answered,
        },
    )
    if place.entered_outside and place.participation == Participation.NONE:  # it had left
        Invitation.objects.filter(pk=place.pk).update(**answered)
    return place


def offer_of(place: Invitation, cooperator: Contact | None) -> Offer:
    """The author's offer, whose draft stays as its authors left it, or a new one.

    Raises ValidationError by field when the author is not one who may offer.
    """
    organisation = place.organisation
    if place.by_cooperator and cooperator not in cooperators_of(organisation):
        raise ValidationError({"cooperator": "Dites de quel·le coopérateur·rice est cette offre."})
    if cooperator and not place.by_cooperator:
        sentence = f"{organisation} fait une seule offre, au nom de toute la structure."
        raise ValidationError({"cooperator": sentence})
    offer, _ = Offer.objects.get_or_create(invitation=place, cooperator=cooperator)
    return offer


def check_free(offer: Offer) -> None:
    """Raise ValidationError by field where an offer of this author stands."""
    if last := Deposit.objects.standing().filter(offer=offer).first():
        raise ValidationError({"siren": already(last, offer.author)})


def told(content: dict) -> dict:
    """What a form said, whichever rows its files have: they have new ones each time."""
    files = content.get("files", [])  # none of a withdrawal
    return content | {"files": [(each["type"], each["digest"]) for each in files]}


def content_of_outside(said: dict, received_at: datetime, documents: list[Document]) -> dict:
    """What was received, in the form of a deposit (`deposits.content_of`)."""
    return {
        "price": f"{said['price']:.2f}",
        "days": f"{said['days']:.2f}",
        "message": said["message"],
        **place_line(said["establishment"]),
        "partners": [],
        "files": [file_line(each) for each in documents],
        "received_at": received_at.isoformat(),
    }
