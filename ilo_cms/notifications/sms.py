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
#: What one SMS holds in the alphabet of phones (GSM 03.38), and what it holds once a single
#: character is not of it (ê, ç, œ, the curved apostrophe): longer texts cost and arrive as several.
LONGEST, LONGEST_UNICODE = 160, 70
ALPHABET = set(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
#: These are of the alphabet too, and count twice.
TWICE = set("\f^{}\\[~]|€")


class SmsRefused(Exception):
    """The provider did not take the SMS; the text says why."""


def send_sms(number: str, text: str) -> str:
    """Send a text to a number, written in any French way; returns the provider's reference.

    Raises ValidationError on a number that is none, ValueError on an empty text or one longer than
    an SMS, and SmsRefused when the provider refuses, is silent or cannot be reached.
    """
    number = normal_phone(number)
    if not number or not text:
        raise ValueError("Un SMS a un numéro et un texte.")
    check_length(text)
    url = urlsplit(settings.SMS_URL)
    if url.scheme in {"http", "https"}:
        return send_by_provider(number, text)
    return keep(number, text)


def outside(text: str) -> str:
    """The characters of a text that are not of the alphabet of phones, each once."""
    return "".join(dict.fromkeys(sign for sign in text if sign not in ALPHABET | TWICE))


def check_length(text: str) -> None:
    """Raise ValueError, saying which characters cost the room, when a text is more than one SMS."""
    if others := outside(text):
        length, longest = len(text.encode("utf-16-le")) // 2, LONGEST_UNICODE
    else:
        length, longest = len(text) + sum(sign in TWICE for sign in text), LONGEST
    if length > longest:
        reason = f" à cause de « {others} », hors de l’alphabet des SMS" if others else ""
        raise ValueError(f"Ce SMS compte {length} caractères, pour {longest} au plus{reason}.")


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
        # Without it Brevo writes what is outside the alphabet in English letters.
        "unicodeEnabled": bool(outside(text)),
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
