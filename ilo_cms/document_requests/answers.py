"""What an organisation answers: files, reused documents, reasons; then all sent at once (D4–D7).

Each answer is a draft until it is sent. Accepted rows, and those that an officer is about to
check, are locked. An officer may deposit in the organisation's place (SPEC A10), marked so.
"""

from datetime import date

from django.core.exceptions import ValidationError
from django.core.files import File
from django.db import models
from django.db.models import Q
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.document_requests.models import DocumentRequest, DocumentRequestItem, ItemState
from ilo_cms.document_requests.notices import answering
from ilo_cms.document_requests.policies import can_answer, can_follow, is_standing
from ilo_cms.document_requests.services import locked_request, needed, officer_path
from ilo_cms.documents.checks.formats import Findings
from ilo_cms.documents.models import READABLE, Document, Reach
from ilo_cms.documents.services import as_it_is_now, check_issue_date, receive, record_deposit
from ilo_cms.notifications.services import notify


LOCKED = {
    ItemState.ACCEPTED: "Cette pièce est validée : elle ne change plus.",
    ItemState.SENT: "Cette pièce est envoyée : attendez sa vérification pour la remplacer.",
}
REFUSED_AGAIN = (
    "C’est le fichier qui vient d’être refusé : choisissez-en un autre, ou écrivez à votre "
    "chargé·e d’accompagnement."
)


def deposit(
    *,
    item: DocumentRequestItem,
    file: File,
    acting_user: User,
    acting_as: Contact | None,
    issued_on: date | None = None,
) -> tuple[DocumentRequestItem, bool]:
    """Check a file and make it the answer of a row; return the row and whether it changed.

    Without `acting_as` an officer deposits in the organisation's place, and it counts as sent.
    Raises PermissionDenied, and what `documents.services.receive` raises.
    """
    allow(item.request, acting_user, acting_as)
    check_unlocked(item)
    check_issue_date(item.type, issued_on)
    document, findings = receive(
        file=file,
        document_type=item.type,
        organisation=item.request.organisation,
        owner=None,
        acting_user=acting_user,
        issued_on=issued_on,
    )
    document.reach = Reach.DRAFT
    return attach(item=item, document=document, findings=findings, acting_as=acting_as)


def allow(request: DocumentRequest, acting_user: User, acting_as: Contact | None) -> None:
    """Raise PermissionDenied unless this person may answer now, for the organisation or in its
    place."""
    if acting_as is not None:
        can_answer(acting_as, request).enforce()
        return
    can_follow(acting_user, request).enforce()
    is_standing(request).enforce()


def check_unlocked(item: DocumentRequestItem) -> None:
    """Raise ValidationError on a row that waits for an officer or was accepted."""
    if words := LOCKED.get(item.state):
        raise ValidationError(words, code="conflict")


def locked_item(item: DocumentRequestItem) -> DocumentRequestItem:
    """The row, and its request, read anew under the request's lock."""
    request = locked_request(item.request)
    row = request.items.select_related("document", "type").get(pk=item.pk)
    row.request = request
    return row


@logged
def attach(
    *,
    item: DocumentRequestItem,
    document: Document,
    findings: Findings,
    acting_as: Contact | None,
) -> tuple[DocumentRequestItem, bool]:
    """Write the row of a kept file and make it the answer; see `deposit`.

    A file that stands in the record already is not kept twice: it is reused.
    """
    actor, acting_as = document.uploaded_by, as_it_is_now(acting_as)
    row = locked_item(item)
    allow(row.request, actor, acting_as)
    check_unlocked(row)
    if row.document and row.document.digest == document.digest:
        if row.state == ItemState.REFUSED:
            raise ValidationError(REFUSED_AGAIN, code="refused")
        return row, False
    on_behalf = acting_as is None
    if on_behalf:
        document.reach = reach_of(row.request)
    kept, is_new = record_deposit(
        document=document, findings=findings, replaces=None, acting_as=acting_as
    )
    answer(row, actor, document=kept, is_reused=not is_new, on_behalf=on_behalf)
    if on_behalf:
        tell_sent(row.request, [row], actor, f"{actor}, à la place de la structure")
    return row, True


def reach_of(request: DocumentRequest) -> Reach:
    """Who reads what was sent for a request, beside those who see the request."""
    return Reach.PARTIES if request.engagement_id else Reach.TYPE


def answer(
    row: DocumentRequestItem,
    actor: User,
    *,
    document: Document | None = None,
    is_reused: bool = False,
    reason: str = "",
    on_behalf: bool = False,
) -> None:
    """Write one answer over the former one, and log it."""
    drop_draft(row)
    now = timezone.now()
    row.document, row.is_reused, row.cannot_reason = document, is_reused, reason
    row.answered_at, row.answered_by, row.is_on_behalf = now, actor, on_behalf
    row.sent_at, row.verdict = now if on_behalf else None, ""
    row.save()
    capacity = {"capacity": "À la place de la structure"} if on_behalf else {}
    record(
        "document_request.answered",
        actor=actor,
        target=row.request,
        organisation=row.request.organisation,
        answer=f"{row.type} : {document.name if document else f'ne peut pas ({reason})'}",
        **capacity,
    )


