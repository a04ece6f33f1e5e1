"""The second factor: who must hold one (SPEC A11), where passkeys work, what the log keeps."""

import ipaddress
import time

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.http import HttpRequest
from django.http.request import split_domain_port

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import record


#: Recovery codes are no factor of their own: they stand in for one of these.
FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


def must_hold_second_factor(user: User) -> bool:
    """Whether REQUIRE_SECOND_FACTOR concerns this person: officers and administrators."""
    return settings.REQUIRE_SECOND_FACTOR and (user.is_staff or user.is_administrator)


def holds_second_factor(user: User) -> bool:
    """Whether a password alone does not sign this person in."""
    return is_mfa_enabled(user, FACTORS)


def passkeys_work(request: HttpRequest) -> bool:
    """Whether browsers make passkeys for this page's address: for names only, not for 127.0.0.1."""
    host, _ = split_domain_port(request.get_host())
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return True
    return False


def named_address(request: HttpRequest) -> str:
    """The address by name of a page that was asked by number; empty when it has none."""
    _, port = split_domain_port(request.get_host())
    if "localhost" not in settings.ALLOWED_HOSTS:
        return ""
    return f"http://localhost{f':{port}' if port else ''}{request.path}"


def store_as_seen(sender: type, instance: Authenticator, **kwargs: object) -> None:
    """Before recovery codes are stored: note that they were shown, as allauth does while it shows.

    A page that is only read must not write (core.middleware).
    """
    if instance.type == Authenticator.Type.RECOVERY_CODES:
        instance.data.setdefault("viewed_at", time.time())


def log_added(sender: type, user: User, authenticator: Authenticator, **kwargs: object) -> None:
    """Keep in the log that somebody added a factor to their account."""
    log_factor("account.second_factor_added", user, authenticator)


def log_removed(sender: type, user: User, authenticator: Authenticator, **kwargs: object) -> None:
    """Keep in the log that somebody removed a factor from their account."""
    log_factor("account.second_factor_removed", user, authenticator)


def log_factor(action: str, user: User, authenticator: Authenticator) -> None:
    """One line for a real factor; recovery codes come and go with it."""
    if authenticator.type in FACTORS:
        record(action, actor=user, target=user, factor=str(authenticator.get_type_display()))
