"""The hash-chained log of what was done, by whom, to what."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "ilo_cms.audit"
    label = "audit"
    verbose_name = "Journal"

    def ready(self) -> None:
        """Keep exports in the log: they happen below, in core."""
        from ilo_cms.audit.services import log_export
        from ilo_cms.core.exports import list_exported

        list_exported.connect(log_export)
