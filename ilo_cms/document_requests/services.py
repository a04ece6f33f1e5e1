"""Asking, cancelling, reopening, moving the date: an officer and a whole request (SPEC D4).

Answers are in answers.py, decisions in decisions.py, reminders in reminders.py.
"""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.confirmation import people_with_access
from ilo_cms.directory.models import Organisation
from ilo_cms.document_requests.models import DocumentRequest, DocumentRequestItem
from ilo_cms.document_requests.policies import can_ask, can_follow, is_standing
from ilo_cms.engagements.changes import check_new, clean_reason
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.notifications.services import notify
from ilo_cms.referentials.models import DocumentType


#: As much as the column of a reason holds.
LONGEST_REASON = 500
PAST = "Cette date est passée : choisissez aujourd’hui ou un jour à venir."


def locked_request(request: DocumentRequest) -> DocumentRequest:
    """The request read anew under its lock."""
    rows = DocumentRequest.objects.select_related(
        "organisation", "engagement__operator", "assignment", "asked_by"
    )
    return rows.select_for_update(of=("self",)).get(pk=request.pk)


def request_path(request: DocumentRequest) -> str:
    """Where the organisation answers."""
    return reverse("document_request", args=[request.pk])


def officer_path(request: DocumentRequest) -> str:
    """Where officers check it."""
    return reverse("document_request_check", args=[request.pk])


def check_due_date(due_on: date) -> None:
    """Raise ValidationError when nobody could meet this date."""
    if due_on < timezone.localdate():
        raise ValidationError({"due_on": PAST})


def parties(engagement: Engagement) -> list[Organisation]:
    """The organisations of which documents may be asked for an engagement."""
    providers = Organisation.objects.filter(assignments__engagement=engagement)
    return [engagement.beneficiary, *providers.distinct().exclude(pk=engagement.beneficiary_id)]


@logged
def ask(
    *,
    key: UUID,
    organisation: Organisation,
    types: Iterable[DocumentType],
    message: str,
    due_on: date,
    acting_user: User,
    engagement: Engagement | None = None,
    assignment: Assignment | None = None,
) -> DocumentRequest:
    """Ask an organisation for documents and tell all its contacts (SPEC D4).

    `key` is the request's own, made with the form: the same form sent twice asks once.
    Raises PermissionDenied, ValidationError by field.
    """
    if assignment:
        engagement = assignment.engagement
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    can_ask(acting_user, organisation, engagement).enforce()
    if known := DocumentRequest.objects.filter(pk=key, asked_by=acting_user).first():
        return known
    check_new(key, DocumentRequest)
    check_due_date(due_on)
    chosen = [kind for kind in dict.fromkeys(types) if kind.is_active]
    if not chosen:
        raise ValidationError({"types": "Choisissez au moins une pièce."})
    if engagement and organisation not in parties(engagement):
        raise ValidationError(
            {"organisation": "Cette structure ne participe pas à cet accompagnement."}
        )
    request = DocumentRequest.objects.create(
        id=key,
        organisation=organisation,
        engagement=engagement,
        assignment=assignment,
        asked_by=acting_user,
        message=message.strip(),
        due_on=due_on,
    )
    DocumentRequestItem.objects.bulk_create(
        DocumentRequestItem(request=request, type=kind) for kind in chosen
    )
    tell_asked(request, chosen)
    return request


def tell_asked(request: DocumentRequest, types: list[DocumentType]) -> None:
    """Log a new request, and tell every contact who can sign in."""
    record(
        "document_request.asked",
        actor=request.asked_by,
        target=request,
        organisation=request.organisation,
        documents=[str(kind) for kind in types],
        message=request.message,
    )
    notify(
        "document_request.requested",
        recipients=people_with_access(request.organisation),
        organisation_id=request.organisation_id,
        path=request_path(request),
        about_id=request.pk,
        officer=request.asked_by,
        organisation=request.organisation,
        documents=request.labels,
        due=f"{request.due_on:%d/%m/%Y}",
        message=request.message,
    )


