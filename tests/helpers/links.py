"""The links that mails carry."""

import re

from django.conf import settings

from ilo_cms.notifications.models import OutboxMessage


def activation_links(mails=None) -> list[str]:
    """The path of each activation link that was mailed, oldest first."""
    mails = OutboxMessage.objects.all() if mails is None else mails
    pattern = rf"^{re.escape(settings.BASE_URL)}(/compte/activation/\S+/)$"
    bodies = [mail.body for mail in mails.order_by("created_at", "pk")]
    return [link for body in bodies for link in re.findall(pattern, body, re.MULTILINE)]


def token_of(path: str) -> str:
    """The token in the path of an activation link."""
    return path.rstrip("/").rpartition("/")[2]
