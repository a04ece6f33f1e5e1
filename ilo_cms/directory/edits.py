"""Changing a record: only the fields that changed, with their origin and one line in the log (P7).

A record is an organisation, an establishment, a contact, or the person whose names and address a
contact shows. Callers hold the transaction and have asked the policy.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db import models

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.directory.models import Contact, Establishment, Organisation, Origin
from ilo_cms.directory.policies import active_officer, can_edit_record
from ilo_cms.directory.skills import check_skills


#: How the log names each kind of record; the act follows: organisation.updated.
NOUN_OF = {
    Organisation: "organisation",
    Establishment: "establishment",
    Contact: "contact",
    User: "account",
}

#: What a contact shows of its person.
OF_PERSON = ["last_name", "first_name", "email"]


class Reading(NamedTuple):
    """A value at one moment: its key tells whether it changed, its label is what the log says."""

    key: Any
    label: Any


def snapshot(record: models.Model, fields: Iterable[str]) -> dict[str, Reading]:
    """Read some fields of a record, before or after an edit. Many-to-many fields are read too."""
    return {name: read(record, record._meta.get_field(name)) for name in fields}


def read(record: models.Model, field: models.Field) -> Reading:
    """One field's key and label, ready for JSON."""
    if field.many_to_many:
        rows = getattr(record, field.name).all()
        return Reading({row.pk for row in rows}, sorted(str(row) for row in rows))
    value = getattr(record, field.name)
    if isinstance(value, models.Model):
        return Reading(value.pk, str(value))
    return Reading(value, value)


def record_changes(
    *,
    record: models.Model,
    before: dict[str, Reading],
    acting_user: User,
    origin: Origin,
    organisation: Organisation | None,
    act: str = "updated",
) -> list[str]:
    """Say in the log what changed since `before`, and where the new values come from.

    Returns the names of the changed fields; when there are none, nothing is written. The record
    must be saved already, and locked by the caller, because its origins are rewritten.
    """
    after = snapshot(record, before)
    changed = [name for name in before if before[name].key != after[name].key]
    if not changed:
        return []
    set_origins(record, changed, origin)
    log(
        f"{NOUN_OF[type(record)]}.{act}",
        actor=acting_user,
        target=record,
        organisation=organisation,
        origin=origin.label,
        before={name: before[name].label for name in changed},
        after={name: after[name].label for name in changed},
    )
    return changed


def set_origins(record: models.Model, names: list[str], origin: Origin) -> None:
    """Say where some values of a record come from. A person's are said on each of their contacts.

    Read anew, because a contact and its person may be written one after the other.
    """
    rows = [record]
    if isinstance(record, User):
        rows = list(record.contacts.all())
        names = [name for name in names if name in OF_PERSON]
    for row in rows if names else []:
        row.refresh_from_db(fields=["origins"])
        row.origins = row.origins | dict.fromkeys(names, origin.value)
        row.save(update_fields=["origins", "updated_at"])


@logged
def edit_record(
    *,
    record: models.Model,
    values: dict[str, Any],
    acting_user: User,
    origin: Origin,
    organisation: Organisation,
) -> list[str]:
    """Write validated values to a record and log them; return the names of the changed fields.

    Only the given fields are written, on a row read anew under a lock, so that what somebody else
    saved meanwhile in other fields stays. Raises ValidationError keyed by field when a skill is
    added above the maximum.
    """
    row = type(record).objects.select_for_update(of=("self",)).get(pk=record.pk)
    if "skills" in values:
        check_skills(row, [skill.pk for skill in values["skills"]])
    before = snapshot(row, values)
    plain = {name for name in values if not row._meta.get_field(name).many_to_many}
    for name in plain:
        setattr(row, name, values[name])
    row.save(update_fields=[*plain, "updated_at"])
    for name in values.keys() - plain:
        getattr(row, name).set(values[name])
    return record_changes(
        record=row,
        before=before,
        acting_user=acting_user,
        origin=origin,
        organisation=organisation,
    )


def edit_as_officer(
    *,
    record: models.Model,
    values: dict[str, Any],
    acting_user: User,
    organisation: Organisation,
) -> list[str]:
    """Edit a record in the intranet (SPEC P7).

    Raises PermissionDenied when the user may not, ValidationError on their own organisation.
    """
    can_edit_record(acting_user, organisation).enforce()
    if organisation.contacts.current().filter(user=acting_user).exists():
        # Otherwise an officer would accept their own changes (SPEC M6).
        raise ValidationError(
            "Vous êtes contact de cette structure : modifiez sa fiche dans l’extranet, un·e autre "
            "chargé·e d’accompagnement la relira."
        )
    return edit_record(
        record=record,
        values=values,
        acting_user=acting_user,
        origin=Origin.OFFICER,
        organisation=organisation,
    )


@logged
def create_record(*, record: models.Model, values: dict[str, Any], acting_user: User) -> None:
    """Store a new, validated organisation or establishment, with its values' origin and its log.

    The officer who creates a provider is its first referent. Raises PermissionDenied when the user
    may not.
    """
    organisation = record if isinstance(record, Organisation) else record.organisation
    can_edit_record(acting_user, organisation).enforce()
    if record is organisation and record.is_provider and record.referent is None:
        record.referent = active_officer(acting_user)
    record.save()
    if "skills" in values:
        check_skills(record, [skill.pk for skill in values["skills"]])
    given = {name: value for name, value in values.items() if value}
    before = {}
    for name, value in given.items():
        many = record._meta.get_field(name).many_to_many
        before[name] = Reading(set(), []) if many else Reading(None, None)
        if many:
            getattr(record, name).set(value)
    record_changes(
        record=record,
        before=before,
        acting_user=acting_user,
        origin=Origin.OFFICER,
        organisation=organisation,
        act="created",
    )
