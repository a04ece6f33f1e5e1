"""The SMS door: one short text to one number, by the provider that SMS_URL names.

It fails loudly and tries once: whoever needs an SMS to arrive keeps what it tells until it left.
"""

import json
import logging
from urllib.parse import parse_qs, unquote, urlsplit, urlunsplit
from uuid import uuid4

import httpx
from django.conf import settings
from django.utils import timezone

from ilo_cms.core.identifiers import normal_phone


logger = logging.getLogger(__name__)

TIMEOUT_SECONDS = 10
#: What one SMS holds, in the alphabet of phones; longer texts cost and arrive as several.
LONGEST = 160


class SmsRefused(Exception):
    """The provider did not take the SMS; the text says why."""


def send_sms(number: str, text: str) -> str:
    """Send a text to a number, written in any French way; returns the provider's reference.

    Raises ValidationError on a number that is none, ValueError on an empty text or one longer than
    an SMS, and SmsRefused when the provider refuses, is silent or cannot be reached.
    """
    number = normal_phone(number)
    if not number or not 0 < len(text) <= LONGEST:
        raise ValueError(f"Un SMS a un numéro, et entre 1 et {LONGEST} caractères.")
    url = urlsplit(settings.SMS_URL)
    if url.scheme in {"http", "https"}:
        return send_by_provider(number, text)
    return keep(number, text)


def keep(number: str, text: str) -> str:
    """Write the SMS to a file in var/sms, where the demonstration reads it; returns its name."""
    settings.SMS_FILE_PATH.mkdir(mode=0o700, parents=True, exist_ok=True)
    reference = f"{timezone.now():%Y%m%d-%H%M%S}-{uuid4().hex[:8]}"
    path = settings.SMS_FILE_PATH / f"{reference}.json"
    path.write_text(json.dumps({"to": number, "text": text}, ensure_ascii=False), encoding="utf-8")
    path.chmod(0o600)
    return reference


def send_by_provider(number: str, text: str) -> str:
    """Hand the SMS to Brevo (developers.brevo.com, "Send SMS message to a mobile number").

    SMS_URL is the endpoint, with the key as its user and the sender's name as `sender`.
    """
    url = urlsplit(settings.SMS_URL)
    host = url.netloc.rpartition("@")[2]
    content = {
        "sender": parse_qs(url.query).get("sender", ["ILO"])[0],
        "recipient": number.removeprefix("+"),
        "content": text,
        "type": "transactional",
    }
    try:
        response = httpx.post(
            urlunsplit((url.scheme, host, url.path, "", "")),
            json=content,
            headers={"api-key": unquote(url.username or "")},
            timeout=TIMEOUT_SECONDS,
        )
        response.raise_for_status()
        return str(response.json().get("messageId", ""))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, AttributeError) as error:
        # Neither the number nor the text: a code would be in the logs.
        logger.error("SMS not sent: %s", type(error).__name__)
        raise SmsRefused(f"Le SMS n’a pas pu être envoyé ({type(error).__name__}).") from error
