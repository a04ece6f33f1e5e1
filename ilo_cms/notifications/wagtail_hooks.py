"""Registers the pages of mails with Wagtail; their lists are registered by the desk."""

from django.urls import path
from wagtail import hooks

from ilo_cms.notifications.views import mail_text, mail_texts, resend_mail


@hooks.register("register_admin_urls")
def register_pages() -> list:
    """Sending a mail again, and the texts of mails."""
    return [
        path("courriels/<uuid:pk>/renvoyer/", resend_mail, name="mail_resend"),
        path("courriels/textes/", mail_texts, name="mail_texts"),
        path("courriels/textes/<str:kind_name>/", mail_text, name="mail_text"),
    ]
