"""Mails that the reader's server sent back, as the mail provider tells us by webhook (SPEC N3).

The provider calls `/courriels/evenements/<provider>/` with the name and password of
ANYMAIL_WEBHOOK_SECRET; without that variable the address does not exist. Our mails carry their
identifier in the header that the provider repeats in its events.
"""

import logging
from uuid import UUID

from anymail.exceptions import AnymailConfigurationError, AnymailError
from anymail.signals import AnymailTrackingEvent, EventType
from anymail.webhooks.brevo import BrevoTrackingWebhookView
from anymail.webhooks.mailjet import MailjetTrackingWebhookView
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBadRequest
from django.urls import URLPattern, path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from ilo_cms.notifications.models import OutboxMessage


logger = logging.getLogger(__name__)

PROVIDERS = {
    "brevo": BrevoTrackingWebhookView.as_view(),
    "mailjet": MailjetTrackingWebhookView.as_view(),
}
#: The header whose JSON each provider gives back with its events.
REFERENCE_HEADERS = ["X-Mailin-custom", "X-MJ-EventPayload"]
UNREADABLE = (
    AnymailError,
    AnymailConfigurationError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
)
NOT_ARRIVED = {EventType.BOUNCED, EventType.REJECTED, EventType.FAILED}


def webhook_routes() -> list[URLPattern]:
    """The providers' address, where a secret protects it."""
    if not settings.ANYMAIL_WEBHOOK_SECRET:
        return []
    return [path("courriels/evenements/<str:provider>/", provider_events, name="mail_events")]


@csrf_exempt
@login_not_required
def provider_events(request: HttpRequest, provider: str) -> HttpResponse:
    """What a provider tells of mails; 400 without the secret or on what nobody can read."""
    if provider not in PROVIDERS:
        raise Http404
    try:
        return PROVIDERS[provider](request)
    except UNREADABLE as error:
        logger.warning("Refused events of %s: %s", provider, type(error).__name__)
        return HttpResponseBadRequest()


def note_event(sender, event: AnymailTrackingEvent, esp_name: str, **kwargs) -> None:
    """Mark the mail that an event says did not arrive; told twice, the first time counts.

    A provider may be faster than the worker that still writes down that the mail left.
    """
    if event.event_type not in NOT_ARRIVED:
        return
    try:
        key = UUID(str((event.metadata or {}).get("outbox")))
    except ValueError:
        logger.warning("An event of %s names no mail of ours", esp_name)
        return
    reason = " : ".join(
        part for part in (event.reject_reason, event.mta_response or event.description) if part
    )
    handed_over = Q(sent_at__isnull=False) | Q(locked_until__isnull=False)
    OutboxMessage.objects.filter(handed_over, pk=key, bounced_at=None).update(
        bounced_at=timezone.now(), last_error=(reason or event.event_type)[:2000]
    )
