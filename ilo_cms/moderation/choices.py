"""Skills, sectors and territories of a record: copied from part to part, entered again (P3, P6).

Both add to what is there and take nothing away. They go through `save_record`, so that rights,
moderated fields and the maximum of skills hold as for a typed form.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import models

from ilo_cms.audit.services import logged
from ilo_cms.directory.legacy import mark_handled, offered
from ilo_cms.directory.models import Contact, LegacyValue, Organisation
from ilo_cms.directory.policies import can_write_as
from ilo_cms.moderation.fields import RecordField, moderated_fields
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import pending_items, save_record


#: The parts of a record that have these lists.
PARTS = (Target.CONTACT, Target.ORGANISATION)


@dataclass(frozen=True)
class Added:
    """What was added to a part, by field, and whether some of it waits for an officer."""

    rows: dict[str, list[models.Model]]
    waits: bool = False


@logged
def copy_choices(*, contact: Contact, to: Target) -> Added:
    """Add to one part the skills, sectors and territories of the other (SPEC P3).

    Rows that are no longer proposed are left where they are. Raises PermissionDenied when the
    contact may only read, ValidationError when the part would have too many skills.
    """
    contact = fresh(contact)
    source = part_of(contact, Target.CONTACT if to == Target.ORGANISATION else Target.ORGANISATION)
    wanted = {
        name: list(offered(kind).filter(pk__in=getattr(source, name).values("pk")))
        for kind, name in LegacyValue.LISTS.items()
    }
    return add_choices(contact, to, wanted)


@logged
def re_enter(*, value: LegacyValue, contact: Contact, to: Target, chosen: Iterable[int]) -> Added:
    """Add what replaces an old value to one part, and close the old value (SPEC P6).

    `chosen` are keys of the new list; none means "aucun équivalent". Raises PermissionDenied when
    the contact may only read, ValidationError when the value is closed already or in no list, a
    choice is no longer proposed, or the part would have too many skills.
    """
    contact = fresh(contact)
    can_write_as(contact).enforce()
    value = LegacyValue.objects.of(contact).select_for_update(of=("self",)).get(pk=value.pk)
    if value.handled_at:
        raise ValidationError("Cette ancienne valeur est déjà traitée.", code="handled")
    if value.kind not in LegacyValue.LISTS:
        raise ValidationError("Cette ancienne valeur se traite avec votre chargé·e.")
    keys = set(chosen)
    rows = list(offered(value.kind).filter(pk__in=keys))
    if len(rows) != len(keys):
        raise ValidationError("Un des choix cochés n’est plus proposé. Cochez-en un autre.")
    added = add_choices(contact, to, {LegacyValue.LISTS[LegacyValue.Kind(value.kind)]: rows})
    mark_handled(value=value, chosen=rows, acting_user=contact.user)
    return added


def fresh(contact: Contact) -> Contact:
    """The contact as it is now, under its organisation's lock."""
    Organisation.objects.select_for_update().get(pk=contact.organisation_id)
    return Contact.objects.select_related("organisation", "user").get(pk=contact.pk)


def part_of(contact: Contact, target: Target) -> Contact | Organisation:
    """The row behind a part that has these lists."""
    return contact if target == Target.CONTACT else contact.organisation


def add_choices(contact: Contact, to: Target, wanted: dict[str, list[models.Model]]) -> Added:
    """Save the union of what stands in a part and what is wanted; say what is new."""
    row = part_of(contact, to)
    waiting = pending_items(contact, to, row.pk)
    values, added = {}, {}
    for name, rows in wanted.items():
        # What is asked for already counts as being there, or the request would lose it.
        standing = waiting[name].new if name in waiting else RecordField(to, row, name).read()
        if new := [each for each in rows if each.pk not in standing]:
            added[name] = new
            values[name] = sorted({*standing, *(each.pk for each in new)})
    save_record(contact=contact, target=to, record_id=row.pk, values=values)
    return Added(added, waits=bool(moderated_fields(to) & added.keys()))
