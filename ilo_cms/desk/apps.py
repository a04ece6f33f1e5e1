"""The officers' desk in the Wagtail admin; composes the apps below."""

from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "ilo_cms.desk"
    label = "desk"
    verbose_name = "Bureau"
