"""Edits that wait for an officer."""

from django.apps import AppConfig


class ModerationConfig(AppConfig):
    name = "ilo_cms.moderation"
    label = "moderation"
    verbose_name = "Modération"
