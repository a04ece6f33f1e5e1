"""Depositing, replacing, withdrawing and reading documents; each act is in the log (SPEC D2, D3).

The file is received, checked and kept before the transaction, which only writes rows.
"""

import logging
from datetime import date, timedelta
from typing import IO
from uuid import UUID

from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import transaction
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.documents import clamav, storage
from ilo_cms.documents.checks.formats import MEDIA_TYPES, Findings
from ilo_cms.documents.checks.names import clean_name, extension_of
from ilo_cms.documents.checks.refusal import Refused
from ilo_cms.documents.checks.sandbox import inspect_apart
from ilo_cms.documents.models import Document, Reach, Scan, expiry
from ilo_cms.documents.policies import can_change, can_deposit
from ilo_cms.documents.tasks import scan_soon
from ilo_cms.documents.turns import turn
from ilo_cms.referentials.models import DocumentType


logger = logging.getLogger(__name__)

#: How many refused readings of one person the log takes in an hour; more say nothing new.
REFUSALS_AN_HOUR = 30

#: How many files of one type one place (an organisation, or one of its contacts) takes in 24 hours:
#: replaced ones stay on the disk. Far above the busiest day, and files of offers do not count.
DEPOSITS_A_DAY = 100


def deposit(
    *,
    file: File,
    document_type: DocumentType,
    organisation: Organisation,
    owner: Contact | None,
    acting_user: User,
    acting_as: Contact | None,
    issued_on: date | None = None,
    replaces: Document | None = None,
) -> tuple[Document, bool]:
    """Check and keep a file; return its document and whether it is new.

    `owner` is the contact whom it concerns, None for the whole organisation. The same file in
    force in the same place is returned as it is. Raises what `receive` raises.
    """
    can_deposit(acting_user, acting_as, organisation, owner).enforce()
    check_proposed(document_type)
    document, findings = receive(
        file=file,
        document_type=document_type,
        organisation=organisation,
        owner=owner,
        acting_user=acting_user,
        issued_on=issued_on,
    )
    return record_deposit(
        document=document, findings=findings, replaces=replaces, acting_as=acting_as
    )


def receive(
    *,
    file: File,
    document_type: DocumentType,
    organisation: Organisation,
    owner: Contact | None,
    acting_user: User,
    issued_on: date | None = None,
) -> tuple[Document, Findings]:
    """Check a file and keep its content; return its row, not written yet, for `record_deposit`.

    Raises ValidationError with the sentence of what is wrong ("busy" when others of the person's
    files are being checked), NoSpaceError when the disk is full, UnavailableError when no process
    could check it; then nothing is kept.
    """
    name = clean_name(file.name or "")
    extension = checked_extension(name, document_type)
    limit = document_type.maximum_bytes
    try:
        with storage.received(file.chunks(), limit) as incoming:
            with turn(acting_user):
                findings = inspect_apart(incoming.path, extension, document_type.accepts_encrypted)
            storage.keep(incoming)
    except storage.TooLargeError as error:
        raise ValidationError(too_large(document_type), code="too_large") from error
    except Refused as refusal:
        raise ValidationError(refusal.sentence, code="refused") from refusal
    document = Document(
        type=document_type,
        organisation=organisation,
        contact=owner,
        uploaded_by=acting_user,
        name=name,
        digest=incoming.digest,
        size=incoming.size,
        media_type=MEDIA_TYPES[extension],
        issued_on=issued_on,
        expires_on=expiry(document_type, issued_on or timezone.localdate()),
    )
    return document, findings


def check_issue_date(document_type: DocumentType, issued_on: date | None) -> None:
    """Raise ValidationError when a document cannot bear this date, or is over because of it."""
    if issued_on is None:
        return
    today = timezone.localdate()
    if issued_on > today:
        raise ValidationError("La date du document est dans le futur : corrigez-la.", code="date")
    last_day = expiry(document_type, issued_on)
    if last_day and last_day < today:
        raise ValidationError(
            f"À cette date, ce document n’est plus valable depuis le {last_day:%d/%m/%Y} : "
            "il en faut un plus récent.",
            code="date",
        )


