"""Addresses of the extranet (SPEC, Addresses)."""

from django.urls import path

from ilo_cms.extranet.gallery import gallery
from ilo_cms.extranet.views import (
    account,
    activation,
    calendar,
    document_requests,
    documents,
    engagements,
    evaluations,
    history,
    home,
    legacy,
    meetings,
    notifications,
    offers,
    preferences,
    receipts,
    record,
    reports,
    requests,
    structure,
    tenders,
)
from ilo_cms.moderation.models import Target
from ilo_cms.referencing.views import referencing
from ilo_cms.support import views as support


RECORD = "mes-informations/"
TENDERS = "mises-en-concurrence/"

urlpatterns = [
    path("", home.home, name="home"),
    path("structure/", structure.structure, name="structure"),
    path(RECORD, record.record_part, {"target": Target.CONTACT}, name="record"),
    path(
        f"{RECORD}structure/",
        record.record_part,
        {"target": Target.ORGANISATION},
        name="record_organisation",
    ),
    path(
        f"{RECORD}etablissement/",
        record.record_part,
        {"target": Target.ESTABLISHMENT},
        name="record_establishment",
    ),
    path(f"{RECORD}confirmer/", record.confirm, name="record_confirm"),
    path(
        f"{RECORD}copier-vers-structure/",
        record.copy,
        {"target": Target.ORGANISATION},
        name="record_copy_to_organisation",
    ),
    path(
        f"{RECORD}copier-vers-contact/",
        record.copy,
        {"target": Target.CONTACT},
        name="record_copy_to_contact",
    ),
    path(f"{RECORD}anciennes-valeurs/", legacy.old_values, name="old_values"),
    path(f"{RECORD}anciennes-valeurs/<uuid:pk>/", legacy.old_value, name="old_value"),
    path(f"{RECORD}historique/", history.record_history_page, name="record_history"),
    path(f"{RECORD}pieces/", documents.record_documents, name="record_documents"),
    path(
        f"{RECORD}pieces/<uuid:pk>/retirer/",
        documents.withdraw_document,
        name="document_withdraw",
    ),
    path(f"{RECORD}demandes/<uuid:pk>/", requests.change_request, name="change_request"),
    path(
        f"{RECORD}demandes/<uuid:pk>/retirer/",
        requests.withdraw_request,
        name="change_request_withdraw",
    ),
    path("accompagnements/<uuid:pk>/", engagements.engagement_page, name="engagement"),
    path(
        "accompagnements/<uuid:pk>/contacts/",
        engagements.engagement_contacts,
        name="engagement_contacts",
    ),
    path(
        "accompagnements/<uuid:pk>/rendez-vous/",
        engagements.engagement_meetings,
        name="engagement_meetings",
    ),
    path(
        "accompagnements/<uuid:pk>/documents/",
        engagements.engagement_documents,
        name="engagement_documents",
    ),
    path("ressources/<uuid:pk>/", engagements.own_resource, name="own_resource"),
    path("prestations/<uuid:pk>/", engagements.assignment_page, name="assignment"),
    path("demandes/<uuid:pk>/", document_requests.document_request, name="document_request"),
    path(
        "demandes/<uuid:pk>/reprendre/",
        document_requests.reuse_document,
        name="document_request_reuse",
    ),
    path(
        "demandes/<uuid:pk>/impossible/",
        document_requests.cannot_provide_document,
        name="document_request_cannot",
    ),
    path(
        "demandes/<uuid:pk>/retirer/",
        document_requests.take_back_answer,
        name="document_request_take_back",
    ),
    path(
        "demandes/<uuid:pk>/envoyer/",
        document_requests.send_answers,
        name="document_request_send",
    ),
    path(TENDERS, tenders.tenders, name="tenders"),
    path(f"{TENDERS}<uuid:pk>/", tenders.tender, name="tender"),
    path(f"{TENDERS}<uuid:pk>/offre/", offers.tender_offer, name="tender_offer"),
    path(f"{TENDERS}<uuid:pk>/offre/pieces/", offers.tender_offer_file, name="tender_offer_file"),
    path(
        f"{TENDERS}<uuid:pk>/offre/pieces/retirer/",
        offers.tender_offer_file_remove,
        name="tender_offer_file_remove",
    ),
    path(f"{TENDERS}offres/<uuid:pk>/", receipts.offer, name="offer"),
    path(f"{TENDERS}offres/<uuid:pk>/confirmer/", receipts.offer_confirm, name="offer_confirm"),
    path(f"{TENDERS}offres/<uuid:pk>/retirer/", receipts.offer_withdraw, name="offer_withdraw"),
    path(f"{TENDERS}recus/<uuid:pk>/", receipts.deposit_receipt, name="deposit_receipt"),
    path(
        f"{TENDERS}recus/<uuid:pk>/recu.pdf",
        receipts.deposit_receipt_pdf,
        name="deposit_receipt_pdf",
    ),
    path("notifications/", notifications.notifications, name="notifications"),
    path(
        "notifications/tout-lire/",
        notifications.read_all_notifications,
        name="notifications_read_all",
    ),
    path(
        "notifications/<uuid:pk>/lire/", notifications.read_notification, name="notification_read"
    ),
    path("evaluations/<uuid:pk>/", evaluations.evaluation, name="evaluation"),
    path("evaluations/<uuid:pk>/lue/", evaluations.read_evaluation, name="evaluation_read"),
    path("satisfaction/<uuid:pk>/", evaluations.satisfaction, name="satisfaction"),
    path("compte/preferences/", preferences.preferences, name="preferences"),
    path("rendez-vous/", meetings.meetings, name="meetings"),
    path("rendez-vous/<uuid:pk>/", meetings.meeting, name="meeting"),
    path("rendez-vous/<uuid:pk>/rendez-vous.ics", meetings.meeting_file, name="meeting_file"),
    path("compte/agenda/", calendar.calendar, name="calendar"),
    path("compte/agenda/<str:token>.ics", calendar.calendar_feed, name="calendar_feed"),
    path("compte/activation/<str:token>/", activation.activation, name="activate"),
    path("compte/adresse/<str:token>/", account.confirm_email, name="confirm_email"),
    path("compte/adresse/annuler/<str:token>/", account.cancel_email, name="cancel_email"),
    path("referencement/", referencing, name="referencing"),
    path("assistance/", support.support, name="support"),
    path("assistance/fin/", support.end, name="support_end"),
    path("data/", reports.reports, name="reports"),
    path("data/<path:rest>", reports.reports, name="reports_page"),
    path("composants/", gallery, name="gallery"),
]
