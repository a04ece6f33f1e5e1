"""How complete a provider's record is, and what it lacks (SPEC P4).

What counts is what officers search by and call with. A field that a record may rightly leave empty
does not count: acronym, approvals, certifications, networks, website, other characteristics, second
phone, preferred channel. Nor does a field that does not apply to this record: the OPCO of who
employs nobody, the SIRET while the SIREN is unknown (only an officer enters it), the skills,
sectors, territories and presentation of who is no provider. Files do not count yet.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

from django.db import models
from django.utils.text import capfirst

from ilo_cms.directory.models import Contact, Establishment, Organisation


CONTACT, ORGANISATION, ESTABLISHMENT = "contact", "organisation", "establishment"

OF_PERSON = ["last_name", "first_name", "email"]
OF_CONTACT = ["function", "phone"]
OF_ORGANISATION = ["name", "head_office_nic", "naf", "legal_form", "opco", "headcount_band"]
OF_ESTABLISHMENT = ["nic", "address_line", "postcode", "city", "phone", "email"]
#: Of the contact and of the organisation, when it advises.
OF_PROVIDER = ["skills", "sectors", "territories", "presentation"]
#: Lists to load with `prefetch_related` before many records are judged.
LISTS = ["skills", "sectors", "territories"]

#: Bands of Sirene that mean nobody is employed.
WITHOUT_EMPLOYEES = {"NN", "00"}


@dataclass(frozen=True)
class Missing:
    """One field to fill: its part of the record, its name, its label on screens.

    The part is `establishment` and the name empty when the contact has no establishment at all.
    """

    part: str
    field: str
    label: str


@dataclass(frozen=True)
class Completeness:
    """How many fields count, and those that are empty."""

    total: int
    missing: tuple[Missing, ...]

    @property
    def percent(self) -> int:
        """Rounded down: 100 means that nothing is missing."""
        return 100 * (self.total - len(self.missing)) // self.total if self.total else 100


#: A field that counts: its owner in the record, its part, its name.
Counted = tuple[models.Model, str, str]


def completeness(
    contact: Contact, *, asked: Collection[tuple[str, str]] = frozenset()
) -> Completeness:
    """The whole record as one contact keeps it: themself, their organisation, their establishment.

    `asked` holds (part, field) of the values that wait for an officer: the contact has done their
    share, so they are not missing.
    """
    place = contact.establishment
    counted = [*of_contact(contact), *of_organisation(contact.organisation)]
    if place:
        return judge([*counted, *of_establishment(place)], asked)
    known = judge(counted, asked)
    label = capfirst(str(Establishment._meta.verbose_name))
    nowhere = Missing(ESTABLISHMENT, "", label)
    return Completeness(known.total + 1, (*known.missing, nowhere))


def organisation_completeness(organisation: Organisation) -> Completeness:
    """The organisation's own part."""
    return judge(of_organisation(organisation))


def contact_completeness(contact: Contact) -> Completeness:
    """The contact's own part."""
    return judge(of_contact(contact))


def establishment_completeness(place: Establishment) -> Completeness:
    """One establishment's own part."""
    return judge(of_establishment(place))


def of_contact(contact: Contact) -> Iterator[Counted]:
    """What counts of the contact's part; names and address are the person's."""
    yield from ((contact.user, CONTACT, name) for name in OF_PERSON)
    own = OF_CONTACT + (OF_PROVIDER if contact.organisation.is_provider else [])
    yield from ((contact, CONTACT, name) for name in own)


def of_organisation(organisation: Organisation) -> Iterator[Counted]:
    """What counts of the organisation's part."""
    applies: dict[str, Callable[[], bool]] = {
        "head_office_nic": lambda: bool(organisation.siren),
        "opco": lambda: not employs_nobody(organisation),
    }
    for name in OF_ORGANISATION + (OF_PROVIDER if organisation.is_provider else []):
        if name not in applies or applies[name]():
            yield organisation, ORGANISATION, name


def employs_nobody(organisation: Organisation) -> bool:
    """Whether Sirene knows no employee there."""
    band = organisation.headcount_band
    return band is not None and band.code in WITHOUT_EMPLOYEES


def of_establishment(place: Establishment) -> Iterator[Counted]:
    """What counts of the establishment's part."""
    yield from ((place, ESTABLISHMENT, name) for name in OF_ESTABLISHMENT)


def judge(
    counted: Iterable[Counted], asked: Collection[tuple[str, str]] = frozenset()
) -> Completeness:
    """Count the fields and name the empty ones, in the order of the forms."""
    fields = list(counted)
    missing = [
        Missing(part, name, label_of(row, name))
        for row, part, name in fields
        if (part, name) not in asked and is_empty(row, name)
    ]
    return Completeness(len(fields), tuple(missing))


def is_empty(row: models.Model, name: str) -> bool:
    """Whether a field holds nothing. A list is read whole, so that a prefetched one costs nothing.

    A choice is judged by its key.
    """
    field = row._meta.get_field(name)
    value = getattr(row, name).all() if field.many_to_many else getattr(row, field.attname)
    return not value


def label_of(row: models.Model, name: str) -> str:
    """The field's name as screens show it; forms show the seat's NIC as a SIRET."""
    if name == "head_office_nic":
        return "SIRET du siège"
    return capfirst(str(row._meta.get_field(name).verbose_name))
