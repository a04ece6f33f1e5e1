"""Keeps organisations true to INSEE's Sirene register."""

from django.apps import AppConfig


class InseeConfig(AppConfig):
    name = "etl.insee"
    label = "insee"
    verbose_name = "INSEE"
