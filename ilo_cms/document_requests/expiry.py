"""Telling an organisation that a document of its ends soon, in time to renew it (SPEC D6)."""

from datetime import date, timedelta
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from ilo_cms.audit.services import logged, record
from ilo_cms.directory.confirmation import people_with_access
from ilo_cms.document_requests.models import ExpiryNotice, expiring_documents
from ilo_cms.notifications.services import notify
from ilo_cms.referentials.models import PlatformSettings


def steps() -> tuple[int, int]:
    """How many days before the last day people are told: an administrators' setting."""
    settings = PlatformSettings.current()
    return settings.expiry_first_days, settings.expiry_last_days


def step_on(expires_on: date, today: date, steps: tuple[int, ...]) -> int | None:
    """The step that is due for a document of this last day: the nearest to it."""
    left = expires_on - today
    return min((days for days in steps if left <= timedelta(days=days)), default=None)


def tell_expiring() -> int:
    """Tell of every document whose step is due and was not told; returns how many were.

    Safe to run again, or twice at once: the row of a step is its claim.
    """
    today = timezone.localdate()
    told, due = 0, steps()
    for document in expiring_documents(today).values_list("pk", "expires_on"):
        step = step_on(document[1], today, due)
        if step and not claimed(document[0], document[1], step):
            told += tell(document_id=document[0])
    return told


def claimed(document_id: UUID, expires_on: date, step: int) -> bool:
    """Whether this step, or a later one, was told already."""
    return ExpiryNotice.objects.filter(
        document=document_id, expires_on=expires_on, days_before__lte=step
    ).exists()


@logged
def tell(*, document_id: UUID) -> bool:
    """Tell of one document, if it is still to be told under the lock. Returns whether it was."""
    today = timezone.localdate()
    rows = expiring_documents(today).select_related("organisation", "type")
    document = rows.filter(pk=document_id).first()
    step = step_on(document.expires_on, today, steps()) if document else None
    if document is None or step is None or claimed(document.pk, document.expires_on, step):
        return False
    recipients = people_with_access(document.organisation)
    if not recipients:
        return False
    ExpiryNotice.objects.create(document=document, expires_on=document.expires_on, days_before=step)
    record(
        "document.expiring",
        actor=None,
        target=document,
        organisation=document.organisation,
        expires_on=f"{document.expires_on:%d/%m/%Y}",
    )
    notify(
        "document.expiring",
        recipients=recipients,
        organisation_id=document.organisation_id,
        path=reverse("home"),
        about_id=document.pk,
        organisation=document.organisation,
        document=document.type,
        day=f"{document.expires_on:%d/%m/%Y}",
    )
    return True
