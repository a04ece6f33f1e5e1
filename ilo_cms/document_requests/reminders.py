"""Reminding organisations of what they have not answered: once a day each at most (SPEC D4).

A dry run says first whom, and who is left out and why. Nobody who has answered everything is
reminded: it is asked again under the lock, and again when the mail leaves.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.confirmation import people_with_access
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.document_requests.models import DocumentRequest, DocumentRequestQuerySet, Reminder
from ilo_cms.document_requests.policies import can_follow
from ilo_cms.document_requests.services import request_path
from ilo_cms.notifications.services import notify


#: How many organisations one press of the button reminds.
MOST = 100

TODAY_ALREADY = "déjà relancée aujourd’hui"
NOBODY = "aucun contact ne peut se connecter"
INACTIVE = "structure inactive"


@dataclass(frozen=True)
class Candidate:
    """An organisation with requests that wait for it; `obstacle` is empty when it may be told."""

    organisation: Organisation
    requests: list[DocumentRequest]
    people: int
    obstacle: str = ""


def plan(rows: DocumentRequestQuerySet, user: User) -> list[Candidate]:
    """Whom a reminder of these requests would tell; as many queries whatever their number."""
    waiting = rows.waiting().select_related("organisation", "engagement")
    grouped: dict[UUID, list[DocumentRequest]] = defaultdict(list)
    for request in waiting.order_by("due_on", "pk"):
        if can_follow(user, request):
            grouped[request.organisation_id].append(request)
    people = reachable(grouped)
    reminded = set(
        Reminder.objects.filter(organisation__in=grouped, day=timezone.localdate()).values_list(
            "organisation", flat=True
        )
    )
    found = []
    for key, requests in grouped.items():
        organisation, obstacle = requests[0].organisation, ""
        if not organisation.is_active:
            obstacle = INACTIVE
        elif key in reminded:
            obstacle = TODAY_ALREADY
        elif not people[key]:
            obstacle = NOBODY
        found.append(Candidate(organisation, requests, people[key], obstacle))
    return found


def reachable(organisations: Iterable[UUID]) -> dict[UUID, int]:
    """How many contacts of each organisation can sign in (see `people_with_access`)."""
    contacts = Contact.objects.current().filter(
        organisation__in=organisations, has_access=True, user__is_active=True
    )
    counts: dict[UUID, int] = defaultdict(int)
    for contact in contacts.select_related("user"):
        counts[contact.organisation_id] += contact.user.has_usable_password()
    return counts


def remind_all(*, requests: Iterable[UUID], acting_user: User) -> tuple[int, list[str]]:
    """Remind of these requests, each organisation in its own transaction.

    Returns how many organisations were told and, for each other one, why it was not.
    """
    shown = DocumentRequest.objects.visible_to(acting_user).filter(pk__in=list(requests))
    told, left_out = 0, []
    for candidate in plan(shown, acting_user)[:MOST]:
        try:
            remind(requests=candidate.requests, acting_user=acting_user)
            told += 1
        except ValidationError as error:
            left_out.append(f"{candidate.organisation} : {error.messages[0]}")
    return told, left_out


@logged
def remind(*, requests: list[DocumentRequest], acting_user: User) -> Reminder:
    """Remind one organisation of requests that wait for it.

    Raises PermissionDenied, ValidationError with the reason why nobody is told.
    """
    organisation = Organisation.objects.select_for_update().get(pk=requests[0].organisation_id)
    keys = [request.pk for request in requests]
    rows = DocumentRequest.objects.filter(pk__in=keys, organisation=organisation)
    for request in rows.select_related("organisation", "engagement__operator"):
        can_follow(acting_user, request).enforce()
    waiting = list(rows.waiting().order_by("due_on", "pk"))
    recipients = people_with_access(organisation)
    day = timezone.localdate()
    if not waiting:
        raise ValidationError("Plus rien n’est attendu : la structure a tout envoyé.")
    if not organisation.is_active:
        raise ValidationError(f"Aucun rappel : {INACTIVE}.")
    if Reminder.objects.filter(organisation=organisation, day=day).exists():
        raise ValidationError(f"Aucun rappel : {TODAY_ALREADY}.")
    if not recipients:
        raise ValidationError(f"Aucun rappel : {NOBODY}.")
    reminder = Reminder.objects.create(organisation=organisation, day=day, sent_by=acting_user)
    reminder.requests.set(waiting)
    tell(reminder, waiting, recipients, acting_user)
    return reminder


def tell(
    reminder: Reminder, waiting: list[DocumentRequest], recipients: list[User], acting_user: User
) -> None:
    """Log a reminder and write it: what is missing of each request, and until when."""
    lines = []
    for request in waiting:
        missing = [str(item.type) for item in request.items.select_related("type") if item.waits]
        late = " (date dépassée)" if request.is_late else ""
        lines.append(f"– avant le {request.due_on:%d/%m/%Y}{late} : {', '.join(missing)}")
        record(
            "document_request.reminded",
            actor=acting_user,
            target=request,
            organisation=reminder.organisation,
            documents=missing,
        )
    notify(
        "document_request.reminded",
        recipients=recipients,
        organisation_id=reminder.organisation_id,
        path=request_path(waiting[0]) if len(waiting) == 1 else reverse("home"),
        about_id=reminder.pk,
        organisation=reminder.organisation,
        officer=acting_user,
        documents=" ;\n".join(lines) + ".",
    )
