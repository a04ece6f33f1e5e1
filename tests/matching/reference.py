"""The same search, asked of the database in the usual way: what the index is compared with.

It is slow and is not part of the product.
"""

from datetime import date
from uuid import UUID

from django.db.models import Q

from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.engagements.models import Assignment
from ilo_cms.matching.services import Criteria
from ilo_cms.matching.words import asked_words, folded, words
from ilo_cms.referentials.models import Territory


GIVEN = ["engagee", "realisee", "cloturee"]


def has(field: str, keys) -> Q:
    """Organisations of which, or of whose reachable people, a list holds one of these."""
    people = Contact.objects.filter(
        ended_on=None, user__is_active=True, user__email__isnull=False, **{f"{field}__in": keys}
    )
    own = Organisation.objects.filter(**{f"{field}__in": keys})
    return Q(pk__in=own.values("pk")) | Q(pk__in=people.values("organisation"))


def found(criteria: Criteria) -> list[Organisation]:
    """Who meets the criteria, in no order."""
    rows = Organisation.objects.filter(is_provider=True, is_active=True)
    reachable = Contact.objects.filter(
        ended_on=None, user__is_active=True, user__email__isnull=False
    )
    rows = rows.filter(pk__in=reachable.values("organisation"))
    if criteria.skills:
        rows = rows.filter(has("skills", criteria.skills))
    if criteria.territory is not None:
        rows = rows.filter(has("territories", covering(criteria.territory)))
    if criteria.bands:
        rows = rows.filter(headcount_band__in=criteria.bands)
    if criteria.is_cae is not None:
        rows = rows.filter(is_cae=criteria.is_cae)
    if criteria.never_called:
        rows = rows.exclude(assignments__status__in=GIVEN)
    return [row for row in rows if all_words(row, criteria.words)]


def covering(key: int) -> list[int]:
    """The territories of which one declared is enough: up to the région, and down."""
    territory = Territory.objects.filter(pk=key).first()
    if territory is None:
        return []
    if territory.kind == Territory.Kind.REGION:
        inside = [row.pk for row in Territory.objects.filter(region=territory)]
        return [key, *inside] if inside else []
    return [key, territory.region_id] if territory.region_id else [key]


def all_words(row: Organisation, asked: str) -> bool:
    """Whether each word begins a word of the record."""
    text = [row.name, row.acronym, row.presentation]
    text += [place.name for place in row.establishments.filter(is_active=True)]
    text += [skill.label for skill in row.skills.all()]
    for contact in row.contacts.filter(
        ended_on=None, user__is_active=True, user__email__isnull=False
    ):
        text += [skill.label for skill in contact.skills.all()]
    held = words(" ".join(text))
    return all(any(word.startswith(prefix) for word in held) for prefix in asked_words(asked))


def met(row: Organisation, field: str, keys) -> int:
    """How many of these the organisation and its people have."""
    return sum(
        Organisation.objects.filter(has(field, [key])).filter(pk=row.pk).exists()
        for key in set(keys)
    )


def rank(row: Organisation, criteria: Criteria) -> tuple:
    """What the order compares."""
    given = list(Assignment.objects.filter(provider=row, status__in=GIVEN))
    days = [work.starts_on for work in given if work.starts_on]
    return (
        -met(row, "skills", criteria.skills),
        -met(row, "sectors", criteria.sectors),
        max(days, default=date.min),
        sum(work.status == "engagee" for work in given),
        folded(row.name),
        row.pk.hex,
    )


def search(criteria: Criteria) -> list[UUID]:
    """The identifiers of who is found, best first."""
    return [row.pk for row in sorted(found(criteria), key=lambda row: rank(row, criteria))]
