"""The fields of the provider record: which part they belong to, and which wait for an officer.

Source of the defaults: SPEC M1. The organisation's name is moderated too: it identifies the party
of an agreement (docs/decisions/0008).
"""

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, models
from django.utils.text import capfirst

from ilo_cms.accounts.models import User
from ilo_cms.core.identifiers import readable_phone
from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.moderation.models import ModerationRule, Target
from ilo_cms.referentials.models import Reference, Territory


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


def moderated_fields(target: Target) -> set[str]:
    """The fields of a part that wait for an officer: defaults and administrators' exceptions."""
    fields = set(MODERATED_BY_DEFAULT[target])
    for rule in ModerationRule.objects.filter(target=target):
        (fields.add if rule.is_moderated else fields.discard)(rule.field)
    return fields & set(FIELDS[target])


def definition(target: Target, name: str) -> models.Field:
    """The model field behind a field of the record."""
    is_person = target == Target.CONTACT and name in PERSON_FIELDS
    return (User if is_person else MODEL_OF[target])._meta.get_field(name)


def label(target: Target, name: str) -> str:
    """A field's name as screens show it."""
    return capfirst(str(definition(target, name).verbose_name))


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
        return self.plain(
            getattr(self.owner, self.name).all()
            if self.definition.many_to_many
            else getattr(self.owner, self.name)
        )

    def plain(self, value: Any) -> Any:
        """A form's or model's value as plain data that JSON keeps as it is."""
        if self.definition.many_to_many:
            return sorted(row.pk for row in value)
        if isinstance(value, models.Model):
            return value.pk
        return "" if value is None and not self.definition.is_relation else value

    def write(self, value: Any) -> None:
        """Store plain data as the live value of this one field."""
        if self.definition.many_to_many:
            rows = self.definition.related_model.objects.filter(pk__in=value)
            if len(rows) != len(value):
                raise IntegrityError(f"{self.name}: a chosen row is gone")
            getattr(self.owner, self.name).set(rows)
            return
        setattr(self.owner, self.definition.attname, value)
        self.owner.save(update_fields=[self.name, "updated_at"])

    def readable(self, value: Any) -> str:
        """Plain data as a person reads it; an empty value is said in words."""
        if self.definition.is_relation and value not in (None, []):
            keys = value if isinstance(value, list) else [value]
            rows = self.definition.related_model.objects.filter(pk__in=keys)
            return ", ".join(str(row) for row in rows)
        if isinstance(value, bool):
            return "oui" if value else "non"
        if value in (None, "", []):
            return "non renseigné"
        return readable_phone(value) if "phone" in self.name else str(value)

    def insee(self) -> str:
        """What the register says of this field, as a person reads it; empty when it says nothing.

        `insee` of a record holds codes for its lists (NAF, legal form) and texts for the rest.
        """
        value = getattr(self.record, "insee", {}).get(self.name, "")
        related = self.definition.related_model
        if value and related and issubclass(related, Reference | Territory):
            row = related.objects.filter(code=value).first()
            return str(row or value)
        return str(value)
