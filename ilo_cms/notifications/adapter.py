"""How allauth behaves here: no sign-up, one refusal, links from BASE_URL, mails by the outbox.

It lives beside the outbox because accounts stands below notifications.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.notifications.services import queue_mail


#: One sentence for every refused sign-in: it tells neither what is known nor what is locked (A5).
REFUSED = (
    "Connexion refusée : l’adresse ou le mot de passe est incorrect, ou il y a eu trop d’essais. "
    "Après cinq échecs, attendez cinq minutes, ou choisissez un nouveau mot de passe avec "
    "« Mot de passe oublié ? »."
)


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by officers only (SPEC A2).

    The budget of guesses (ACCOUNT_RATE_LIMITS): per account five passwords are tried in five
    minutes, wherever they come from; per IP address ten in a minute, whatever the account. Beyond
    it no password is tried at all. An owner is never locked out for good: the lock ends by itself,
    and while somebody keeps it closed on purpose, a reset link signs them in.
    """

    error_messages = DefaultAccountAdapter.error_messages | {
        "email_password_mismatch": REFUSED,
        "too_many_login_attempts": REFUSED,
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody signs up by themselves."""
        return False

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """By what the budget of an account is counted: its address, in the form it is stored.

        allauth's own key holds the Host header, whose port anybody may forge: each port would be
        a budget of its own.
        """
        return User.normal_email(credentials.get("email")) or ""

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The person, unless their account is closed: that is refused as everything else is."""
        user = super().authenticate(request, **credentials)
        return user if user is not None and user.is_active else None

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The reset address, never built from the request's Host header."""
        path = reverse("account_reset_password_from_key", args=["UID", "KEY"])
        return settings.BASE_URL + path.replace("UID-KEY", key)

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Put allauth's mail into the outbox instead of sending it inside the request."""
        recipient = User.objects.filter(email=User.normal_email(email)).first()
        names = {"user": recipient, "base_url": settings.BASE_URL, "email": email}
        mail = self.render_mail(template_prefix, email, names | context)
        queue_mail(
            recipient=recipient,
            address=email,
            subject=mail.subject,
            body=mail.body,
            holds_link="password_reset_url" in context,
        )
