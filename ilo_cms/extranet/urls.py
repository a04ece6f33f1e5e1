"""Addresses of the extranet (SPEC, Addresses)."""

from django.urls import path

from ilo_cms.extranet.gallery import gallery
from ilo_cms.extranet.views import (
    account,
    home,
    notifications,
    preferences,
    record,
    reports,
    structure,
)
from ilo_cms.moderation.models import Target


RECORD = "mes-informations/"

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
    path(f"{RECORD}demandes/<uuid:pk>/", record.change_request, name="change_request"),
    path(
        f"{RECORD}demandes/<uuid:pk>/retirer/",
        record.withdraw_request,
        name="change_request_withdraw",
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
    path("compte/preferences/", preferences.preferences, name="preferences"),
    path("compte/adresse/<str:token>/", account.confirm_email, name="confirm_email"),
    path("data/", reports.reports, name="reports"),
    path("data/<path:rest>", reports.reports, name="reports_page"),
    path("composants/", gallery, name="gallery"),
]
