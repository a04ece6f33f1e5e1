"""Organisations, their establishments and contacts, and the officers."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "ilo_cms.directory"
    label = "directory"
    verbose_name = "Annuaire"

    def ready(self) -> None:
        """Have the readers of notices checked before a mail leaves."""
        from ilo_cms.directory.notices import open_structures, reader_has_access
        from ilo_cms.notifications.conditions import register

        register(reader_has_access, facts=open_structures)
