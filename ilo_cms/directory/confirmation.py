"""The stamp "mes informations sont à jour", and the yearly reminder that asks for it (SPEC P4).

A record is due some months (a setting) after its last confirmation or, if it was never confirmed,
after its first account was opened. Months are calendar months in Paris time: the same day and hour,
or the last day of a shorter month.
"""

from calendar import monthrange
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Min, Q
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.models.organisation import OrganisationQuerySet
from ilo_cms.directory.policies import can_commit_as
from ilo_cms.notifications.services import notify
from ilo_cms.referentials.models import PlatformSettings


#: Who could sign in: an account without a usable password was never opened.
OPENED = Q(contacts__has_access=True) & ~(
    Q(contacts__user__password="")
    | Q(contacts__user__password__startswith=UNUSABLE_PASSWORD_PREFIX)
)


def add_months(moment: datetime, months: int) -> datetime:
    """The same day and hour, some months later, in local time; 29 February becomes 28."""
    local = timezone.localtime(moment)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    day = min(local.day, monthrange(year, month + 1)[1])
    return local.replace(year=year, month=month + 1, day=day)


def with_start(organisations: OrganisationQuerySet) -> OrganisationQuerySet:
    """Annotate `confirmation_start`: last confirmed, else first account opened, else None.

    An account opened before links were kept counts from the making of its contact.
    """
    return organisations.annotate(
        confirmation_start=Coalesce(
            "confirmed_at",
            Min("contacts__activations__spent_at", filter=OPENED),
            Min("contacts__created_at", filter=OPENED),
        )
    )


def due_at(organisation: Organisation, months: int) -> datetime | None:
    """When a record annotated by `with_start` must be confirmed again; None before any access."""
    start = organisation.confirmation_start
    return add_months(start, months) if start else None


def is_due(organisation: Organisation, now: datetime) -> bool:
    """Whether a provider's record must be confirmed again by now."""
    if not (organisation.is_provider and organisation.is_active):
        return False
    months = PlatformSettings.current().confirmation_months
    due = due_at(with_start(Organisation.objects.filter(pk=organisation.pk)).get(), months)
    return due is not None and due <= now


@logged
def confirm_record(*, contact: Contact) -> Organisation:
    """Stamp the record as up to date, as this contact says (SPEC P4).

    Raises PermissionDenied when the contact may only read, or when the support acts for them.
    """
    organisation = Organisation.objects.select_for_update().get(pk=contact.organisation_id)
    contact = Contact.objects.select_related("organisation", "user").get(pk=contact.pk)
    can_commit_as(contact).enforce()
    organisation.confirmed_at = timezone.now()
    organisation.save(update_fields=["confirmed_at", "updated_at"])
    log("record.confirmed", actor=contact.user, target=organisation, organisation=organisation)
    return organisation


def ask_for_confirmation(now: datetime) -> int:
    """Ask every active provider whose record is due, and was not asked within the same time.

    Returns how many were asked. Safe to run again, or twice at once.
    """
    months = PlatformSettings.current().confirmation_months
    # Months are of 28 to 31 days: the exact day is for `ask` to check.
    latest = now - timedelta(days=28 * months)
    candidates = with_start(Organisation.objects.active().providers()).filter(
        Q(confirmation_asked_at=None) | Q(confirmation_asked_at__lte=latest),
        confirmation_start__lte=latest,
    )
    keys = list(candidates.order_by("pk").values_list("pk", flat=True))
    return sum(ask(organisation_id=key, now=now) for key in keys)


@logged
def ask(*, organisation_id: UUID, now: datetime) -> bool:
    """Ask one provider's contacts, if it is still due under the lock. Returns whether it was."""
    months = PlatformSettings.current().confirmation_months
    organisation = Organisation.objects.select_for_update().get(pk=organisation_id)
    asked = organisation.confirmation_asked_at
    if not is_due(organisation, now) or (asked and add_months(asked, months) > now):
        return False
    recipients = people_with_access(organisation)
    if not recipients:
        return False
    organisation.confirmation_asked_at = now
    organisation.save(update_fields=["confirmation_asked_at", "updated_at"])
    log("record.confirmation_asked", actor=None, target=organisation, organisation=organisation)
    notify(
        "record.confirm",
        recipients=recipients,
        organisation_id=organisation.pk,
        path=reverse("record"),
        organisation=organisation,
    )
    return True


def people_with_access(organisation: Organisation) -> list[User]:
    """The current contacts who can sign in: the others could not answer."""
    contacts = organisation.contacts.current().filter(has_access=True, user__is_active=True)
    return [
        contact.user
        for contact in contacts.select_related("user")
        if contact.user.has_usable_password()
    ]
