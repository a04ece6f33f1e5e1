"""Reference lists: official codes and the lists that administrators keep."""

from django.apps import AppConfig


class ReferentialsConfig(AppConfig):
    name = "ilo_cms.referentials"
    label = "referentials"
    verbose_name = "Référentiels"
