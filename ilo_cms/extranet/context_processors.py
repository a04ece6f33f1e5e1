"""What every page shows around its content."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject

from ilo_cms.accounts.second_factor import must_hold_second_factor
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import can_read_reports, can_write_as
from ilo_cms.notifications.models import Notification


@dataclass(frozen=True)
class Entry:
    """One link of the main navigation."""

    label: str
    url: str
    current: bool


def page(request: HttpRequest) -> dict:
    """`page`: who acts, for which organisation, what is unread, where to go. Computed when read."""
    return {"page": SimpleLazyObject(lambda: describe(request))}


def describe(request: HttpRequest) -> dict:
    """The header's content for this request; nothing for a visitor."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    contact = getattr(request, "contact", None)
    return {
        "contact": contact,
        "can_switch": can_switch(request),
        "unread_count": unread_count(user, contact),
        "navigation": navigation(request) if contact else [],
        "is_officer": user.is_staff,
        "must_hold_second_factor": must_hold_second_factor(user),
        "writing": can_write_as(contact) if contact else None,
        "reports_url": reverse("reports") if can_read_reports(user) else None,
    }


def can_switch(request: HttpRequest) -> bool:
    """Whether the person may choose another structure; nobody chooses in their place (A12)."""
    if getattr(request, "assistance", None):
        return False
    return request.user.contacts.choosable().count() > 1


def unread_count(user, contact: Contact | None) -> int:
    """Unread notices in the capacity in which the person acts."""
    organisation_id = contact.organisation_id if contact else None
    return Notification.objects.visible_to(user, organisation_id).unread().count()


def navigation(request: HttpRequest) -> list[Entry]:
    """The pages of someone who acts for an organisation."""
    pages = [
        ("Accueil", reverse("home")),
        ("Mes informations", reverse("record")),
        ("Mises en concurrence", reverse("tenders")),
        ("Rendez-vous", reverse("meetings")),
        ("Notifications", reverse("notifications")),
    ]
    return [
        Entry(label, url, request.path == url or (url != "/" and request.path.startswith(url)))
        for label, url in pages
    ]
