"""The documents asked for an engagement, on its page in the intranet."""

from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from ilo_cms.document_requests.models import DocumentRequest
from ilo_cms.document_requests.policies import can_ask
from ilo_cms.engagements.models import Engagement


#: How many requests the page shows; the list has them all.
SHOWN = 10


def requests_panel(request: HttpRequest, engagement: Engagement) -> SafeString | None:
    """The latest requests that the person may see, and the way to ask."""
    visible = DocumentRequest.objects.visible_to(request.user).filter(engagement=engagement)
    rows = visible.select_related("organisation").prefetch_related("items__type")
    requests = list(rows.order_by("-created_at", "pk")[:SHOWN])
    asking = can_ask(request.user, engagement.beneficiary, engagement)
    if not requests and not asking:
        return None
    context = {"engagement": engagement, "document_requests": requests, "asking": asking}
    return render_to_string("document_requests/panel.html", context, request)
