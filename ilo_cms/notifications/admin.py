"""Screens of what the platform told people: notices and mails (SPEC N3), read-only.

The text of a mail is not shown: it may hold a link that only its reader may use.
"""

from urllib.parse import urlencode

import django_filters
from django import forms
from django.db import models
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from wagtail.admin.views import generic
from wagtail.admin.widgets.button import Button, HeaderButton

from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.viewsets import ReadOnlyViewSet
from ilo_cms.notifications.models import Notification, OutboxMessage


class NotificationIndexView(generic.IndexView):
    """The list, with a way to what each notice is about and to the person's preferences."""

    def get_list_more_buttons(self, instance):
        """What each notice is about, when it leads somewhere on this site."""
        buttons = super().get_list_more_buttons(instance)
        if instance.path and url_has_allowed_host_and_scheme(instance.path, allowed_hosts=None):
            buttons.append(Button("Ouvrir", url=instance.path, icon_name="link", priority=5))
        return buttons

    @property
    def header_buttons(self):
        """Where notices are marked as read, and where mails are chosen."""
        return [
            HeaderButton("Marquer comme lues", url=reverse("notifications"), icon_name="check"),
            HeaderButton("Préférences", url=reverse("preferences"), icon_name="cog"),
        ]


class OutboxIndexView(generic.IndexView):
    """The list, with a way to send again what failed."""

    def get_list_more_buttons(self, instance):
        """Sending again asks to confirm on its own page, which leads back to the list as it is."""
        buttons = super().get_list_more_buttons(instance)
        if instance.can_be_resent:
            shown = self.request.GET.copy()
            shown.pop("_w_filter_fragment", None)
            here = urlencode({"next": f"{reverse('outbox:index')}?{shown.urlencode()}"})
            url = f"{reverse('mail_resend', args=[instance.pk])}?{here}"
            buttons.append(Button("Renvoyer", url=url, icon_name="mail", priority=5))
        return buttons


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
    index_view_class = NotificationIndexView


class OutboxFilterSet(RecordFilterSet):
    """Mails by state."""

    state = django_filters.ChoiceFilter(
        label="État",
        method="filter_state",
        choices=[
            ("waiting", "En attente"),
            ("retried", "Nouvel essai prévu"),
            ("sent", "Envoyés"),
            ("trouble", "Abandonnés ou revenus"),
            ("moot", "Sans objet"),
        ],
        widget=forms.RadioSelect,
    )

    class Meta:
        model = OutboxMessage
        fields = []

    def filter_state(self, rows: models.QuerySet, name: str, state: str) -> models.QuerySet:
        """Mails in one of the states that `OutboxMessage.state` words."""
        if state == "trouble":
            return rows.in_trouble()
        if state == "sent":
            return rows.exclude(sent_at=None).filter(bounced_at=None)
        rows = rows.filter(sent_at=None)
        if state == "moot":
            return rows.filter(is_moot=True)
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
        "bounced_at",
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
        "bounced_at",
        "last_error",
    ]
    labels = {"state": "État"}
    filterset_class = OutboxFilterSet
    search = {"subject": None, "address": None}
    ordering = "-created_at"
    index_view_class = OutboxIndexView


notification_viewset = NotificationViewSet()
outbox_viewset = OutboxViewSet("outbox")
