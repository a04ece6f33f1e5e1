"""The address of documents (SPEC, Addresses)."""

from django.urls import path

from ilo_cms.documents.views import download


urlpatterns = [path("<uuid:pk>/", download, name="document_download")]