@logged
def set_issue_date(*, document: Document, issued_on: date, acting_user: User) -> Document:
    """Say of which day a document is, from which its validity runs (SPEC D6).

    Raises PermissionDenied, ValidationError when it cannot be of that day.
    """
    row = Document.objects.select_for_update(of=("self",)).get(pk=document.pk)
    can_change(acting_user, None, row).enforce()
    check_issue_date(row.type, issued_on)
    if row.issued_on == issued_on:
        return row
    before = row.expires_on
    row.issued_on, row.expires_on = issued_on, expiry(row.type, issued_on)
    row.save(update_fields=["issued_on", "expires_on"])
    record(
        "document.dated",
        actor=acting_user,
        target=row,
        organisation=row.organisation,
        before={"expires_on": before},
        after={"expires_on": row.expires_on},
    )
    return row


def check_proposed(document_type: DocumentType) -> None:
    """Raise ValidationError on a type that administrators closed.

    Not for what was asked before that: a document requested, or required by a tender.
    """
    if not document_type.is_active:
        raise ValidationError(
            f"Le type « {document_type} » n’est plus proposé. Rechargez la page pour choisir."
        )


def checked_extension(name: str, document_type: DocumentType) -> str:
    """The extension of a file that this type accepts. Raises ValidationError."""
    extension = extension_of(name)
    if extension not in MEDIA_TYPES or extension not in document_type.extensions:
        given = (
            f"Les fichiers .{extension} ne sont pas acceptés ici"
            if extension
            else "Le nom de ce fichier n’a pas d’extension"
        )
        raise ValidationError(
            f"{given}. Enregistrez-le dans l’un de ces formats : "
            f"{document_type.readable_formats}, puis envoyez-le à nouveau.",
            code="format",
        )
    return extension


def too_large(document_type: DocumentType) -> str:
    """What a person reads about a file above the limit of its type."""
    return (
        f"Ce fichier dépasse {document_type.maximum_megabytes} Mo, le maximum pour "
        f"« {document_type} ». Réduisez-le (images moins grandes, PDF allégé), puis réessayez."
    )


@logged
def record_deposit(
    *, document: Document, findings: Findings, replaces: Document | None, acting_as: Contact | None
) -> tuple[Document, bool]:
    """Write the row of a kept file, in place of another if asked; see `deposit`.

    Raises PermissionDenied, ValidationError, coded "quota" when its place is full for the day.
    """
    actor, acting_as = document.uploaded_by, as_it_is_now(acting_as)
    organisation = Organisation.objects.select_for_update().get(pk=document.organisation_id)
    can_deposit(actor, acting_as, organisation, document.contact).enforce()
    same = (
        Document.objects.current()
        .of_records()
        .filter(
            organisation=organisation,
            type=document.type,
            contact=document.contact,
            digest=document.digest,
        )
    )
    if known := same.first():
        return known, False
    check_quota(document)
    if not storage.exists(document.digest):  # swept between its arrival and now
        raise ValidationError("Le fichier n’a pas pu être enregistré. Envoyez-le à nouveau.")
    document.is_encrypted = findings.is_encrypted
    document.scan = Scan.PENDING if clamav.is_configured() else Scan.UNSCANNED
    document.save(force_insert=True)
    if replaces:
        step_aside(replaces, document)
    record(
        "document.replaced" if replaces else "document.deposited",
        actor=actor,
        target=document,
        organisation=organisation,
        name=document.name,
        size=document.size,
        digest=document.digest,
    )
    if document.scan == Scan.PENDING:
        transaction.on_commit(lambda: scan_soon(), robust=True)
    return document, True


