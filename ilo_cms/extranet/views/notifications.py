"""The notification centre (SPEC N1)."""

from uuid import UUID

from django import forms
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ilo_cms.notifications.models import Notification
from ilo_cms.notifications.services import mark_read


class NoticeFilter(forms.Form):
    """Which notices to show. A value that is none of those offered filters nothing."""

    categorie = forms.ChoiceField(label="Catégorie", required=False)
    etat = forms.ChoiceField(
        label="État",
        choices=[("", "Toutes"), ("non-lues", "Non lues"), ("lues", "Lues")],
        required=False,
    )

    def __init__(self, data, notices: QuerySet) -> None:
        super().__init__(data)
        self.notices = notices
        categories = notices.order_by("category").values_list("category", flat=True).distinct()
        self.fields["categorie"].choices = [
            ("", "Toutes"),
            *((category, category) for category in categories),
        ]

    def filtered(self) -> QuerySet:
        """The notices asked for."""
        self.is_valid()
        notices = self.notices
        if category := self.cleaned_data.get("categorie"):
            notices = notices.filter(category=category)
        if state := self.cleaned_data.get("etat"):
            notices = notices.filter(read_at__isnull=state == "non-lues")
        return notices.order_by("-created_at", "pk")


def visible_notices(request: HttpRequest) -> QuerySet:
    """The person's notices in the capacity in which they act."""
    contact = request.contact
    return Notification.objects.visible_to(
        request.user, contact.organisation_id if contact else None
    )


def notifications(request: HttpRequest) -> HttpResponse:
    """All notices, latest first, or those of a category or state."""
    form = NoticeFilter(request.GET, visible_notices(request))
    page = Paginator(form.filtered(), 20).get_page(request.GET.get("page"))
    filtered = bool(form.cleaned_data.get("categorie") or form.cleaned_data.get("etat"))
    context = {"notices": page, "filter": form, "is_filtered": filtered}
    return render(request, "extranet/notifications.html", context)


@require_POST
def read_notification(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Close a notice; lead to what it is about when asked to, which the support may ask too."""
    notice = get_object_or_404(visible_notices(request), pk=pk)
    leads_on = "open" in request.POST and url_has_allowed_host_and_scheme(
        notice.path, allowed_hosts=None
    )
    if not (leads_on and request.assistance):
        mark_read(visible_notices(request).filter(pk=pk))
    return redirect(notice.path if leads_on else "notifications")


@require_POST
def read_all_notifications(request: HttpRequest) -> HttpResponse:
    """Close every notice of this capacity."""
    mark_read(visible_notices(request))
    return redirect("notifications")
