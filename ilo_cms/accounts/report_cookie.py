"""The signed cookie by which the reports know their reader.

Datasette runs in its own process without Django. This module writes the cookie; the plugin
datasette/plugins/access.py reads it with the same key.
Its form: base64url(JSON).base64url(HMAC-SHA256).
"""

import base64
import hashlib
import hmac
import json
from datetime import datetime, timedelta


COOKIE = "ilo_data"
PATH = "/data/"
LIFETIME = timedelta(minutes=15)


def cookie_value(user_id: object, role: str, now: datetime, key: str) -> str:
    """What a person's browser shows to Datasette: who, in which role, until when, signed."""
    content = {
        "id": str(user_id),
        "role": role,
        "exp": int((now + LIFETIME).timestamp()),
    }
    body = encoded(json.dumps(content, separators=(",", ":")).encode())
    return f"{body}.{encoded(hmac.digest(key.encode(), body.encode(), hashlib.sha256))}"


def encoded(content: bytes) -> str:
    """Bytes as text that a cookie may hold."""
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
