"""The public page: whom to call in each département, and asking for access or a first listing."""

from django.apps import AppConfig


class ReferencingConfig(AppConfig):
    name = "ilo_cms.referencing"
    label = "referencing"
    verbose_name = "Référencement"
