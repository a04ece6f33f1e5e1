"""Tenders: providers invited, offers sealed and opened together, a choice that all can read."""

from django.apps import AppConfig


class TendersConfig(AppConfig):
    name = "ilo_cms.tenders"
    label = "tenders"
    verbose_name = "Mises en concurrence"

    def ready(self) -> None:
        """Open the files of a tender to its readers, check our notices."""
        from ilo_cms.documents.models import also_read_by
        from ilo_cms.tenders import attachments, notices_calls

        also_read_by(attachments.readers)
        notices_calls.register()
