"""The mail door: claim a message, send it once, retry later or give up.

huey is at-most-once and loses tasks when killed, so it only wakes this code; the lease and the
sweep make sure that nothing is lost. A crash between sending and marking can repeat a mail, always
with the same Message-ID (docs/decisions/0004).
"""

import logging
from datetime import timedelta

from django.core.mail import EmailMessage
from django.db.models import F
from django.utils import timezone

from ilo_cms.notifications.models import OutboxMessage


logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
#: Minutes to wait after each failure; after the last one the message is given up (24 h in all).
RETRY_AFTER_MINUTES = [1, 5, 15, 60, 180, 360, 819]


def claim(message_id: str) -> OutboxMessage | None:
    """Take a due message for five minutes, or None when another worker has it or it is done."""
    now = timezone.now()
    taken = (
        OutboxMessage.objects.due(now)
        .filter(pk=message_id)
        .update(locked_until=now + LEASE, attempts=F("attempts") + 1)
    )
    return OutboxMessage.objects.get(pk=message_id) if taken else None


def deliver(message_id: str) -> bool:
    """Send one message if it is due. Returns whether it left; a failure is stored, not raised."""
    message = claim(message_id)
    if message is None:
        return False
    if reason := undeliverable(message):
        give_up(message, reason)
        return False
    mail = EmailMessage(
        subject=message.subject,
        body=message.body,
        to=[message.address],
        headers={"Message-ID": message.message_id},
    )
    try:
        mail.send()
    except Exception as error:  # noqa: BLE001  any transport may fail in its own way: all are retried
        postpone(message, error)
        return False
    message.sent_at = timezone.now()
    message.locked_until = None
    message.last_error = ""
    message.save(update_fields=["sent_at", "locked_until", "last_error"])
    return True


def undeliverable(message: OutboxMessage) -> str:
    """Why a claimed message must not leave, checked anew at each try (SPEC N3); empty if it may."""
    if message.recipient and not message.recipient.is_active:
        return "the account was closed meanwhile"
    if message.attempts > len(RETRY_AFTER_MINUTES) + 1:
        return "claimed again and again without an end: it may kill its worker"
    return ""


def give_up(message: OutboxMessage, reason: str) -> None:
    """Stop trying, and keep why."""
    message.last_error, message.locked_until, message.dead_at = reason, None, timezone.now()
    message.save(update_fields=["last_error", "locked_until", "dead_at"])
    logger.error("Mail %s given up after %s tries", message.pk, message.attempts)


def postpone(message: OutboxMessage, error: Exception) -> None:
    """Store why a message did not leave and when to try again, or give it up after 24 hours."""
    reason = f"{type(error).__name__}: {error}"[:2000]
    if message.attempts > len(RETRY_AFTER_MINUTES):
        give_up(message, reason)
        return
    wait = timedelta(minutes=RETRY_AFTER_MINUTES[message.attempts - 1])
    message.last_error, message.locked_until = reason, None
    message.next_attempt_at = timezone.now() + wait
    message.save(update_fields=["last_error", "locked_until", "next_attempt_at"])
    logger.warning("Mail %s failed, next try in %s", message.pk, wait)


def sweep(limit: int = 500) -> int:
    """Deliver whatever is due, oldest first; returns how many mails left."""
    due = OutboxMessage.objects.due(timezone.now()).order_by("next_attempt_at")
    return sum(deliver(str(pk)) for pk in list(due.values_list("pk", flat=True)[:limit]))
