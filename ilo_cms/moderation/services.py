"""Saving a record and withdrawing a request, as a provider (SPEC M1, M2).

Each service takes the locks first, then the policy, changes rows, writes the log, and tells people,
in one transaction.
"""

import logging
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models

from ilo_cms.audit.services import logged, record
from ilo_cms.core.french import in_sentence
from ilo_cms.directory.models import Contact, Organisation, Origin
from ilo_cms.directory.policies import can_commit_as, can_write_as
from ilo_cms.directory.skills import check_skills
from ilo_cms.moderation.closing import close_withdrawn
from ilo_cms.moderation.email_change import warn_of_request
from ilo_cms.moderation.fields import RecordField, item_label, moderated_fields, write_fields
from ilo_cms.moderation.models import ChangeItem, ChangeRequest, Target
from ilo_cms.moderation.reading import request_fingerprint
from ilo_cms.moderation.referents import answering_officers
from ilo_cms.notifications.services import notify


logger = logging.getLogger(__name__)


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
    Raises PermissionDenied when the contact may only read, ValidationError keyed by field when a
    skill is added above the maximum.
    """
    Organisation.objects.select_for_update().get(pk=contact.organisation_id)
    contact = Contact.objects.select_related("organisation", "user").get(pk=contact.pk)
    can_write_as(contact).enforce()
    row = editable_row(contact, target, record_id)
    if "skills" in values:
        check_skills(row, values["skills"])
    moderated = moderated_fields(target)
    fields = {name: RecordField(target, row, name) for name in values}
    free = {name: field for name, field in fields.items() if name not in moderated}
    write_fields(free, values, contact.user, Origin.PROVIDER, contact.organisation)
    return request_changes(contact, fields, values, moderated)


def editable_row(contact: Contact, target: Target, record_id: UUID) -> models.Model:
    """The row that this contact may edit, locked: themself, their organisation, its places."""
    own = {
        Target.CONTACT: Contact.objects.filter(pk=contact.pk),
        Target.ORGANISATION: Organisation.objects.filter(pk=contact.organisation_id),
        Target.ESTABLISHMENT: contact.organisation.establishments.all(),
    }[target]
    return own.select_for_update().get(pk=record_id)


def request_changes(
    contact: Contact,
    fields: dict[str, RecordField],
    values: dict[str, object],
    moderated: set[str],
) -> ChangeRequest | None:
    """Bring the contact's pending request in line with the values just saved.

    What is live now is no longer asked for: a value saved again as it was, or one whose field was
    made free meanwhile.
    """
    request = pending_request(contact)
    wanted = {name for name in fields.keys() & moderated if values[name] != fields[name].read()}
    if request is None and not wanted:
        return None
    before = request_fingerprint(request) if request else ""
    if request is None:
        request = ChangeRequest.objects.create(
            organisation=contact.organisation, contact=contact, live=False
        )
    for name in sorted(wanted):
        ask(request, fields[name], values[name])
    request.items.filter(
        target__in={field.target for field in fields.values()},
        target_id__in={field.record.pk for field in fields.values()},
        field__in=fields.keys() - wanted,
    ).delete()
    if not request.items.exists():
        close_withdrawn(request, contact.user)
        return None
    if request_fingerprint(request) != before:
        # Through somebody's account an officer could ask for a change and accept it (SPEC M6).
        can_commit_as(contact).enforce()
        announce(request)
    return request


def ask(request: ChangeRequest, field: RecordField, new: object) -> None:
    """Put one field into a request, or change what it asks; a new address warns the old one."""
    key = {"target": field.target, "target_id": field.record.pk, "field": field.name}
    known = request.items.filter(**key).first()
    live = field.read()
    item, _ = request.items.update_or_create(
        **key,
        defaults={
            "old": live,
            "new": new,
            "old_label": field.readable(live),
            "new_label": field.readable(new),
        },
    )
    if item.is_login and (known is None or known.new != new):
        warn_of_request(item)


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
    notify(
        "moderation.requested",
        recipients=answering_officers(request),
        organisation_id=None,
        path=request.decision_path,
        about_id=request.pk,
        author=request.contact.user,
        organisation=request.organisation,
        fields=", ".join(in_sentence(item_label(item)) for item in items),
    )


@logged
def withdraw(*, change_request: ChangeRequest, contact: Contact) -> None:
    """Take back a request that nobody decided yet (M2).

    Raises PermissionDenied when it is another contact's, ValidationError when it is decided.
    """
    request = ChangeRequest.objects.select_for_update().get(pk=change_request.pk)
    can_commit_as(contact).enforce()
    if request.contact_id != contact.pk:
        raise ValidationError("Cette demande n’est pas la vôtre.")
    if not request.is_pending:
        raise ValidationError(f"Cette demande est déjà {request.state}.")
    close_withdrawn(request, contact.user)
