"""How allauth behaves here: no sign-up, and mails through the outbox."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Accounts are made by officers only (SPEC A2)."""

    def is_open_for_signup(self, request) -> bool:
        """Nobody signs up by themselves."""
        return False
