"""Tenders: providers invited, offers sealed and opened together, a choice that all can read."""

from django.apps import AppConfig


class TendersConfig(AppConfig):
    name = "ilo_cms.tenders"
    label = "tenders"
    verbose_name = "Mises en concurrence"
