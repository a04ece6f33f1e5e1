"""How a mail looks: greeting, plain text and its HTML twin, headers.

The HTML is drawn from the plain text, so both always say the same. Nothing in it is trusted: all is
escaped, and only addresses of this site become links.
"""

import json
import re
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from ilo_cms.accounts.models import User
from ilo_cms.notifications.attachments import parts_of
from ilo_cms.notifications.bounces import REFERENCE_HEADERS
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.models import OutboxMessage
from ilo_cms.referentials.models import PlatformSettings


SIGNATURE = "ILO, la plateforme du dispositif local d’accompagnement"


def greeting(person: User) -> str:
    """The first line of a mail."""
    return f"Bonjour {person.get_short_name()},"


def one_line(subject: str) -> str:
    """A subject as a header takes it: one line, of a bearable length."""
    return " ".join(subject.split())[:255]


def preferences_url() -> str:
    """Where a person chooses which mails they get."""
    return settings.BASE_URL + reverse("preferences")


def preferences_line() -> str:
    """The last line of the mails that double a notice."""
    return f"Choisir les courriels que vous recevez : {preferences_url()}"


def mail_body(person: User, text: str, path: str) -> str:
    """The plain text of a notice's mail: greeting, text, one link that works, signature."""
    return (
        f"{greeting(person)}\n\n{text}\n\nOuvrir dans ILO : {settings.BASE_URL}{path}\n\n"
        f"{SIGNATURE}\n{preferences_line()}\n"
    )


def write_mail(*, subject: str, **fields: object) -> OutboxMessage:
    """Add one mail to the outbox, with the Message-ID that it keeps for ever."""
    identifier = uuid4()
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip("> ")
    return OutboxMessage.objects.create(
        id=identifier, subject=one_line(subject), message_id=f"<{identifier}@{domain}>", **fields
    )


def may_be_turned_off(message: OutboxMessage) -> bool:
    """Whether the reader may choose not to get such mails."""
    if message.digest_id:
        return True
    kind = KINDS.get(message.notice.kind) if message.notice else None
    return bool(kind and not kind.is_compulsory)


def html_text(body: str) -> SafeString:
    """A plain text as HTML paragraphs, in which only addresses of this site are links."""
    ours = re.compile(rf"({re.escape(settings.BASE_URL)}/\S*[^\s.,;:!?»)])")
    lines = []
    for line in body.strip().splitlines():
        parts = ours.split(line)  # text, address, text, address …
        lines.append(
            "".join(
                format_html('<a href="{0}" style="color:#0c4f4d">{0}</a>', part)
                if position % 2
                else escape(part)
                for position, part in enumerate(parts)
            )
        )
    paragraphs = "\n".join(lines).split("\n\n")
    return mark_safe(  # noqa: S308  each part was escaped above
        "".join(f"<p>{paragraph.strip()}</p>".replace("\n", "<br>\n") for paragraph in paragraphs)
    )


def html_mail(subject: str, body: str) -> str:
    """The HTML twin of a mail."""
    return render_to_string(
        "notifications/mail.html", {"subject": subject, "content": html_text(body)}
    )


def email_of(message: OutboxMessage) -> EmailMultiAlternatives:
    """The mail as it leaves: both texts, and headers for the programs that read it."""
    headers = {"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"}
    if may_be_turned_off(message):
        headers["List-Unsubscribe"] = f"<{preferences_url()}>"
    if settings.ANYMAIL_WEBHOOK_SECRET:
        reference = json.dumps({"outbox": str(message.pk)})
        headers |= dict.fromkeys(REFERENCE_HEADERS, reference)
    support = PlatformSettings.current().support_email
    mail = EmailMultiAlternatives(
        subject=message.subject,
        body=message.body,
        to=[message.address],
        reply_to=[support] if support else None,
        headers=headers,
    )
    mail.attach_alternative(html_mail(message.subject, message.body), "text/html")
    for part in parts_of(message.notice):
        if part.name:
            mail.attach(part.name, part.as_bytes, part.media_type)
        else:
            mail.attach_alternative(part.content, part.media_type)
    return mail
