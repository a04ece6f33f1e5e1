"""Saving a record, withdrawing a request, deciding it (SPEC M1–M6).

Each takes the locks first, then the policy, changes rows, writes the log, and tells people, in one
transaction.
"""

import logging
from dataclasses import dataclass
from hashlib import sha256
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.edits import record_changes, snapshot
from ilo_cms.directory.models import Contact, Officer, Organisation, Origin
from ilo_cms.directory.policies import can_write_as
from ilo_cms.moderation.email_change import ask_to_confirm
from ilo_cms.moderation.fields import MODEL_OF, RecordField, moderated_fields
from ilo_cms.moderation.models import ChangeItem, ChangeRequest, Target
from ilo_cms.moderation.policies import can_become_referent, can_decide
from ilo_cms.notifications.services import notify


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Verdict:
    """An officer's decision on one field. A refusal needs a comment."""

    approved: bool
    comment: str = ""


def pending_request(contact: Contact) -> ChangeRequest | None:
    """The request of this contact that waits for an officer, if any: at most one."""
    return ChangeRequest.objects.pending().filter(contact=contact).first()


def pending_items(contact: Contact, target: Target, record_id: UUID) -> dict[str, ChangeItem]:
    """The fields of one record that wait in this contact's request, by field name."""
    items = ChangeItem.objects.filter(
        request__in=ChangeRequest.objects.pending().filter(contact=contact),
        target=target,
        target_id=record_id,
    )
    return {item.field: item for item in items}


@logged
def save_record(
    *, contact: Contact, target: Target, record_id: UUID, values: dict[str, object]
) -> ChangeRequest | None:
    """Save one part of a provider record, as its contact (SPEC M1, M2).

    `values` are plain data by field name (see RecordField). Free fields are live at once; moderated
    ones that differ from the live value wait in the contact's one pending request, which is
    returned, or None when nothing waits. Asking again for the live value takes the field back.
    Raises PermissionDenied when the contact may only read.
    """
    Organisation.objects.select_for_update().get(pk=contact.organisation_id)
    contact = Contact.objects.select_related("organisation", "user").get(pk=contact.pk)
    can_write_as(contact).enforce()
    row = editable_row(contact, target, record_id)
    moderated = moderated_fields(target)
    fields = {name: RecordField(target, row, name) for name in values}
    free = {name: field for name, field in fields.items() if name not in moderated}
    write_fields(free, values, contact.user, Origin.PROVIDER, contact.organisation)
    asked = {name: fields[name] for name in fields.keys() & moderated}
    return request_changes(contact, asked, values)


def editable_row(contact: Contact, target: Target, record_id: UUID) -> models.Model:
    """The row that this contact may edit, locked: themself, their organisation, its places."""
    own = {
        Target.CONTACT: Contact.objects.filter(pk=contact.pk),
        Target.ORGANISATION: Organisation.objects.filter(pk=contact.organisation_id),
        Target.ESTABLISHMENT: contact.organisation.establishments.all(),
    }[target]
    return own.select_for_update().get(pk=record_id)


def write_fields(
    fields: dict[str, RecordField],
    values: dict[str, object],
    user: User,
    origin: Origin,
    organisation: Organisation,
) -> None:
    """Make values live, with their origin and one line in the log per changed row."""
    owners: dict[models.Model, list[str]] = {}
    for name, field in fields.items():
        if values[name] != field.read():
            owners.setdefault(field.owner, []).append(name)
    for owner, names in owners.items():
        before = snapshot(owner, names)
        for name in names:
            fields[name].write(values[name])
        record_changes(
            record=owner,
            before=before,
            acting_user=user,
            origin=origin,
            organisation=organisation,
        )


def request_changes(
    contact: Contact, fields: dict[str, RecordField], values: dict[str, object]
) -> ChangeRequest | None:
    """Bring the contact's pending request in line with the moderated values just asked for."""
    request = pending_request(contact)
    wanted = {name: field for name, field in fields.items() if values[name] != field.read()}
    if request is None and not wanted:
        return None
    before = request_fingerprint(request) if request else ""
    if request is None:
        request = ChangeRequest.objects.create(
            organisation=contact.organisation, contact=contact, live=False
        )
    for name, field in fields.items():
        key = {"target": field.target, "target_id": field.record.pk, "field": name}
        if name not in wanted:
            request.items.filter(**key).delete()
            continue
        live, new = field.read(), values[name]
        request.items.update_or_create(
            **key,
            defaults={
                "old": live,
                "new": new,
                "old_label": field.readable(live),
                "new_label": field.readable(new),
            },
        )
    if not request.items.exists():
        withdraw(change_request=request, contact=contact)
        return None
    if request_fingerprint(request) != before:
        announce(request)
    return request