def drop_draft(row: DocumentRequestItem) -> None:
    """Withdraw a file that was prepared for this row and never sent."""
    if row.state == ItemState.DRAFT and row.document and row.document.reach == Reach.DRAFT:
        row.document.withdrawn_at = timezone.now()
        row.document.save(update_fields=["withdrawn_at"])


def reusable(organisation: Organisation) -> models.QuerySet:
    """The organisation's documents that may answer a request again: in force, valid, readable."""
    return (
        Document.objects.valid_on(timezone.localdate())
        .filter(organisation=organisation, scan__in=READABLE)
        .order_by("-created_at", "pk")
    )


@logged
def reuse(
    *, item: DocumentRequestItem, document: Document, acting_as: Contact
) -> DocumentRequestItem:
    """Answer a row with a document of its type that is still valid on file (SPEC D6).

    Raises PermissionDenied, ValidationError when the document does not stand any more.
    """
    contact = as_it_is_now(acting_as)
    row = locked_item(item)
    can_answer(contact, row.request).enforce()
    check_unlocked(row)
    found = reusable(row.request.organisation).filter(pk=document.pk, type=row.type_id).first()
    if found is None:
        raise ValidationError(
            "Cette pièce n’est plus valable, ou vient d’être remplacée : rechargez la page.",
            code="conflict",
        )
    if row.state == ItemState.REFUSED and row.document_id == found.pk:
        raise ValidationError(REFUSED_AGAIN, code="refused")
    answer(row, acting_as.user, document=found, is_reused=True)
    return row


@logged
def cannot_provide(
    *, item: DocumentRequestItem, reason: str, acting_as: Contact
) -> DocumentRequestItem:
    """Answer a row with why there will be no file (SPEC D7).

    Raises PermissionDenied, ValidationError without a reason or on a locked row.
    """
    contact = as_it_is_now(acting_as)
    row = locked_item(item)
    can_answer(contact, row.request).enforce()
    check_unlocked(row)
    text = needed(reason, "Dites pourquoi vous ne pouvez pas fournir cette pièce.")
    if len(text) > 500:
        raise ValidationError({"reason": "500 caractères au plus : raccourcissez votre motif."})
    answer(row, acting_as.user, reason=text)
    return row


@logged
def take_back(*, item: DocumentRequestItem, acting_as: Contact) -> DocumentRequestItem:
    """Take back an answer that was not sent. Raises PermissionDenied, ValidationError."""
    contact = as_it_is_now(acting_as)
    row = locked_item(item)
    can_answer(contact, row.request).enforce()
    check_unlocked(row)
    if row.state != ItemState.DRAFT:
        return row
    drop_draft(row)
    row.document, row.is_reused, row.cannot_reason = None, False, ""
    row.answered_at = row.answered_by = None
    row.save()
    record(
        "document_request.taken_back",
        actor=acting_as.user,
        target=row.request,
        organisation=row.request.organisation,
        answer=str(row.type),
    )
    return row


@logged
def send(*, request: DocumentRequest, acting_as: Contact) -> list[DocumentRequestItem]:
    """Send all that is prepared, and tell who asked (SPEC D4); returns the rows that left.

    Pressed twice, the second finds nothing left to send. Raises PermissionDenied, ValidationError
    when nothing is prepared, or a prepared document no longer stands.
    """
    contact = as_it_is_now(acting_as)
    row = locked_request(request)
    can_answer(contact, row).enforce()
    drafts = [
        item
        for item in row.items.select_related("document", "type")
        if item.state == ItemState.DRAFT
    ]
    if not drafts:
        raise ValidationError("Rien n’est prêt à envoyer : ajoutez d’abord une pièce.")
    for item in drafts:
        check_stands(item)
    now = timezone.now()
    for item in drafts:
        item.sent_at = now
        if item.document and item.document.reach == Reach.DRAFT:
            item.document.reach = reach_of(row)
            item.document.save(update_fields=["reach"])
    DocumentRequestItem.objects.bulk_update(drafts, ["sent_at"])
    tell_sent(row, drafts, acting_as.user, str(row.organisation))
    return drafts


def check_stands(item: DocumentRequestItem) -> None:
    """Raise ValidationError when a prepared document was withdrawn, replaced, or has expired."""
    document = item.document
    if document is None:
        return
    gone = Q(pk=document.pk, withdrawn_at=None, replaced_by=None)
    if not Document.objects.filter(gone).exists() or document.is_expired:
        raise ValidationError(
            f"« {item.type} » : le fichier préparé n’est plus valable, ou a été remplacé dans "
            "votre fiche. Choisissez-le à nouveau ; les autres pièces sont toujours prêtes."
        )


def tell_sent(
    request: DocumentRequest, sent: list[DocumentRequestItem], actor: User, sender: str
) -> None:
    """Log what was sent and tell who asked; not the person who sent it."""
    names = [f"{item.type} ({item.words})" if item.cannot_reason else str(item) for item in sent]
    record(
        "document_request.sent",
        actor=actor,
        target=request,
        organisation=request.organisation,
        documents=names,
    )
    notify(
        "document_request.sent",
        recipients=[person for person in answering(request) if person != actor],
        organisation_id=None,
        path=officer_path(request),
        about_id=request.pk,
        organisation=request.organisation,
        sender=sender,
        documents=", ".join(names),
    )
