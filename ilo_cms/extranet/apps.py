"""Pages of providers and beneficiaries; composes the apps below."""

from django.apps import AppConfig


class ExtranetConfig(AppConfig):
    name = "ilo_cms.extranet"
    label = "extranet"
    verbose_name = "Extranet"
