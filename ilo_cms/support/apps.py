"""Help for the people of the extranet: asking for it, and acting as them to give it."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "ilo_cms.support"
    label = "support"
    verbose_name = "Assistance"
