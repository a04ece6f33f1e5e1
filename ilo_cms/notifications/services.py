"""Telling people things: notices and mails, written in the transaction of what they tell."""

import logging
from collections.abc import Iterable
from uuid import UUID, uuid4

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import assistant
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.models import Notification, OutboxMessage
from ilo_cms.notifications.tasks import deliver_message


logger = logging.getLogger(__name__)

SIGNATURE = "ILO, la plateforme du dispositif local d’accompagnement"


@transaction.atomic
def notify(
    kind_name: str,
    *,
    recipients: Iterable[User],
    organisation_id: UUID | None,
    path: str,
    mail_path: str = "",
    **fields: object,
) -> list[Notification]:
    """Tell each person once: a notice in the platform, doubled by a mail that invites to read it.

    `path` is where the notice leads, from the site's root, and `mail_path` where the mail does,
    when its link is for the mailbox only; `fields` fill the kind's texts.
    Raises KeyError when the kind or one of its fields is missing.
    """
    kind = KINDS[kind_name]
    text = kind.text.format(**fields)
    notices = []
    for person in dict.fromkeys(recipients):
        notice = Notification.objects.create(
            recipient=person,
            organisation_id=organisation_id,
            kind=kind.name,
            category=kind.category,
            text=text,
            path=path,
        )
        notices.append(notice)
        if person.email and person.is_active:
            queue_mail(
                recipient=person,
                address=person.email,
                subject=kind.subject.format(**fields),
                body=mail_body(person, text, mail_path or path),
            )
    return notices


def mail_body(person: User, text: str, path: str) -> str:
    """The plain text of a notice's mail: greeting, text, one link that works, signature."""
    return (
        f"Bonjour {person.get_short_name()},\n\n{text}\n\n"
        f"Ouvrir dans ILO : {settings.BASE_URL}{path}\n\n{SIGNATURE}\n"
    )


@transaction.atomic
def queue_mail(*, recipient: User | None, address: str, subject: str, body: str) -> OutboxMessage:
    """Write one mail to the outbox and wake the worker once the transaction commits.

    A wake-up that fails (queue down) only delays the mail: the sweep finds it within a minute.
    """
    identifier = uuid4()
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    message = OutboxMessage.objects.create(
        id=identifier,
        recipient=recipient,
        address=address,
        subject=" ".join(subject.split())[:255],
        body=body,
        message_id=f"<{identifier}@{domain}>",
    )
    # A lambda and not a partial: Django logs a failed callback by its qualified name.
    transaction.on_commit(lambda: deliver_message(str(message.pk)), robust=True)
    return message


def mark_read(notifications: Iterable[Notification]) -> None:
    """Close these notices, keeping the time at which each was first read.

    Raises PermissionDenied when the support acts for the person, who has not read them (SPEC A12).
    """
    if assistant.get():
        raise PermissionDenied(
            "Pendant une assistance, les notifications de la personne restent non lues."
        )
    now = timezone.now()
    for notice in notifications:
        if notice.read_at is None:
            notice.read_at = now
            notice.save(update_fields=["read_at"])
