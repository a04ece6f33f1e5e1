"""Depositing, confirming, withdrawing an offer: exact to the second, never lost (SPEC T6, T7, T9).

In one transaction: the log's lock, the tender's lock, the database's clock, the comparison, an
immutable row, its receipt. Only then is anything acknowledged (DESIGN decision 7). What comes too
late is kept and told. The log names nobody: it commits to the act by its digest.
"""

import logging
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q, prefetch_related_objects

from ilo_cms.audit.services import canonical, logged, record, sha256
from ilo_cms.directory.models import Contact, Establishment
from ilo_cms.documents.models import Document, Scan
from ilo_cms.engagements.changes import FOREIGN
from ilo_cms.referentials.models import DocumentType
from ilo_cms.tenders.models import (
    Deposit,
    DepositKind,
    LateAttempt,
    Offer,
    OfferFile,
    Phase,
    Tender,
)
from ilo_cms.tenders.notices_offers import tell_authors
from ilo_cms.tenders.offers import change_draft, locked_offer
from ilo_cms.tenders.phases import can_deposit, deposits_end, phase


logger = logging.getLogger(__name__)

Act = Deposit | LateAttempt

#: When an act on an offer is late, and no longer merely impossible.
TOO_LATE = {Phase.OPENING, Phase.SELECTION, Phase.SIGNATURE, Phase.UNSUCCESSFUL, Phase.CANCELLED}

#: So many acts too late on one offer are kept and told; rows and mails without end would serve
#: nobody. Later ones are answered, and that they are not kept again is part of the answer.
MOST_LATE = 10

#: What became of an offer, as its authors are told.
DONE = {
    DepositKind.DEPOSITED: "déposée",
    DepositKind.CONFIRMED: "confirmée",
    DepositKind.WITHDRAWN: "retirée",
}

USED = (
    "Cette page a déjà servi, et votre offre a changé depuis : rien n’a été enregistré. Relisez ce "
    "qui est déposé, puis recommencez si besoin."
)


def deposit(
    *, offer: Offer, key: UUID, acting_as: Contact, values: dict[str, Any] | None = None
) -> Act:
    """Deposit the draft as it is now, with these last `values` (some of `offers.DETAILS`) (T7).

    `key` is made with the form: the same click twice is one act, answered twice alike. Too late is
    answered with a LateAttempt, kept and told (`keep_late`). Raises PermissionDenied,
    ValidationError: by field, coded "incomplete" with all that is missing, or "closed" when it is
    too early; then nothing is changed, the draft neither.
    """
    return act(
        kind=DepositKind.DEPOSITED, offer=offer, key=key, acting_as=acting_as, values=values or {}
    )


def confirm(*, offer: Offer, key: UUID, acting_as: Contact) -> Act:
    """Keep a deposited offer as it is after a change of what is asked (SPEC T4); see `deposit`."""
    return act(kind=DepositKind.CONFIRMED, offer=offer, key=key, acting_as=acting_as, values={})


def withdraw(*, offer: Offer, key: UUID, acting_as: Contact) -> Act:
    """Take a deposited offer back; its draft stays and may be deposited again; see `deposit`."""
    return act(kind=DepositKind.WITHDRAWN, offer=offer, key=key, acting_as=acting_as, values={})


@logged
def act(
    *, kind: DepositKind, offer: Offer, key: UUID, acting_as: Contact, values: dict[str, Any]
) -> Act:
    """One act on an offer, decided under the tender's lock; see `deposit`."""
    row, contact, now = locked_offer(offer, acting_as)
    found = list(Deposit.objects.filter(Q(offer=row) | Q(key=key)).order_by("number"))
    acts = [each for each in found if each.offer_id == row.pk]
    if known := known_act(row, found, key):
        if is_same_click(row, known, acts, values):
            return known
        key = uuid4()
    if not (decision := can_deposit(row.invitation, now)):
        if phase(row.invitation.tender, now) in TOO_LATE:
            return keep_late(row, kind, key, contact, now, decision.reason)
        raise ValidationError(decision.reason, code="closed")
    last = acts[-1] if acts else None
    if kind == DepositKind.DEPOSITED:
        if values:
            change_draft(row, values)
        return keep_deposit(row, key, contact, now, last)
    if last is None or last.kind == DepositKind.WITHDRAWN:
        raise ValidationError("Cette offre n’est pas déposée.", code="changed")
    if kind == DepositKind.CONFIRMED and last.requirements == row.invitation.tender.requirements:
        return last
    confirmed = kind == DepositKind.CONFIRMED
    if confirmed:
        check_documents(row.invitation.tender, last)
    return write(
        row, last, kind, key, contact, now,
        content=last.content if confirmed else {},
        documents=list(last.documents.all()) if confirmed else [],
    )  # fmt: skip


