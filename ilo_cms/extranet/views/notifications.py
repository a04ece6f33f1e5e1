"""The notification centre (SPEC N1)."""

from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ilo_cms.notifications.models import Notification
from ilo_cms.notifications.services import mark_read


def visible_notices(request: HttpRequest):
    """The person's notices in the capacity in which they act."""
    contact = request.contact
    return Notification.objects.visible_to(
        request.user, contact.organisation_id if contact else None
    )


def notifications(request: HttpRequest) -> HttpResponse:
    """All notices, latest first."""
    page_number = request.GET.get("page")
    notices = Paginator(visible_notices(request), 20).get_page(page_number)
    return render(request, "extranet/notifications.html", {"notices": notices})


@require_POST
def read_notification(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a notice; lead to what it is about when asked to, which the support may ask too."""
    notice = get_object_or_404(visible_notices(request), pk=pk)
    leads_on = "open" in request.POST and url_has_allowed_host_and_scheme(
        notice.path, allowed_hosts=None
    )
    if not (leads_on and request.assistance):
        mark_read([notice])
    return redirect(notice.path if leads_on else "notifications")


@require_POST
def read_all_notifications(request: HttpRequest) -> HttpResponse:
    """Close every notice of this capacity."""
    mark_read(visible_notices(request).unread())
    return redirect("notifications")
