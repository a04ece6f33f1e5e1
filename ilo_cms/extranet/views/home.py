"""The extranet's home page: what awaits the person, their assignments, whom to call (SPEC E5)."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ilo_cms.directory.models import Officer, Organisation
from ilo_cms.engagements.models import SHOWN_TO_PROVIDER, Assignment, Engagement
from ilo_cms.extranet.access import acting_contact_required
from ilo_cms.extranet.record_page import todo
from ilo_cms.extranet.waiting import waiting
from ilo_cms.notifications.models import Notification


def home(request: HttpRequest) -> HttpResponse:
    """The place where each role starts: the extranet, the intranet or the reports."""
    if not request.user.contacts.choosable().exists():
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
        Assignment.objects.known_to(request.contact)
        .filter(provider=organisation, status__in=SHOWN_TO_PROVIDER)
        .select_related(
            "engagement__operator", "engagement__officer__user", "engagement__beneficiary"
        )
        .order_by("-starts_on", "pk")
    )
    engagements = (
        Engagement.objects.known_to(request.contact)
        .filter(beneficiary=organisation)
        .with_stage()
        .select_related("operator", "officer__user")
    )
    notices = Notification.objects.visible_to(request.user, organisation.pk)
    return render(
        request,
        "extranet/home.html",
        {
            "contact": request.contact,
            "organisation": organisation,
            "engagements": engagements,
            "assignments": Paginator(assignments, 10).get_page(request.GET.get("page")),
            "referent": main_contact(organisation, engagements),
            "notices": notices[:5],
            **waiting(request.contact),
            **todo(request.contact),
        },
    )


def main_contact(organisation: Organisation, engagements) -> Officer | None:
    """Whom to call first: the record's referent, else who follows the latest open engagement."""
    if organisation.referent:
        return organisation.referent
    open_ones = engagements.filter(closed_on=None).exclude(officer=None)
    latest = open_ones.select_related("officer__operator").order_by("-opened_on").first()
    return latest.officer if latest else None
