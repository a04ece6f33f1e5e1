"""How the secrets of second factors are kept: encrypted, under the keys that sign sessions.

A copy of the database alone then opens no account. After a change of SECRET_KEY the former key must
stay in SECRET_KEY_FALLBACKS: without it, factors have to be added anew.
"""

import logging
from base64 import b32encode, urlsafe_b64encode
from hashlib import sha256
from secrets import token_bytes

from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


logger = logging.getLogger(__name__)

PURPOSE = b"ilo second factor "


def cipher() -> MultiFernet:
    """Encrypts under the current key, decrypts under the former ones too."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet(
        Fernet(urlsafe_b64encode(sha256(PURPOSE + key.encode()).digest())) for key in keys
    )


class MFAAdapter(DefaultMFAAdapter):
    """allauth's second factor, its secrets encrypted."""

    def encrypt(self, text: str) -> str:
        """The stored form of a secret."""
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one that nobody knows when no key of ours made its stored form.

        No code then fits: the person is told so, and an administrator removes the factor.
        """
        try:
            return cipher().decrypt(encrypted_text.encode()).decode()
        except InvalidToken:
            logger.error("A second factor was kept under a key that is no longer known")
            return b32encode(token_bytes(20)).decode()