def required_since(tender: Tender, last: Deposit) -> list[str]:
    """The documents that a deposit lacks because they are required since (T4, T7)."""
    given = {each.type_id for each in last.documents.all()}
    return [str(each) for each in tender.required_types.all() if each.pk not in given]


def check_documents(tender: Tender, last: Deposit) -> None:
    """Raise ValidationError on a deposit that lacks a document required since."""
    if lacking := required_since(tender, last):
        raise ValidationError(
            f"Document exigé depuis votre dépôt : {', '.join(lacking)}. Modifiez votre offre pour "
            "le joindre, puis déposez-la à nouveau.",
            code="incomplete",
        )


def known_act(offer: Offer, acts: list[Deposit], key: UUID) -> Act | None:
    """What this form already did to this offer; `acts` are those on it, and any with this key.

    Raises ValidationError when the key is of another offer: keys come from the browser.
    """
    done: Act | None = next((each for each in acts if each.key == key), None)
    done = done or LateAttempt.objects.filter(key=key).first()
    if done and done.offer_id != offer.pk:
        raise ValidationError(FOREIGN, code="changed")
    return done


def is_same_click(offer: Offer, known: Act, acts: list[Deposit], values: dict[str, Any]) -> bool:
    """Whether an act is asked for a second time as it was, and not from a page shown again.

    A browser that goes back shows the form with its key: what was changed there is a new deposit.
    Raises ValidationError coded "changed" when the offer was acted upon since.
    """
    if isinstance(known, LateAttempt):
        return True
    later = [each for each in acts if each.number > known.number]
    if any(each.kind != DepositKind.CONFIRMED for each in later):
        raise ValidationError(USED, code="changed")
    return known.kind != DepositKind.DEPOSITED or would_say(offer, values) == known.content


def would_say(offer: Offer, values: dict[str, Any]) -> dict[str, Any] | None:
    """The content of a deposit of this draft with these last values; None while incomplete."""
    for name, value in values.items():
        setattr(offer, name, value)
    if offer.price is None or offer.days is None:
        return None
    return content_of(offer, list(files_of(offer)))


def keep_deposit(
    offer: Offer, key: UUID, contact: Contact, now: datetime, last: Deposit | None
) -> Deposit:
    """Deposit a complete draft; one that is deposited as it is stays so."""
    files = list(files_of(offer))
    if missing := missing_of(offer, files, offer.invitation.tender.required_types.all()):
        raise ValidationError([ValidationError(words, code="incomplete") for words in missing])
    content = content_of(offer, files)
    stands = last is not None and last.kind != DepositKind.WITHDRAWN
    if last and stands and last.content == content:
        if last.requirements == offer.invitation.tender.requirements:
            return last
    documents = [each.document for each in files]
    return write(offer, last, DepositKind.DEPOSITED, key, contact, now, content, documents)


def files_of(offer: Offer):
    """The files of a draft, with what a list says of them."""
    return offer.files.filter(removed_at=None).select_related("document__type")


def missing_of(offer: Offer, files: list[OfferFile], required: Iterable[DocumentType]) -> list[str]:
    """What an offer with these files lacks to be deposited, a sentence each."""
    faults = []
    if offer.price is None:
        faults.append("Indiquez votre prix.")
    if offer.days is None:
        faults.append("Indiquez le nombre de jours.")
    if offer.establishment_id is None:
        faults.append("Choisissez l’établissement titulaire.")
    given = {each.document.type_id for each in files}
    faults += [f"Joignez le document exigé : {each}." for each in required if each.pk not in given]
    if not files:
        faults.append("Joignez au moins un document.")
    faults += [
        f"L’antivirus a refusé « {each.document.name} » : retirez ce fichier."
        for each in files
        if each.document.scan == Scan.INFECTED
    ]
    return faults


