"""How allauth behaves here: no sign-up, links from BASE_URL, mails through the outbox.

It lives beside the outbox because accounts stands below notifications.
"""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.notifications.services import queue_mail


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by officers only (SPEC A2)."""

    def is_open_for_signup(self, request) -> bool:
        """Nobody signs up by themselves."""
        return False

    def get_reset_password_from_key_url(self, key: str) -> str:
        """The reset address, never built from the request's Host header."""
        path = reverse("account_reset_password_from_key", args=["UID", "KEY"])
        return settings.BASE_URL + path.replace("UID-KEY", key)

    def send_mail(self, template_prefix: str, email: str, context: dict) -> None:
        """Put allauth's mail into the outbox instead of sending it inside the request."""
        names = {"current_site": {"name": "ILO", "domain": settings.BASE_URL}, "email": email}
        mail = self.render_mail(template_prefix, email, names | context)
        recipient = User.objects.filter(email=User.normal_email(email)).first()
        queue_mail(recipient=recipient, address=email, subject=mail.subject, body=mail.body)
