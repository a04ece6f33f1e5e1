"""Accepting and refusing what an organisation sent, row by row (SPEC D5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.confirmation import people_with_access
from ilo_cms.document_requests.models import DocumentRequest, DocumentRequestItem, ItemState, State
from ilo_cms.document_requests.policies import can_follow
from ilo_cms.document_requests.services import locked_request, request_path
from ilo_cms.documents.models import Document, Reach, Scan
from ilo_cms.documents.services import set_issue_date
from ilo_cms.notifications.services import notify


@dataclass(frozen=True)
class Verdict:
    """An officer's decision on one row, and what they saw of it. A refusal needs a reason."""

    accepted: bool
    seen: str
    reason: str = ""
    issued_on: date | None = None


class ChangedError(ValidationError):
    """A row changed since the officer's page was shown; nothing was decided."""


@logged
def decide(
    *, request: DocumentRequest, verdicts: Mapping[UUID, Verdict], acting_user: User
) -> DocumentRequest:
    """Decide the rows that have a verdict, all or none, and tell the organisation.

    Raises PermissionDenied, ChangedError when somebody was faster, ValidationError when nothing
    is decided, a refusal has no reason, or a document cannot be accepted.
    """
    row = locked_request(request)
    can_follow(acting_user, row).enforce()
    if row.state == State.CANCELLED:
        raise ValidationError("Cette demande a été annulée : rien n’a été décidé.")
    items = {item.pk: item for item in row.items.select_related("document", "type", "decided_by")}
    if not verdicts or not verdicts.keys() <= items.keys():
        raise ValidationError("Acceptez ou refusez au moins une pièce.")
    for key, verdict in verdicts.items():
        check(items[key], verdict)
    decided = [items[key] for key in verdicts]
    for item in decided:
        write(item, verdicts[item.pk], acting_user)
    tell(locked_request(row), decided, acting_user)
    return row


def check(item: DocumentRequestItem, verdict: Verdict) -> None:
    """Raise unless this verdict may be given to the row as it is now."""
    if item.state != ItemState.SENT or item.stamp != verdict.seen:
        raise ChangedError(changed(item))
    if not verdict.accepted and not verdict.reason.strip():
        raise ValidationError(f"« {item.type} » : expliquez votre refus, la structure le lira.")
    if len(verdict.reason) > 500:
        raise ValidationError(f"« {item.type} » : 500 caractères au plus pour le motif.")
    document = item.document
    if verdict.accepted and document and document.withdrawn_at:
        raise ValidationError(
            f"« {item.type} » : ce fichier a été retiré de la fiche depuis son envoi. Refusez-le, "
            "la structure en enverra un autre."
        )
    if verdict.accepted and document and document.replaced_by_id:
        raise ValidationError(
            f"« {item.type} » : ce fichier a été remplacé dans la fiche depuis son envoi. "
            "Refusez-le, la structure enverra celui qui est en vigueur."
        )
    if verdict.accepted and document and document.scan == Scan.INFECTED:
        raise ValidationError(f"« {item.type} » : l’antivirus a refusé ce fichier. Refusez-le.")


def changed(item: DocumentRequestItem) -> str:
    """What an officer is told of a row that changed while they looked at it."""
    who = f" par {item.decided_by}" if item.verdict and item.decided_by else ""
    return (
        f"« {item.type} » a changé depuis l’ouverture de cette page : elle est maintenant "
        f"{item.words}{who}. Rien n’a été enregistré : relisez, puis décidez à nouveau."
    )


def write(item: DocumentRequestItem, verdict: Verdict, acting_user: User) -> None:
    """Write one verdict, and what it means for the file."""
    document = item.document
    if verdict.accepted and document:
        accept(document, verdict.issued_on, acting_user)
    if not verdict.accepted and document and not item.is_reused:
        document.withdrawn_at = timezone.now()
        document.save(update_fields=["withdrawn_at"])
    kinds = DocumentRequestItem.Verdict
    item.verdict = kinds.ACCEPTED if verdict.accepted else kinds.REFUSED
    item.reason = "" if verdict.accepted else verdict.reason.strip()
    item.decided_at, item.decided_by = timezone.now(), acting_user
    item.save(update_fields=["verdict", "reason", "decided_at", "decided_by"])


def accept(document: Document, issued_on: date | None, acting_user: User) -> None:
    """Put an accepted file in its place: dated, and before older ones whose validity it renews."""
    if issued_on:
        document = set_issue_date(document=document, issued_on=issued_on, acting_user=acting_user)
    if document.is_expired:
        raise ValidationError(
            f"« {document.type} » n’est plus valable depuis le {document.expires_on:%d/%m/%Y} : "
            "refusez-la en en demandant une plus récente."
        )
    if document.expires_on and document.reach == Reach.TYPE and document.is_current:
        older = (
            Document.objects.current()
            .of_records()
            .filter(
                organisation=document.organisation_id,
                type=document.type_id,
                contact=document.contact_id,
                expires_on__lte=document.expires_on,
                created_at__lte=document.created_at,
            )
        )
        older.exclude(pk=document.pk).update(replaced_by=document)


def outcome(item: DocumentRequestItem) -> str:
    """One row of a decision, in words, with its reason."""
    return f"{item.type} : {item.words}" + (f" ({item.reason})" if item.reason else "")


def tell(request: DocumentRequest, decided: list[DocumentRequestItem], acting_user: User) -> None:
    """Log the decision and tell the organisation, with the reason under each refused row."""
    record(
        "document_request.decided",
        actor=acting_user,
        target=request,
        organisation=request.organisation,
        decision=[outcome(item) for item in decided],
    )
    if request.state == State.COMPLETE:
        rest = "Toutes les pièces demandées sont validées, merci."
    elif request.waits:
        rest = f"Il reste des pièces à envoyer avant le {request.due_on:%d/%m/%Y}."
    else:
        rest = "Les autres pièces envoyées seront vérifiées."
    notify(
        "document_request.decided",
        recipients=people_with_access(request.organisation),
        organisation_id=request.organisation_id,
        path=request_path(request),
        about_id=request.pk,
        officer=acting_user,
        organisation=request.organisation,
        outcome=" ;\n".join(f"– {outcome(item)}" for item in decided) + ".",
        rest=rest,
    )
