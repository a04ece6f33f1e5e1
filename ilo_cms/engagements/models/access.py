"""Who reads what is inside an engagement (SPEC A10): one answer that every queryset builds on."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta

from django.db import models
from django.db.models import Q
from django.utils import timezone

from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import active_officer


NOTHING = Q(pk=None)


class ByCapacity(models.QuerySet):
    """Rows that say by `reached_by(contact)` what an organisation's contact reads of them."""

    def known_to(self, contact: Contact):
        """What one capacity reads in the extranet, whatever else its holder may read (SPEC A6)."""
        return self.filter(self.reached_by(contact)) if contact.has_access else self.none()


def memberships(user, contact: Contact | None) -> list[Contact]:
    """The capacities in which a person reads: the one they act in, or all of theirs."""
    if contact is None:
        return list(Contact.objects.filter(user=user, has_access=True))
    return [contact] if contact.user_id == user.pk and contact.has_access else []


def of_contacts(user, contact: Contact | None, rule: Callable[[Contact], Q]) -> Q:
    """The rows that a rule gives to the capacities in which a person reads."""
    found = NOTHING
    for membership in memberships(user, contact):
        found |= rule(membership)
    return found


def readable(user, contact: Contact | None, path: str, rule: Callable[[Contact], Q]) -> Q:
    """What the operator's team, administrators, and contacts by a rule, read.

    `path` leads to the operator of the engagement.
    """
    if not user.is_authenticated:
        return NOTHING
    found = NOTHING
    if user.is_staff:
        if user.is_administrator:
            return Q()
        if officer := active_officer(user):
            found |= Q(**{path: officer.operator_id})
        if contact is None:
            return found
    return found | of_contacts(user, contact, rule)


def by_then(contact: Contact, path: str) -> Q:
    """Dates up to the day on which a contact left; all of them for one who has not (SPEC A7)."""
    return Q(**{f"{path}__lte": contact.ended_on}) if contact.ended_on else Q()


def written_by_then(contact: Contact, path: str) -> Q:
    """As `by_then`, for moments."""
    return Q(**{f"{path}__lt": day_after(contact.ended_on)}) if contact.ended_on else Q()


def happened_by_then(contact: Contact, moment: datetime) -> bool:
    """As `written_by_then`, for one moment that is known already."""
    return contact.ended_on is None or moment < day_after(contact.ended_on)


def day_after(day: date) -> datetime:
    """The first moment of the next day, in Paris."""
    return timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min))
