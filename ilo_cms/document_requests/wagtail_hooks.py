"""Registers the screens of requests with Wagtail."""

from django.urls import path
from wagtail import hooks

from ilo_cms.core.admin.buttons import add_buttons
from ilo_cms.directory.models import Organisation
from ilo_cms.document_requests import views
from ilo_cms.document_requests.admin import DocumentRequestViewSet, ask_buttons, document_requests
from ilo_cms.engagements.models import Assignment, Engagement


for model in (Organisation, Engagement, Assignment):
    add_buttons(model, ask_buttons)


@hooks.register("register_admin_viewset")
def register_viewsets() -> DocumentRequestViewSet:
    """The follow-up list."""
    return document_requests


@hooks.register("register_admin_urls")
def register_pages() -> list:
    """The pages below the list, and an organisation's documents as one ZIP."""
    below = "demandes-de-pieces/"
    acts = {
        "annuler": (views.cancel_request, "document_request_cancel"),
        "date": (views.reschedule_request, "document_request_reschedule"),
        "rouvrir": (views.reopen_request, "document_request_reopen"),
        "rappeler": (views.remind_request, "document_request_remind"),
        "deposer": (views.deposit_on_behalf, "document_request_deposit"),
        "zip": (views.request_archive, "document_request_archive"),
    }
    return [
        path(f"{below}nouvelle/", views.ask_documents, name="document_request_ask"),
        path(f"{below}rappels/", views.remind_requests, name="document_request_remind_all"),
        path(f"{below}<uuid:pk>/", views.check_request, name="document_request_check"),
        *[
            path(f"{below}<uuid:pk>/{word}/", view, name=name)
            for word, (view, name) in acts.items()
        ],
        path(
            "structures/<uuid:pk>/pieces-jointes/",
            views.organisation_archive,
            name="organisation_archive",
        ),
    ]
