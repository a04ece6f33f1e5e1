"""People and how they sign in."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "ilo_cms.accounts"
    label = "accounts"
    verbose_name = "Comptes"
