"""The mail door: claim a message, send it once, retry later or give up.

huey is at-most-once and loses tasks when killed, so it only wakes this code; the lease and the
sweep make sure that nothing is lost. A crash between sending and marking can repeat a mail, always
with the same Message-ID (docs/decisions/0004). A worker that outlived its lease marks what it sent,
and writes nothing else on a row that somebody else has taken.
"""

import logging
from datetime import timedelta

from django.db import transaction
from django.db.models import Case, F, TextField, Value, When
from django.utils import timezone

from ilo_cms.notifications.conditions import still_true
from ilo_cms.notifications.digests import digest_words
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.mails import email_of, one_line
from ilo_cms.notifications.models import MailPreference, Notification, OutboxMessage
from ilo_cms.notifications.preferences import modes_for


logger = logging.getLogger(__name__)

Mode = MailPreference.Mode

#: Twice what a mail server that answers each of some fifteen steps in the last second of
#: EMAIL_TIMEOUT may take.
LEASE = timedelta(minutes=10)
#: Minutes to wait after each failure; after the last one the message is given up (24 h in all).
RETRY_AFTER_MINUTES = [1, 5, 15, 60, 180, 360, 819]


def claim(message_id: str) -> OutboxMessage | None:
    """Take a due message for a while, or None when another worker has it or it is done.

    Its lease and its number of tries are, together, the mark of this claim (`held_as`).
    """
    now = timezone.now()
    until = now + LEASE
    taken = (
        OutboxMessage.objects.due(now)
        .filter(pk=message_id)
        .update(locked_until=until, attempts=F("attempts") + 1)
    )
    if not taken:
        return None
    rows = OutboxMessage.objects.select_related(
        "recipient", "notice__recipient", "digest__recipient"
    )
    return rows.filter(pk=message_id, locked_until=until).first()


def deliver(message_id: str) -> bool:
    """Send one message if it is due. Returns whether it left; a failure is stored, not raised."""
    message = claim(message_id)
    if message is None:
        return False
    if message.attempts > len(RETRY_AFTER_MINUTES) + 1:
        give_up(message, "Repris sans fin : ce courriel arrête peut-être le programme d’envoi.")
        return False
    try:
        if reason := moot_reason(message):
            cancel(message, reason)
            return False
        bring_up_to_date(message)
        email_of(message).send()
    except Exception as error:  # noqa: BLE001  whatever fails, a check or any transport, is retried
        postpone(message, error)
        return False
    mark_sent(message)
    return True


def moot_reason(message: OutboxMessage) -> str:
    """Why nobody has to be told any more, asked anew at each try (SPEC N3); empty if they have."""
    person = message.recipient
    if person and not person.is_active:
        return "Le compte de la personne a été fermé entre-temps."
    if message.follows_recipient and not person.email:
        return "La personne n’a plus d’adresse électronique."
    if message.notice and wish(message.notice) != Mode.IMMEDIATE:
        return "La personne ne veut plus de courriel immédiat de ce type."
    if message.notice:
        return still_true(message.notice).reason
    if message.digest and not digest_words(message.digest)[1]:
        return "Tout a été lu, ou réglé, entre-temps."
    return ""


def wish(notice: Notification) -> Mode:
    """How the reader of a notice wants to be told of its kind now."""
    kind = KINDS.get(notice.kind)
    return modes_for(kind, [notice.recipient])[notice.recipient] if kind else Mode.IMMEDIATE


def bring_up_to_date(message: OutboxMessage) -> None:
    """The reader's address of now, and of a digest what is still to be told."""
    if message.follows_recipient:
        message.address = message.recipient.email
    if message.digest:
        subject, message.body = digest_words(message.digest)
        message.subject = one_line(subject)


def mark_sent(message: OutboxMessage) -> None:
    """Say that a message left. That is so whoever holds it by now: no other try must follow."""
    OutboxMessage.objects.filter(pk=message.pk, sent_at=None).update(
        sent_at=timezone.now(),
        dead_at=None,
        is_moot=False,
        locked_until=None,
        last_error=Case(
            When(bounced_at=None, then=Value("")),
            default=F("last_error"),
            output_field=TextField(),
        ),
        address=message.address,
        subject=message.subject,
        body=kept_body(message),
    )


def kept_body(message: OutboxMessage) -> str:
    """What is kept of a text once it is over: no link that opens something to who reads it here."""
    return "" if message.holds_link else message.body


@transaction.atomic
def cancel(message: OutboxMessage, reason: str) -> None:
    """Close a message that has lost its object; who prefers the digest finds the notice there."""
    closed = give_up(message, reason, is_moot=True)
    if closed and message.notice and wish(message.notice) == Mode.DIGEST:
        message.notice.awaits_digest = True
        message.notice.save(update_fields=["awaits_digest"])


def give_up(message: OutboxMessage, reason: str, *, is_moot: bool = False) -> bool:
    """Stop trying, and keep why; returns whether it was ours to say."""
    held = write_if_held(
        message,
        last_error=reason,
        dead_at=timezone.now(),
        is_moot=is_moot,
        body=kept_body(message),
    )
    if held and is_moot:
        logger.info("Mail %s not sent: what it tells is settled", message.pk)
    elif held:
        logger.error("Mail %s given up, tried %s times", message.pk, message.attempts)
    return held


def postpone(message: OutboxMessage, error: Exception) -> None:
    """Store why a message did not leave and when to try again, or give it up after 24 hours."""
    reason = f"{type(error).__name__}: {error}"[:2000]
    if message.attempts > len(RETRY_AFTER_MINUTES):
        give_up(message, reason)
        return
    wait = timedelta(minutes=RETRY_AFTER_MINUTES[message.attempts - 1])
    if write_if_held(message, last_error=reason, next_attempt_at=timezone.now() + wait):
        logger.warning("Mail %s failed, next try in %s", message.pk, wait)


def write_if_held(message: OutboxMessage, **state: object) -> bool:
    """End a try with this state, unless another worker has the message: the last word is theirs."""
    if OutboxMessage.objects.held_as(message).update(locked_until=None, **state):
        return True
    logger.warning("Mail %s was slow and is in other hands: its state is left", message.pk)
    return False


def sweep(limit: int = 500) -> int:
    """Deliver whatever is due, oldest first; returns how many mails left."""
    due = OutboxMessage.objects.due(timezone.now()).order_by("next_attempt_at")
    return sum(deliver(str(pk)) for pk in list(due.values_list("pk", flat=True)[:limit]))