def content_of(offer: Offer, files: list[OfferFile]) -> dict[str, Any]:
    """An offer as it is deposited: texts and numbers as text, files by their digest."""
    return {
        "price": f"{offer.price:.2f}",
        "days": f"{offer.days:.2f}",
        "message": offer.message,
        **place_line(offer.establishment),
        "partners": [
            {"name": each.name, "siren": each.siren, "can_read": each.can_read}
            for each in offer.partners.all()
        ],
        "files": [file_line(each.document) for each in files],
    }


def fetch_drafts(offers: list[Offer]) -> None:
    """Read at once what `draft_differs` compares of these drafts, unless it was read before."""
    files = OfferFile.objects.filter(removed_at=None).select_related("document__type")
    prefetch_related_objects(
        offers,
        "establishment__organisation",
        "partners",
        Prefetch("files", files, to_attr="in_draft"),
    )


def draft_differs(offer: Offer, last: Deposit) -> bool:
    """Whether a draft says something else than its last deposit; names given since do not count."""
    if offer.price is None or offer.days is None:
        return True
    fetch_drafts([offer])
    return substance(content_of(offer, offer.in_draft)) != substance(last.content)


def substance(content: dict[str, Any]) -> list[Any]:
    """What an author decides of the content of a deposit."""
    said = [content[name] for name in ("price", "days", "message", "establishment", "partners")]
    return [*said, sorted(file["document"] for file in content["files"])]


def place_line(place: Establishment | None) -> dict[str, str]:
    """The holder establishment as a deposit names it."""
    return {
        "establishment": str(place.pk) if place else "",
        "siret": place.siret if place else "",
        "place": str(place or ""),
    }


def file_line(document: Document) -> dict[str, Any]:
    """A file as a deposit lists it."""
    return {
        "document": str(document.pk),
        "type": str(document.type),
        "name": document.name,
        "size": document.size,
        "digest": document.digest,
    }


def write(
    offer: Offer,
    last: Deposit | None,
    kind: DepositKind,
    key: UUID,
    contact: Contact,
    now: datetime,
    content: dict[str, Any],
    documents: list,
) -> Deposit:
    """Insert the act after `last`, commit the log to it, and send its receipt to all authors."""
    tender = offer.invitation.tender
    row = Deposit(
        key=key,
        offer=offer,
        number=last.number + 1 if last else 1,
        kind=kind,
        at=now,
        by_id=contact.user_id,
        requirements=tender.requirements,
        content=content,
    )
    insert(row, documents)
    record("offer.act", actor=None, target=tender, digest=row.digest)
    tell_authors("tender.receipt", offer, row.pk, act=DONE[kind])
    return row


def insert(row: Deposit, documents: Iterable[Document]) -> None:
    """Insert an act with the digest that stands for it and the files that it holds."""
    row.digest = digest_of(row)
    row.clean_fields(exclude=["offer", "by", "content"])
    row.save(force_insert=True)
    row.documents.add(*documents)


def digest_of(row: Deposit) -> str:
    """The SHA-256 that stands for an act: its key makes it impossible to guess from a price."""
    return sha256(
        canonical(
            {
                "key": str(row.key),
                "offer": str(row.offer_id),
                "number": row.number,
                "kind": row.kind,
                "at": row.at,
                "requirements": row.requirements,
                "content": row.content,
            }
        )
    )


def keep_late(
    offer: Offer, kind: DepositKind, key: UUID, contact: Contact, now: datetime, reason: str
) -> LateAttempt:
    """Keep and tell an act that came too late, MOST_LATE times; nothing of the offer changes.

    The tender's lock is held: the count is exact. A later one is a row that is nowhere but in the
    answer (`LateAttempt.is_kept`); the log of the process says so, and names nobody (T9).
    """
    tender = offer.invitation.tender
    row = LateAttempt(
        offer=offer,
        key=key,
        kind=kind,
        at=now,
        deadline=None if tender.cancelled_at else deposits_end(tender),
        reason=reason,
        by_id=contact.user_id,
    )
    if offer.late_attempts.count() >= MOST_LATE:
        logger.warning("One more act too late on an offer of tender %s, not kept", tender.pk)
        return row
    row.save(force_insert=True)
    record("offer.late", actor=None, target=tender, attempt=str(row.pk))
    tell_authors("tender.late", offer, row.pk)
    return row
