"""The daily digest: one mail of what a person chose not to be told at once (SPEC N2).

From seven in the morning in Paris the worker looks every few minutes for people with notices from
before that hour: a worker that was down at seven is late and loses nothing, and no clock change
matters. The row of `Digest` is the claim of a person's day, written in one transaction with the
mail.
"""

import logging
from datetime import date, datetime, time

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.notifications.conditions import refusals
from ilo_cms.notifications.mails import SIGNATURE, greeting, preferences_line, write_mail
from ilo_cms.notifications.models import Digest, Notification, OutboxMessage
from ilo_cms.notifications.preferences import in_app_only


logger = logging.getLogger(__name__)

MORNING = time(7)


def send_digests(now: datetime | None = None) -> int:
    """Write the digests that are due; returns how many. The sweep sends them.

    One that fails is tried again at the next round, and stops nobody else's.
    """
    local = timezone.localtime(now)
    seven = local.replace(hour=MORNING.hour, minute=0, second=0, microsecond=0, fold=0)
    if local < seven:
        return 0
    waiting = Notification.objects.filter(
        awaits_digest=True,
        created_at__lt=seven,
        recipient__is_active=True,
        recipient__email__isnull=False,
    ).exclude(recipient__digests__day=local.date())
    people = User.objects.filter(pk__in=waiting.order_by().values("recipient"))
    written = 0
    for person in people:
        try:
            written += write_digest(person, local.date(), seven) is not None
        except Exception:
            logger.exception("The digest of %s failed", person.pk)
    return written


@transaction.atomic
def write_digest(person: User, day: date, until: datetime) -> OutboxMessage | None:
    """One person's digest of a day, or None when another worker made it or nothing is to tell."""
    digest, is_ours = Digest.objects.get_or_create(recipient=person, day=day)
    if not is_ours:
        return None
    waiting = person.notifications.filter(awaits_digest=True, created_at__lt=until)
    waiting.update(awaits_digest=False, digest=digest)
    subject, body = digest_words(digest)
    if not body:
        digest.delete()
        return None
    return write_mail(
        recipient=person, digest=digest, address=person.email, subject=subject, body=body
    )


def digest_words(digest: Digest) -> tuple[str, str]:
    """Subject and text of a digest as they are true now: what is unread, still so, still wanted.

    Both are empty when nothing is left to tell.
    """
    person = digest.recipient
    notices = wanted(list(digest.notices.unread()), person)
    if not notices:
        return "", ""
    count = f"{len(notices)} notification" + ("s" if len(notices) > 1 else "")
    lines = [
        f"{notice.category} : {notice.text}\n{settings.BASE_URL}{notice.path}"
        for notice in reversed(notices)
    ]
    body = [
        greeting(person),
        f"Depuis votre dernier récapitulatif, {count} :",
        *lines,
        f"{SIGNATURE}\n{preferences_line()}\n",
    ]
    return f"Votre récapitulatif ILO : {count}", "\n\n".join(body)


def wanted(notices: list[Notification], person: User) -> list[Notification]:
    """Those of a person's notices that are still true and whose kind still comes by mail."""
    silent = in_app_only(person)
    notices = [notice for notice in notices if notice.kind not in silent]
    for notice in notices:
        notice.recipient = person  # the checks ask for it
    untrue = refusals(notices)
    return [notice for notice in notices if notice not in untrue]
