"""People and how they sign in."""

from django.apps import AppConfig
from django.db.models.signals import pre_save


class AccountsConfig(AppConfig):
    name = "ilo_cms.accounts"
    label = "accounts"
    verbose_name = "Comptes"

    def ready(self) -> None:
        """Listen to what allauth does with passwords and second factors."""
        from allauth.account.signals import password_changed, password_reset, password_set
        from allauth.mfa.models import Authenticator
        from allauth.mfa.signals import authenticator_added, authenticator_removed

        from ilo_cms.accounts import passwords, second_factor

        pre_save.connect(second_factor.store_as_seen, sender=Authenticator)
        password_changed.connect(passwords.log_changed)
        password_set.connect(passwords.log_changed)
        password_reset.connect(passwords.log_reset)
        authenticator_added.connect(second_factor.log_added)
        authenticator_removed.connect(second_factor.log_removed)
