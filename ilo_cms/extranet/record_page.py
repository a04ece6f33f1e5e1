"""What stands around the forms of Mes informations: gauge, files, confirmation, old values."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils import timezone

from ilo_cms.directory.completeness import completeness
from ilo_cms.directory.confirmation import is_due
from ilo_cms.directory.models import Contact, LegacyValue
from ilo_cms.directory.policies import can_write_as
from ilo_cms.extranet.letters import addressee, wrong_place
from ilo_cms.moderation.models import ChangeItem, ChangeRequest, Target
from ilo_cms.referentials.models import DocumentType


#: The parts of the record: the name of their page, their title.
PARTS = {
    Target.CONTACT: ("record", "Votre contact"),
    Target.ORGANISATION: ("record_organisation", "Votre structure"),
    Target.ESTABLISHMENT: ("record_establishment", "Votre établissement"),
}
#: The files that belong to each part, by code of their type (SPEC P1).
PIECES = {
    Target.CONTACT: ["cv"],
    Target.ORGANISATION: ["kbis", "plaquette"],
    Target.ESTABLISHMENT: [],
}


@dataclass(frozen=True)
class Gauge:
    """How complete the record is; each field that lacks with its label, part and link."""

    percent: int
    missing: list[dict[str, str]]


def gauge(contact: Contact) -> Gauge:
    """The gauge of the record as this contact keeps it (SPEC P4)."""
    pending = ChangeRequest.objects.pending().filter(contact=contact)
    items = ChangeItem.objects.filter(request__in=pending)
    asked = {(item.target, item.field) for item in items if item.new}
    found = completeness(contact, asked=asked)
    missing = [
        {
            "label": field.label,
            "part": Target(field.part).label.lower() if field.field else "",
            "url": field_url(field.part, field.field),
        }
        for field in found.missing
    ]
    return Gauge(found.percent, missing)


def field_url(part: str, name: str) -> str:
    """Where a field of the record is filled in."""
    page = reverse(PARTS[Target(part)][0])
    return f"{page}#id_{name}" if name else page


def around(contact: Contact, target: Target) -> dict:
    """What the page of one part shows beside its form, for the template."""
    to = addressee(contact.organisation)
    return {
        "gauge": gauge(contact),
        "pieces": pieces(contact, target),
        "place_letter": wrong_place(contact, to) if target == Target.ESTABLISHMENT else None,
        "confirmation_due": is_due(contact.organisation, timezone.now()),
        "old_values": old_values(contact).count(),
        "may_copy": target != Target.ESTABLISHMENT and contact.organisation.is_provider,
    }


def pieces(contact: Contact, target: Target) -> list[DocumentType]:
    """The files that a provider's part may hold."""
    if not contact.organisation.is_provider:
        return []
    return list(DocumentType.objects.active().filter(code__in=PIECES[target]))


def old_values(contact: Contact):
    """The values of Enée that this contact has to enter again."""
    return LegacyValue.objects.of(contact).unhandled().of_lists()


def todo(contact: Contact) -> dict:
    """What the home page asks of a contact about their record; nothing of who may only read."""
    if not can_write_as(contact):
        return {}
    return {
        "gauge": gauge(contact),
        "confirmation_due": is_due(contact.organisation, timezone.now()),
        "old_values": old_values(contact).count(),
    }
