"""The extranet's home page: what awaits the person, their assignments, whom to call (SPEC E5)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.document_requests.models import DocumentRequest, expiring_documents
from ilo_cms.engagements.models import Assignment
from ilo_cms.extranet.access import acting_contact_required
from ilo_cms.extranet.record_page import todo
from ilo_cms.meetings.models import Meeting
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.notifications.models import Notification


def home(request: HttpRequest) -> HttpResponse:
    """The place where each role starts: the extranet, the intranet or the reports."""
    if not Contact.objects.choosable_by(request.user).exists():
        if request.user.is_staff:
            return redirect("wagtailadmin_home")
        if request.user.is_analyst:
            return redirect("reports")
    return contact_home(request)


@acting_contact_required
def contact_home(request: HttpRequest) -> HttpResponse:
    """What a provider or beneficiary contact sees first."""
    organisation = request.contact.organisation
    assignments = (
        Assignment.objects.visible_to(request.user)
        .filter(provider=organisation)
        .select_related(
            "engagement__operator", "engagement__officer__user", "engagement__beneficiary"
        )
        .order_by("-starts_on", "pk")
    )
    notices = Notification.objects.visible_to(request.user, organisation.pk)
    return render(
        request,
        "extranet/home.html",
        {
            "contact": request.contact,
            "organisation": organisation,
            "change_requests": ChangeRequest.objects.pending().filter(contact=request.contact),
            "meetings": Meeting.objects.awaiting(request.contact)[:10],
            "assignments": assignments[:10],
            "document_requests": waiting_requests(request.contact),
            "expiring": expiring_of(organisation, request.contact),
            "referent": organisation.referent,
            "notices": notices[:5],
            **todo(request.contact),
        },
    )


def waiting_requests(contact: Contact) -> list[DocumentRequest]:
    """The documents asked of the person's organisation, the most urgent first."""
    rows = DocumentRequest.objects.known_to(contact).waiting().select_related("asked_by")
    return list(rows.prefetch_related("items__type").order_by("due_on", "pk")[:20])


def expiring_of(organisation: Organisation, contact: Contact) -> list:
    """The documents of the organisation that soon end; former contacts read none."""
    if contact.is_former:
        return []
    rows = expiring_documents(timezone.localdate()).filter(organisation=organisation)
    return list(rows.select_related("type")[:10])