def announce(request: ChangeRequest) -> None:
    """Put a new or changed request before its officer: workflow, log, notice."""
    request.save(update_fields=["updated_at"])
    if request.current_workflow_state is None:
        request.save_revision(user=request.contact.user, changed=False)
        workflow = request.get_workflow()
        if workflow is None:
            logger.error("No moderation workflow: run `manage.py setup_ilo`.")
        else:
            workflow.start(request, request.contact.user)
    items = list(request.items.all())
    record(
        "moderation.requested",
        actor=request.contact.user,
        target=request,
        organisation=request.organisation,
        fields={f"{item.target}.{item.field}": [item.old_label, item.new_label] for item in items},
    )
    labels = ", ".join(item_field(item).label.lower() for item in items)
    notify(
        "moderation.requested",
        recipients=answering_officers(request.organisation),
        organisation_id=None,
        path=reverse("change_request_decide", args=[request.pk]),
        about_id=request.pk,
        author=request.contact.user,
        organisation=request.organisation,
        fields=labels,
    )


def answering_officers(organisation: Organisation) -> list[User]:
    """Whom a request concerns: the referent, else every officer of the territory (M3, M4)."""
    active = Officer.objects.active().select_related("user")
    referent = active.filter(pk=organisation.referent_id).first()
    officers = [referent] if referent else active.covering(organisation)
    return [officer.user for officer in officers]


@logged
def withdraw(*, change_request: ChangeRequest, contact: Contact) -> None:
    """Take back a request that nobody decided yet (M2).

    Raises PermissionDenied when it is another contact's, ValidationError when it is decided.
    """
    request = ChangeRequest.objects.select_for_update().get(pk=change_request.pk)
    can_write_as(contact).enforce()
    if request.contact_id != contact.pk:
        raise ValidationError("Cette demande n’est pas la vôtre.")
    if not request.is_pending:
        raise ValidationError(f"Cette demande est déjà {request.state}.")
    request.withdrawn_at = timezone.now()
    request.save(update_fields=["withdrawn_at", "updated_at"])
    end_workflow(request, contact.user, approved=False)
    record(
        "moderation.withdrawn",
        actor=contact.user,
        target=request,
        organisation=request.organisation,
    )


def item_field(item: ChangeItem) -> RecordField:
    """The live field that an item asks to change."""
    row = MODEL_OF[Target(item.target)].objects.get(pk=item.target_id)
    return RecordField(Target(item.target), row, item.field)


def request_fingerprint(request: ChangeRequest) -> str:
    """What an officer sees of a request: it changes with any asked or live value.

    The decision form carries it, so that nobody decides on values they did not see.
    """
    seen = [
        [str(item.pk), item.new, item_field(item).read()] for item in request.items.order_by("pk")
    ]
    return sha256(repr(seen).encode()).hexdigest()


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
        item.save(update_fields=["verdict", "comment"])
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
            "La demande ou la fiche a changé depuis l’ouverture de cette page. "
            "Relisez les valeurs ci-dessous puis décidez à nouveau.",
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
            ask_to_confirm(next(item for item in group if item.field == "email"), row)
        write_fields(fields, values, acting_user, Origin.PROVIDER, request.organisation)


def end_workflow(request: ChangeRequest, user: User, *, approved: bool) -> None:
    """Close Wagtail's workflow of a request that is decided or withdrawn."""
    state = request.current_workflow_state
    if state is None:
        return
    if approved:
        state.current_task_state.approve(user=user)
    else:
        state.current_task_state.reject(user=user)
        state.cancel(user=user)


def tell_decision(request: ChangeRequest, items: list[ChangeItem], acting_user: User) -> None:
    """Log the decision and tell the person who asked, with each comment (M3)."""
    lines = [
        f"{item_field(item).label} : {item.get_verdict_display().lower()}"
        + (f" ({item.comment})" if item.comment else "")
        for item in items
    ]
    record(
        "moderation.decided",
        actor=acting_user,
        target=request,
        organisation=request.organisation,
        decision=lines,
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


@logged
def become_referent(*, organisation: Organisation, acting_user: User) -> Organisation:
    """Register as referent of a record that has none who can answer (M4).

    Raises PermissionDenied when the officer may not.
    """
    organisation = Organisation.objects.select_for_update().get(pk=organisation.pk)
    can_become_referent(acting_user, organisation).enforce()
    before = str(organisation.referent or "")
    organisation.referent = acting_user.officer
    organisation.save(update_fields=["referent", "updated_at"])
    record(
        "referent.changed",
        actor=acting_user,
        target=organisation,
        organisation=organisation,
        before=before,
        after=str(organisation.referent),
    )
    return organisation
