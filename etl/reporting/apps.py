"""Builds and publishes the reporting snapshot."""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "etl.reporting"
    label = "reporting"
    verbose_name = "Rapports"
