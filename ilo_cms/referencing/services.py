"""Receiving a request of the public page, and dealing with it (SPEC A9).

What a visitor typed never goes into a mail: the page would send strangers' words to anybody, in our
name.
"""

from collections.abc import Iterable
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.directory.models import Officer
from ilo_cms.notifications.services import SIGNATURE, notify, queue_mail
from ilo_cms.referencing.models import ReferencingRequest
from ilo_cms.referencing.policies import can_handle
from ilo_cms.referentials.models import Territory


#: Anyone may type anyone's address: at most one acknowledgement to an address within this time.
BETWEEN_MAILS = timedelta(days=1)


@logged
def deposit(*, asked: ReferencingRequest) -> ReferencingRequest:
    """Store a validated request and tell the officers of its département.

    One that waits already for this address and SIREN is returned instead, with the new message
    added to it: a double click makes one request, a second thought is not lost.
    """
    waiting = ReferencingRequest.objects.pending().filter(email=asked.email, siren=asked.siren)
    known = waiting.select_for_update().first()
    if known:
        complete(known, asked.message)
        return known
    acknowledge = not recently_written_to(asked.email)
    asked.save(force_insert=True)
    log("referencing.requested", actor=None, target=asked)
    notify(
        "referencing.requested",
        recipients=recipients(asked.department),
        organisation_id=None,
        path=reverse("referencing_request:inspect", args=[asked.pk]),
        wish=asked.get_wish_display(),
        department=asked.department,
        siren=asked.siren,
    )
    if acknowledge:
        queue_mail(
            recipient=None,
            address=asked.email,
            subject="Votre demande est arrivée",
            body=ACKNOWLEDGEMENT.format(department=asked.department),
        )
    return asked


def complete(known: ReferencingRequest, message: str) -> None:
    """Add what is new to the message of a request that waits."""
    if message and message not in known.message:
        moment = timezone.localtime()
        known.message = f"{known.message}\n\n[{moment:%d/%m/%Y %H:%M}] {message}".strip()
        known.save(update_fields=["message"])
        log("referencing.completed", actor=None, target=known)


ACKNOWLEDGEMENT = (
    "Bonjour,\n\nUne demande d’accès ou de référencement à ILO vient d’être déposée avec cette "
    "adresse, pour le département {department}. Un·e chargé·e d’accompagnement vous répondra.\n\n"
    "Si vous n’en êtes pas à l’origine, ignorez ce message.\n\n"
    f"{SIGNATURE}\n"
)


def recently_written_to(email: str) -> bool:
    """Whether an acknowledgement may have gone to this address within a day."""
    since = timezone.now() - BETWEEN_MAILS
    return ReferencingRequest.objects.filter(email=email, created_at__gt=since).exists()


def recipients(department: Territory) -> Iterable[User]:
    """The officers in post who cover a département; administrators where there is none."""
    officers = Officer.objects.active().serving(department).select_related("user")
    people = [officer.user for officer in officers]
    return people or User.objects.filter(is_active=True, is_administrator=True)


@logged
def handle(
    *, found: ReferencingRequest, outcome: str, write: bool, acting_user: User
) -> ReferencingRequest:
    """Say what became of a request; with `write`, in a mail to its address too.

    Raises PermissionDenied unless an officer or administrator acts, ValidationError when it was
    dealt with meanwhile or nothing is said.
    """
    found = ReferencingRequest.objects.select_for_update(of=("self",)).get(pk=found.pk)
    decision = can_handle(acting_user, found)
    if not decision and found.handled_at:
        raise ValidationError(decision.reason)
    decision.enforce()
    if not outcome.strip():
        raise ValidationError({"outcome": "Dites la suite donnée à la demande."})
    found.handled_at, found.handled_by = timezone.now(), acting_user
    found.outcome = outcome.strip()
    found.save(update_fields=["handled_at", "handled_by", "outcome"])
    log("referencing.handled", actor=acting_user, target=found, after=found.outcome, mailed=write)
    if write:
        queue_mail(
            recipient=None,
            address=found.email,
            subject="Votre demande d’accès ou de référencement",
            body=f"Bonjour,\n\n{acting_user} a traité votre demande :\n\n{found.outcome}\n\n"
            f"{SIGNATURE}\n",
        )
    return found
