"""Registers the screens of tenders with Wagtail."""

from django.urls import path
from wagtail import hooks

from ilo_cms.tenders import views, views_prepare, views_recipients, views_selection
from ilo_cms.tenders.admin import TenderGroup


@hooks.register("register_admin_viewset")
def register_viewsets() -> TenderGroup:
    """The lists of tenders and of their templates."""
    return TenderGroup()


@hooks.register("register_admin_urls")
def register_pages() -> list:
    """Preparing, sending and following a tender."""
    below = "mises-en-concurrence/"
    of = f"{below}<uuid:pk>/"
    return [
        path(f"{below}preparer/", views_prepare.start_tender, name="tender_start"),
        path(
            "accompagnements/<uuid:pk>/mise-en-concurrence/",
            views_prepare.new_tender,
            name="tender_create",
        ),
        path(
            "accompagnements/<uuid:pk>/mise-en-concurrence-hors-plateforme/",
            views_prepare.outside_tender,
            name="tender_outside",
        ),
        path(of, views.show_tender, name="tender_page"),
        path(f"{of}modifier/", views_prepare.change_tender, name="tender_edit"),
        path(f"{of}diffuser/", views_prepare.send_tender, name="tender_publish"),
        path(f"{of}modifier-la-demande/", views_prepare.amend_tender, name="tender_amend"),
        path(f"{of}copier/", views_prepare.copy_page, name="tender_copy"),
        path(f"{of}destinataires/", views_recipients.choose_recipients, name="tender_recipients"),
        path(f"{of}ouverture.pdf", views_selection.opening_record, name="tender_opening"),
        path(f"{of}dossier.zip", views_selection.whole_file, name="tender_archive"),
        path(f"{of}acte/<str:act>/", views.act_on_tender, name="tender_act"),
        path(
            f"{below}destinataires/<uuid:pk>/retirer/",
            views_recipients.take_off,
            name="tender_take_off",
        ),
        path(f"{below}questions/<uuid:pk>/", views.answer_page, name="tender_answer"),
        path(f"{below}pieces/<uuid:pk>/retirer/", views.take_back_file, name="tender_take_back"),
    ]
