"""Telling people things: notices and mails, written in the transaction of what they tell."""

from collections.abc import Iterable
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import assistant, logged, record
from ilo_cms.core.french import filled
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.mails import (
    SIGNATURE,  # noqa: F401  who writes a whole mail signs it so
    mail_body,
    write_mail,
)
from ilo_cms.notifications.models import (
    MailPreference,
    Notification,
    NotificationQuerySet,
    OutboxMessage,
)
from ilo_cms.notifications.policies import can_resend
from ilo_cms.notifications.preferences import modes_for
from ilo_cms.notifications.tasks import deliver_message
from ilo_cms.notifications.texts import words_of


Mode = MailPreference.Mode

#: What administrators read of a failed mail whose text is gone.
ERASED = (
    "Ce courriel portait un lien personnel, effacé depuis : il ne peut plus partir. Un nouveau "
    "lien s’envoie depuis la fiche du contact, ou se demande par « Mot de passe oublié ? » ou "
    "dans « Mes informations »."
)


@transaction.atomic
def notify(
    kind_name: str,
    *,
    recipients: Iterable[User],
    organisation_id: UUID | None,
    path: str,
    mail_path: str = "",
    about_id: UUID | None = None,
    **fields: object,
) -> list[Notification]:
    """Tell each person once: a notice in the platform, doubled by a mail as they chose (SPEC N2).

    `path` is where the notice leads, from the site's root; `about_id` is the row it tells of, for
    the kind's check (conditions.register); `fields` fill the kind's texts. `mail_path` is where
    the mail leads when its link is for the mailbox only: such a mail goes to the address of this
    moment, whatever becomes of the account before it leaves.
    Raises KeyError when the kind or one of its fields is missing.
    """
    kind = KINDS[kind_name]
    words = {name: str(value) for name, value in fields.items()}
    text = filled(kind.text, words)
    subject, mail_text = words_of(kind, words)
    notices = []
    for person, mode in modes_for(kind, list(dict.fromkeys(recipients))).items():
        notice = Notification.objects.create(
            recipient=person,
            organisation_id=organisation_id,
            kind=kind.name,
            category=kind.category,
            text=text,
            path=path,
            about_id=about_id,
            fields=words,
            awaits_digest=mode == Mode.DIGEST,
        )
        notices.append(notice)
        if mode == Mode.IMMEDIATE and person.email and person.is_active:
            queue_mail(
                recipient=person,
                address=person.email,
                subject=subject,
                body=mail_body(person, mail_text, mail_path or path),
                notice=None if mail_path else notice,
                holds_link=bool(mail_path),
            )
    return notices


@transaction.atomic(savepoint=False)
def queue_mail(
    *,
    recipient: User | None,
    address: str,
    subject: str,
    body: str,
    notice: Notification | None = None,
    holds_link: bool = False,
) -> OutboxMessage:
    """Write one mail to the outbox and wake the worker once the transaction commits.

    With a notice it will go to the address that the person has when it leaves, otherwise to
    `address`. `holds_link` says that its text opens something to whoever reads it: it is erased
    when the mail has left or is given up. A wake-up that fails (queue down) only delays the mail:
    the sweep finds it within a minute.
    """
    message = write_mail(
        recipient=recipient,
        notice=notice,
        address=address,
        subject=subject,
        body=body,
        holds_link=holds_link,
    )
    wake(message)
    return message


def wake(message: OutboxMessage) -> None:
    """Have the worker look at a message as soon as this transaction commits."""
    # A lambda and not a partial: Django logs a failed callback by its qualified name.
    transaction.on_commit(lambda: deliver_message(str(message.pk)), robust=True)


@logged
def resend(*, message: OutboxMessage, acting_user: User) -> OutboxMessage:
    """Try anew a mail that was given up or came back, as the same mail with the same Message-ID.

    Whether it may leave is asked again when it does. Raises PermissionDenied to anyone but
    administrators, ValidationError when it waits already or has arrived, or its text was erased.
    """
    can_resend(acting_user).enforce()
    message = OutboxMessage.objects.select_for_update(of=("self",)).get(pk=message.pk)
    if message.is_erased:
        raise ValidationError(ERASED)
    if not message.can_be_resent:
        raise ValidationError(f"Ce courriel n’est plus à renvoyer : il est {message.state}.")
    record("mail.resent", actor=acting_user, target=message, reason=message.last_error)
    message.attempts, message.next_attempt_at = 0, timezone.now()
    message.sent_at = message.dead_at = message.bounced_at = message.locked_until = None
    message.is_moot, message.last_error = False, ""
    message.save()
    wake(message)
    return message


def mark_read(notices: NotificationQuerySet) -> None:
    """Close these notices, keeping the time at which each was first read.

    Raises PermissionDenied when the support acts for the person, who has not read them (SPEC A12).
    """
    if assistant.get():
        raise PermissionDenied(
            "Pendant une assistance, les notifications de la personne restent non lues."
        )
    notices.unread().update(read_at=timezone.now())