@logged
def cancel(*, request: DocumentRequest, reason: str, acting_user: User) -> DocumentRequest:
    """Stop asking, with a reason that the organisation reads; what was sent is kept.

    Raises PermissionDenied, ValidationError without a reason or when nothing is left to cancel.
    """
    row = locked_request(request)
    can_follow(acting_user, row).enforce()
    if not (decision := is_standing(row)):
        raise ValidationError(decision.reason)
    reason = needed(reason, "Dites pourquoi la demande est annulée : la structure le lira.")
    row.cancelled_at, row.cancelled_by, row.cancel_reason = timezone.now(), acting_user, reason
    row.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason"])
    tell_change(row, "document_request.cancelled", "annulé", reason, acting_user)
    return row


@logged
def reopen(
    *, request: DocumentRequest, reason: str, due_on: date, acting_user: User
) -> DocumentRequest:
    """Ask again what was cancelled, until a new date; answers are as they were.

    Raises PermissionDenied, ValidationError by field.
    """
    row = locked_request(request)
    can_follow(acting_user, row).enforce()
    can_ask(acting_user, row.organisation, row.engagement).enforce()
    if row.cancelled_at is None:
        raise ValidationError("Cette demande n’est pas annulée.")
    check_due_date(due_on)
    reason = needed(reason, "Dites pourquoi la demande est rouverte : la structure le lira.")
    row.cancelled_at = row.cancelled_by = None
    row.cancel_reason, row.due_on = "", due_on
    row.save(update_fields=["cancelled_at", "cancelled_by", "cancel_reason", "due_on"])
    tell_change(row, "document_request.reopened", "rouvert", reason, acting_user)
    return row


@logged
def reschedule(
    *, request: DocumentRequest, due_on: date, seen: date, reason: str, acting_user: User
) -> DocumentRequest:
    """Move the due date of what still waits for the organisation, and tell it.

    `seen` is the date that the officer saw: a colleague's move in between is not undone unread.
    Sent twice, it moves once. Raises PermissionDenied, ValidationError by field.
    """
    row = locked_request(request)
    can_follow(acting_user, row).enforce()
    if not (decision := is_standing(row)):
        raise ValidationError(decision.reason)
    if due_on == seen:
        raise ValidationError({"due_on": "C’est déjà la date de cette demande."})
    if row.due_on == due_on:
        return row
    if not row.waits:
        raise ValidationError("La structure a tout envoyé : aucune date ne court plus.")
    if row.due_on != seen:
        raise ValidationError(
            f"La date vient d’être changée : c’est maintenant le {row.due_on:%d/%m/%Y}. "
            "Rien n’a été enregistré."
        )
    check_due_date(due_on)
    row.due_on = due_on
    row.save(update_fields=["due_on"])
    tell_rescheduled(row, seen, reason.strip(), acting_user)
    return row


def tell_rescheduled(
    request: DocumentRequest, former: date, reason: str, acting_user: User
) -> None:
    """Log that the due date moved, and tell the organisation both dates."""
    record(
        "document_request.rescheduled",
        actor=acting_user,
        target=request,
        organisation=request.organisation,
        former=f"{former:%d/%m/%Y}",
        due=f"{request.due_on:%d/%m/%Y}",
        reason=reason,
    )
    notify(
        "document_request.rescheduled",
        recipients=people_with_access(request.organisation),
        organisation_id=request.organisation_id,
        path=request_path(request),
        about_id=request.pk,
        officer=acting_user,
        organisation=request.organisation,
        documents=request.labels,
        former=f"{former:%d/%m/%Y}",
        due=f"{request.due_on:%d/%m/%Y}",
        reason=reason,
    )


def needed(reason: str, otherwise: str) -> str:
    """A reason that says something. Raises ValidationError with `otherwise`."""
    reason = clean_reason(reason, longest=LONGEST_REASON)
    if not reason:
        raise ValidationError({"reason": otherwise})
    return reason


def tell_change(
    request: DocumentRequest, action: str, verb: str, reason: str, acting_user: User
) -> None:
    """Log that a request was cancelled or reopened, and tell the organisation why."""
    record(
        action,
        actor=acting_user,
        target=request,
        organisation=request.organisation,
        reason=reason,
    )
    notify(
        "document_request.changed",
        recipients=people_with_access(request.organisation),
        organisation_id=request.organisation_id,
        path=request_path(request),
        about_id=request.pk,
        officer=acting_user,
        organisation=request.organisation,
        verb=verb,
        documents=request.labels,
        due=f"{request.due_on:%d/%m/%Y}",
        reason=reason,
    )
