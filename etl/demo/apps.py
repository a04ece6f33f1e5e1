"""Loads the demonstration by the real pipelines."""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "etl.demo"
    label = "demo"
    verbose_name = "Démonstration"
