"""Screens of what the platform told people: notices and mails (SPEC N3), read-only.

The text of a mail is not shown: it may hold a link that only its reader may use.
"""

import django_filters
from django import forms
from django.db import models

from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.viewsets import ReadOnlyViewSet
from ilo_cms.notifications.models import Notification, OutboxMessage


class NotificationViewSet(ReadOnlyViewSet):
    """The notices of the person who looks."""

    model = Notification
    url_prefix = "notifications"
    icon = "bell"
    menu_label = "Mes notifications"
    list_display = ["text", "category", "created_at", "read_at"]
    list_export = ["created_at", "category", "text", "read_at"]
    list_filter = ["category"]
    inspect_view_fields = ["text", "category", "created_at", "read_at"]
    search = {"text": None}
    ordering = "-created_at"


class OutboxFilterSet(RecordFilterSet):
    """Mails by state."""

    state = django_filters.ChoiceFilter(
        label="État",
        method="filter_state",
        choices=[
            ("waiting", "En attente"),
            ("retried", "Nouvel essai prévu"),
            ("sent", "Envoyés"),
            ("dead", "Abandonnés"),
        ],
        empty_label="Tous",
        widget=forms.RadioSelect,
    )

    class Meta:
        model = OutboxMessage
        fields = []

    def filter_state(self, rows: models.QuerySet, name: str, state: str) -> models.QuerySet:
        """Mails in one of the states that `OutboxMessage.state` words."""
        if state == "sent":
            return rows.exclude(sent_at=None)
        rows = rows.filter(sent_at=None)
        if state == "dead":
            return rows.exclude(dead_at=None)
        return rows.filter(dead_at=None, **{"attempts" + ("__gt" if state == "retried" else ""): 0})


class OutboxViewSet(ReadOnlyViewSet):
    """The mails, with their state."""

    model = OutboxMessage
    url_prefix = "courriels"
    icon = "mail"
    list_display = ["subject", "address", "state", "created_at", "attempts", "last_error"]
    list_export = [
        "created_at",
        "address",
        "subject",
        "state",
        "attempts",
        "sent_at",
        "dead_at",
        "last_error",
    ]
    inspect_view_fields = [
        "subject",
        "address",
        "state",
        "created_at",
        "next_attempt_at",
        "attempts",
        "sent_at",
        "dead_at",
        "last_error",
    ]
    labels = {"state": "État"}
    filterset_class = OutboxFilterSet
    search = {"subject": None, "address": None}
    ordering = "-created_at"


notification_viewset = NotificationViewSet()
outbox_viewset = OutboxViewSet("outbox")
