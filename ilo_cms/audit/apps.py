"""The hash-chained log of what was done, by whom, to what."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "ilo_cms.audit"
    label = "audit"
    verbose_name = "Journal"