def check_quota(document: Document) -> None:
    """Raise ValidationError when its place took all the files of its type that a day allows."""
    recent = Document.objects.filter(
        organisation=document.organisation_id,
        type=document.type_id,
        contact=document.contact_id,
        created_at__gt=timezone.now() - timedelta(days=1),
    ).exclude(reach=Reach.OFFER)
    if recent.count() >= DEPOSITS_A_DAY:
        raise ValidationError(
            f"{DEPOSITS_A_DAY} fichiers de ce type ont été envoyés en 24 heures, le maximum : "
            "celui-ci n’est pas enregistré, les autres le restent. Réessayez demain, ou "
            "écrivez à votre chargé·e d’accompagnement.",
            code="quota",
        )


def as_it_is_now(contact: Contact | None) -> Contact | None:
    """The membership read anew: it may have ended while the file arrived."""
    rows = Contact.objects.select_related("organisation").order_by()
    return rows.filter(pk=contact.pk).first() if contact else None


def step_aside(replaces: Document, document: Document) -> None:
    """Mark the older document as replaced. Raises ValidationError when it no longer stands."""
    older = Document.objects.select_for_update(of=("self",)).get(pk=replaces.pk)
    place = (older.organisation_id, older.type_id, older.contact_id)
    if place != (document.organisation_id, document.type_id, document.contact_id):
        raise ValidationError("Ce fichier ne peut pas prendre la place d’une autre pièce.")
    if not older.is_current:
        raise ValidationError(
            "La pièce à remplacer vient d’être remplacée ou retirée. Rechargez la page.",
            code="conflict",
        )
    older.replaced_by = document
    older.save(update_fields=["replaced_by"])


@logged
def withdraw(*, document: Document, acting_user: User, acting_as: Contact | None) -> bool:
    """Take a document out of force; its row and content stay. Returns False if it already was.

    Raises PermissionDenied.
    """
    rows = Document.objects.select_related("organisation", "contact")
    row = rows.select_for_update(of=("self",)).get(pk=document.pk)
    can_change(acting_user, acting_as, row).enforce()
    if not row.is_current:
        return False
    row.withdrawn_at = timezone.now()
    row.save(update_fields=["withdrawn_at"])
    record("document.withdrawn", actor=acting_user, target=row, organisation=row.organisation)
    return True


@logged
def open_for_reading(*, document: Document, acting_user: User) -> IO[bytes]:
    """The content of a document, once its reading is in the log (SPEC G3). The caller closes it.

    Authors read a sealed file unlogged: the line would say who prepares an offer (SPEC T9). Raises
    FileNotFoundError when the storage has lost it.
    """
    content = storage.open_content(document.digest)
    try:
        if Document.objects.sealed().filter(pk=document.pk).exists():
            return content
        record(
            "document.read",
            actor=acting_user,
            target=document,
            organisation=document.organisation,
        )
    except BaseException:
        content.close()
        raise
    return content


def refusals_in_an_hour(person: User) -> int:
    """How many refused readings of a person there were in this hour, with this one."""
    key = f"document-refusals:{person.pk}"
    try:
        cache.add(key, 0, timeout=3600)
        return cache.incr(key)
    except ValueError:  # it expired in between
        return 1
    except Exception:  # each cache has errors of its own
        logger.exception("The cache does not answer: a refused reading is not counted")
        return 1


def log_refusal(*, asked: UUID, acting_user: User, acting_as: Contact | None) -> None:
    """Say in the log that somebody asked for what they may not read, or does not exist.

    Only so many times an hour per person: guessing must not become a way to flood the log.
    """
    count = refusals_in_an_hour(acting_user)
    if count > REFUSALS_AN_HOUR:
        if count == REFUSALS_AN_HOUR + 1:
            logger.warning("More than %s refused readings by %s", REFUSALS_AN_HOUR, acting_user.pk)
        return
    record(
        "document.refused",
        actor=acting_user,
        organisation=acting_as.organisation if acting_as else None,
        asked=str(asked),
    )
