"""Documents asked of an organisation: asking, answering, checking, reminding (SPEC D4–D7)."""

from django.apps import AppConfig


class DocumentRequestsConfig(AppConfig):
    name = "ilo_cms.document_requests"
    label = "document_requests"
    verbose_name = "Demandes de pièces jointes"

    def ready(self) -> None:
        """Open what was sent to those who asked, check our notices, show on the engagement."""
        from ilo_cms.document_requests import notices
        from ilo_cms.document_requests.models import sent_to
        from ilo_cms.document_requests.panel import requests_panel
        from ilo_cms.documents.models import also_read_by
        from ilo_cms.engagements.panels import register_panel
        from ilo_cms.notifications.conditions import register

        also_read_by(sent_to)
        register_panel("document_requests", "Pièces demandées", requests_panel, order=40)
        register(
            notices.request_still_waits,
            "document_request.requested",
            "document_request.rescheduled",
            facts=notices.waiting_requests,
        )
        register(notices.reminder_still_serves, "document_request.reminded")
        register(notices.answers_still_wait, "document_request.sent")
        register(
            notices.reader_is_current_contact,
            "document_request.requested",
            "document_request.reminded",
            "document_request.decided",
            "document_request.changed",
            "document_request.rescheduled",
            "document.expiring",
            facts=notices.current_structures,
        )
        register(
            notices.document_still_expires, "document.expiring", facts=notices.ending_documents
        )
