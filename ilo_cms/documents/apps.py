"""Private typed files: kept, checked, scanned, served to those who may read them."""

from django.apps import AppConfig


class DocumentsConfig(AppConfig):
    name = "ilo_cms.documents"
    label = "documents"
    verbose_name = "Pièces jointes"
