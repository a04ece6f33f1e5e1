"""Organisations, their establishments and contacts, and the officers."""

from django.apps import AppConfig


class DirectoryConfig(AppConfig):
    name = "ilo_cms.directory"
    label = "directory"
    verbose_name = "Annuaire"
