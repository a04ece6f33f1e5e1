"""Deciding a request, field by field, as an officer (SPEC M3, M5, M6)."""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.models import Contact, Organisation, Origin
from ilo_cms.moderation.closing import end_workflow
from ilo_cms.moderation.email_change import ask_to_confirm
from ilo_cms.moderation.fields import MODEL_OF, RecordField, item_label, write_fields
from ilo_cms.moderation.models import ChangeItem, ChangeRequest, Target
from ilo_cms.moderation.policies import can_decide
from ilo_cms.moderation.reading import request_fingerprint
from ilo_cms.notifications.services import notify


@dataclass(frozen=True)
class Verdict:
    """An officer's decision on one field. A refusal needs a comment."""

    approved: bool
    comment: str = ""


@logged
def decide(
    *,
    change_request: ChangeRequest,
    verdicts: dict[UUID, Verdict],
    fingerprint: str,
    acting_user: User,
) -> ChangeRequest:
    """Decide every field of a request; accepted ones become live (M3).

    `verdicts` holds one Verdict per item; `fingerprint` is what the officer saw.
    Raises PermissionDenied when this user may not decide, ValidationError when the request or a
    live value changed meanwhile, a verdict is missing, or a refusal has no comment.
    """
    Organisation.objects.select_for_update().get(pk=change_request.organisation_id)
    request = ChangeRequest.objects.select_for_update().get(pk=change_request.pk)
    can_decide(acting_user, request).enforce()
    items = list(request.items.all())
    check_verdicts(request, items, verdicts, fingerprint)
    for item in items:
        verdict = verdicts[item.pk]
        item.verdict = (
            ChangeItem.Verdict.APPROVED if verdict.approved else ChangeItem.Verdict.REFUSED
        )
        item.comment = verdict.comment
    ChangeItem.objects.bulk_update(items, ["verdict", "comment"])
    approved = [item for item in items if item.verdict == ChangeItem.Verdict.APPROVED]
    try:
        with transaction.atomic():
            apply(approved, request, acting_user)
    except IntegrityError as error:
        raise ValidationError(
            "Une des valeurs acceptées n’est plus possible : elle est déjà prise, ou elle a "
            "disparu des listes. Refusez ce champ en l’expliquant, ou corrigez d’abord la fiche."
        ) from error
    request.decided_at, request.decided_by = timezone.now(), acting_user
    request.save(update_fields=["decided_at", "decided_by", "updated_at"])
    end_workflow(request, acting_user, approved=bool(approved))
    tell_decision(request, items, acting_user)
    return request


def check_verdicts(
    request: ChangeRequest,
    items: list[ChangeItem],
    verdicts: dict[UUID, Verdict],
    fingerprint: str,
) -> None:
    """Raise ValidationError unless each field has its verdict, on the values that are there now."""
    if fingerprint != request_fingerprint(request):
        raise ValidationError(
            "La demande ou la fiche a changé depuis l’ouverture de cette page : relisez les "
            "valeurs, puis décidez à nouveau.",
            code="changed",
        )
    for item in items:
        verdict = verdicts.get(item.pk)
        if verdict is None:
            raise ValidationError("Décidez de chaque champ : accepter ou refuser.")
        if not verdict.approved and not verdict.comment.strip():
            raise ValidationError("Un refus doit être expliqué à la personne qui demande.")


def apply(items: list[ChangeItem], request: ChangeRequest, acting_user: User) -> None:
    """Make the accepted values live. An accepted email waits for its owner's confirmation (M5)."""
    by_record: dict[tuple[str, UUID], list[ChangeItem]] = {}
    for item in items:
        by_record.setdefault((item.target, item.target_id), []).append(item)
    for (target, record_id), group in by_record.items():
        row = MODEL_OF[Target(target)].objects.select_for_update().get(pk=record_id)
        fields = {item.field: RecordField(Target(target), row, item.field) for item in group}
        values = {item.field: item.new for item in group}
        if isinstance(row, Contact) and "email" in fields:
            del fields["email"]
            if row.is_former or not row.has_access:
                raise ValidationError(
                    f"{row.user} n’a plus accès à l’extranet pour {request.organisation} : une "
                    "adresse acceptée ne pourrait pas être confirmée. Refusez ce champ en "
                    "l’expliquant, ou rouvrez d’abord l’accès."
                )
            ask_to_confirm(next(item for item in group if item.field == "email"), row)
        write_fields(fields, values, acting_user, Origin.PROVIDER, request.organisation)


def tell_decision(request: ChangeRequest, items: list[ChangeItem], acting_user: User) -> None:
    """Log the decision and tell the person who asked, with each comment (M3)."""
    lines = [
        f"{item_label(item)} : {item.get_verdict_display().lower()}"
        + (f" ({item.comment})" if item.comment else "")
        for item in items
    ]
    referent = request.organisation.referent
    capacity = {} if acting_user.officer == referent else {"capacity": f"Remplace {referent}"}
    record(
        "moderation.decided",
        actor=acting_user,
        target=request,
        organisation=request.organisation,
        decision=lines,
        **capacity,
    )
    notify(
        "moderation.decided",
        recipients=[request.contact.user],
        organisation_id=request.organisation_id,
        path=reverse("change_request", args=[request.pk]),
        about_id=request.pk,
        officer=acting_user,
        organisation=request.organisation,
        outcome=". ".join(lines) + ".",
    )
