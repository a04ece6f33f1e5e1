"""The fields of the provider record: which part they belong to, and which wait for an officer.

Source of the defaults: SPEC M1. The organisation's name is moderated too: it identifies the party
of an agreement (docs/decisions/0008).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, models
from django.utils.text import capfirst

from ilo_cms.accounts.models import User
from ilo_cms.core.identifiers import readable_phone
from ilo_cms.directory.edits import record_changes, snapshot
from ilo_cms.directory.models import Contact, Establishment, Organisation, Origin
from ilo_cms.moderation.models import ChangeItem, ModerationRule, Target


#: Fields of the "contact" part that belong to the person's account.
PERSON_FIELDS = {"last_name", "first_name", "email"}

MODEL_OF: dict[Target, type[Contact] | type[Organisation] | type[Establishment]] = {
    Target.CONTACT: Contact,
    Target.ORGANISATION: Organisation,
    Target.ESTABLISHMENT: Establishment,
}

#: Every editable field of each part, in the order of its form (SPEC P1).
FIELDS = {
    Target.CONTACT: [
        "last_name",
        "first_name",
        "email",
        "function",
        "phone",
        "other_phone",
        "preferred_channel",
        "skills",
        "sectors",
        "territories",
        "presentation",
    ],
    Target.ORGANISATION: [
        "name",
        "acronym",
        "head_office_nic",
        "naf",
        "legal_form",
        "opco",
        "headcount_band",
        "is_cae",
        "approvals",
        "certifications",
        "networks",
        "skills",
        "sectors",
        "territories",
        "presentation",
        "website",
        "other_characteristics",
    ],
    Target.ESTABLISHMENT: [
        "name",
        "nic",
        "address_line",
        "address_complement",
        "postcode",
        "city",
        "phone",
        "email",
    ],
}

MODERATED_BY_DEFAULT = {
    Target.CONTACT: {"last_name", "first_name", "email"},
    Target.ORGANISATION: {
        "name",
        "head_office_nic",
        "naf",
        "legal_form",
        "opco",
        "approvals",
        "certifications",
    },
    Target.ESTABLISHMENT: {
        "name",
        "nic",
        "address_line",
        "address_complement",
        "postcode",
        "city",
    },
}


#: What no administrator sets free: the address that signs in is accepted, then confirmed (M5).
ALWAYS_MODERATED = {(Target.CONTACT, "email")}


def moderated_fields(target: Target) -> set[str]:
    """The fields of a part that wait for an officer: defaults and administrators' exceptions."""
    fields = set(MODERATED_BY_DEFAULT[target])
    for rule in ModerationRule.objects.filter(target=target):
        (fields.add if rule.is_moderated else fields.discard)(rule.field)
    fields |= {name for part, name in ALWAYS_MODERATED if part == target}
    return fields & set(FIELDS[target])


def definition(target: Target, name: str) -> models.Field:
    """The model field behind a field of the record."""
    is_person = target == Target.CONTACT and name in PERSON_FIELDS
    return (User if is_person else MODEL_OF[target])._meta.get_field(name)


def label(target: Target, name: str) -> str:
    """A field's name as screens show it."""
    return capfirst(str(definition(target, name).verbose_name))


def item_label(item: ChangeItem) -> str:
    """The name of a requested field."""
    return label(Target(item.target), item.field)


@dataclass(frozen=True)
class RecordField:
    """One field of one row of the record, read and written as plain JSON data.

    A choice is the key of its row, a list of choices the sorted list of keys, the rest plain text,
    number or boolean.
    """

    target: Target
    record: models.Model
    name: str

    @property
    def owner(self) -> models.Model:
        """The row that holds the value: the account for a person's names and address."""
        if self.target == Target.CONTACT and self.name in PERSON_FIELDS:
            return self.record.user
        return self.record

    @property
    def definition(self) -> models.Field:
        """The model field."""
        return definition(self.target, self.name)

    @property
    def label(self) -> str:
        """The field's name as screens show it."""
        return label(self.target, self.name)

    def read(self) -> Any:
        """The live value, as plain data."""
        if self.definition.many_to_many:
            return self.plain(getattr(self.owner, self.name).all())
        return self.plain(getattr(self.owner, self.definition.attname))

    def plain(self, value: Any) -> Any:
        """A form's or model's value as plain data that JSON keeps as it is."""
        if self.definition.many_to_many:
            return sorted(row.pk for row in value)
        if isinstance(value, models.Model):
            return value.pk
        return "" if value is None and not self.definition.is_relation else value

    def write(self, value: Any) -> None:
        """Put plain data on the owner: a list is stored at once, the rest when the owner is saved.

        Raises IntegrityError when a chosen row is gone.
        """
        if self.definition.is_relation and value is not None:
            keys = self.keys(value)
            rows = self.definition.related_model.objects.filter(pk__in=keys)
            if len(rows) != len(keys):
                raise IntegrityError(f"{self.name}: a chosen row is gone")
            if self.definition.many_to_many:
                getattr(self.owner, self.name).set(rows)
                return
        setattr(self.owner, self.definition.attname, value)

    def keys(self, value: Any) -> list:
        """The keys of the related rows that a value names."""
        return value if isinstance(value, list) else [] if value is None else [value]

    def readable(self, value: Any, rows: Iterable[models.Model] | None = None) -> str:
        """Plain data as a person reads it; an empty value is said in words.

        `rows` are the related table's rows where the caller has loaded them for many fields.
        """
        if self.definition.is_relation and value not in (None, []):
            keys = self.keys(value)
            if rows is None:
                rows = self.definition.related_model.objects.filter(pk__in=keys)
            return ", ".join(str(row) for row in rows if row.pk in keys)
        if isinstance(value, bool):
            return "oui" if value else "non"
        if value in (None, "", []):
            return "non renseigné"
        return readable_phone(value) if "phone" in self.name else str(value)

    @property
    def insee(self) -> str:
        """What the register says of this field: a code for lists (NAF, legal form), else a text.

        Empty when it says nothing.
        """
        return str(getattr(self.record, "insee", {}).get(self.name, ""))


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
        plain = [name for name in names if not fields[name].definition.many_to_many]
        owner.save(update_fields=[*plain, "updated_at"])
        record_changes(
            record=owner,
            before=before,
            acting_user=user,
            origin=origin,
            organisation=organisation,
        )
