"""Asking for help, answering, and the two ends of an assistance, each with its line in the log."""

from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.models import AuditEvent
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.core import french
from ilo_cms.directory.models import Contact
from ilo_cms.notifications.services import SIGNATURE, notify, queue_mail
from ilo_cms.referentials.models import PlatformSettings
from ilo_cms.support.models import SupportRequest, SupportScreenshot
from ilo_cms.support.policies import can_act_as, can_answer


#: The same words sent again within this time are a second click.
SECOND_CLICK = timedelta(minutes=10)


@logged
def ask_for_help(*, asked: SupportRequest, screenshot: bytes | None) -> SupportRequest:
    """Store a validated request and tell the administrators and the national box.

    The same words from the same person a moment ago are that request, which is returned.
    """
    since = timezone.now() - SECOND_CLICK
    same = SupportRequest.objects.pending().filter(
        user=asked.user, description=asked.description, created_at__gt=since
    )
    if known := same.first():
        return known
    asked.save(force_insert=True)
    if screenshot:
        SupportScreenshot.objects.create(request=asked, content=screenshot)
    organisation = asked.contact.organisation if asked.contact else None
    log("support.requested", actor=asked.user, target=asked, organisation=organisation)
    path = reverse("support_request:inspect", args=[asked.pk])
    notify(
        "support.requested",
        recipients=User.objects.filter(is_active=True, is_administrator=True),
        organisation_id=None,
        path=path,
        author=asked.user,
        organisation=organisation or "sans structure choisie",
    )
    if box := PlatformSettings.current().support_email:
        queue_mail(
            recipient=None,
            address=box,
            subject=f"Demande d’assistance de {asked.user}",
            body=mail_to_the_box(asked, settings.BASE_URL + path),
        )
    return asked


def mail_to_the_box(asked: SupportRequest, link: str) -> str:
    """The text of the mail to the national box: the words, whose they are, where to answer."""
    structure = asked.contact.organisation if asked.contact else "aucune structure choisie"
    return (
        f"De : {asked.user} ({asked.user.email or 'sans adresse'})\n"
        f"Au titre de : {structure}\n"
        f"Page : {asked.page or 'non précisée'}\n\n"
        f"{asked.description}\n\n"
        f"Lire la demande entière et répondre : {link}\n\n{SIGNATURE}\n"
    )


@logged
def answer_request(*, found: SupportRequest, answer: str, acting_user: User) -> SupportRequest:
    """Answer a request, which closes it, and tell the person.

    Raises PermissionDenied unless an administrator acts, ValidationError when it was answered
    meanwhile or nothing is said.
    """
    rows = SupportRequest.objects.select_for_update(of=("self",)).select_related("user", "contact")
    found = rows.get(pk=found.pk)
    decision = can_answer(acting_user, found)
    if not decision and found.handled_at:
        raise ValidationError(decision.reason)
    decision.enforce()
    if not answer.strip():
        raise ValidationError({"answer": "Écrivez une réponse."})
    found.handled_at, found.handled_by, found.answer = timezone.now(), acting_user, answer.strip()
    found.save(update_fields=["handled_at", "handled_by", "answer"])
    organisation_id = found.contact.organisation_id if found.contact else None
    log("support.handled", actor=acting_user, target=found, after=found.answer)
    notify(
        "support.answered",
        recipients=[found.user],
        organisation_id=organisation_id,
        path=reverse("support"),
        day=french.date(timezone.localtime(found.created_at)),
        answer=found.answer,
    )
    return found


@logged
def start_assistance(*, contact: Contact, reason: str, acting_user: User) -> AuditEvent:
    """Write that an administrator begins to act as somebody, and why; return that line.

    Raises PermissionDenied when they may not, ValidationError without a reason.
    """
    contact = Contact.objects.select_related("user", "organisation").get(pk=contact.pk)
    can_act_as(acting_user, contact).enforce()
    if not reason.strip():
        raise ValidationError({"reason": "Dites pourquoi vous agissez comme cette personne."})
    return log(
        "support.started",
        actor=acting_user,
        target=contact,
        organisation=contact.organisation,
        reason=reason.strip(),
    )


@logged
def end_assistance(*, started: int, contact: Contact, administrator: User, how: str) -> None:
    """Write once that an assistance, begun by the log's line `started`, is over, and how."""
    ends = AuditEvent.objects.filter(
        action="support.ended",
        actor_id=str(administrator.pk),
        target_id=str(contact.pk),
        sequence__gt=started,
    )
    if not ends.exists():
        log(
            "support.ended",
            actor=administrator,
            target=contact,
            organisation=contact.organisation,
            how=how,
        )
