"""An engagement and its assignments, as a provider or its beneficiary reads them (E4, E6, E10).

Both open the same pages: a beneficiary finds its whole plan there, a provider what it is engaged
for.
"""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from ilo_cms.directory.models import Contact
from ilo_cms.document_requests.models import DocumentRequest
from ilo_cms.engagements.models import Assignment, Engagement, Stage
from ilo_cms.extranet.access import acting_contact_required
from ilo_cms.extranet.views.meetings import first_moment, visible_meetings


def is_beneficiary(contact: Contact, engagement: Engagement) -> bool:
    """Whether a contact reads the engagement as the organisation that is supported."""
    return engagement.beneficiary_id == contact.organisation_id


def shown_assignments(contact: Contact, engagement: Engagement) -> list[Assignment]:
    """The assignments of an engagement that a contact may open, first the latest begun."""
    known = Assignment.objects.known_to(contact).filter(engagement=engagement)
    return list(
        known.select_related("provider", "skill", "contact__user", "engagement").order_by(
            "-starts_on", "label", "pk"
        )
    )


def steps_of(engagement: Engagement) -> list[dict[str, str]]:
    """The five stages for the line of steps: the last entered is the present one (SPEC E1)."""
    entered = {entry.stage: entry.entered_on for entry in engagement.stage_entries.all()}
    current = engagement.current_stage
    order = list(Stage)
    place = order.index(Stage(current)) if current else -1
    return [
        {
            "label": stage.label,
            "state": "now"
            if stage == current
            else "done"
            if order.index(stage) < place
            else "todo",
            "detail": f"depuis le {entered[stage]:%d/%m/%Y}"
            if stage == current
            else f"{entered[stage]:%d/%m/%Y}"
            if stage in entered
            else "",
        }
        for stage in order
    ]


def known_engagement(contact: Contact, pk: UUID) -> Engagement:
    """The engagement, with what its pages show. Raises Http404 when it is not this contact's."""
    rows = Engagement.objects.known_to(contact).with_stage()
    return get_object_or_404(
        rows.select_related("beneficiary", "operator", "officer__user", "territory", "sector"),
        pk=pk,
    )


def tabs_of(engagement: Engagement, current: str) -> list[dict]:
    """The pages of one engagement."""
    pages = [
        ("engagement", "Informations"),
        ("engagement_contacts", "Contacts"),
        ("engagement_meetings", "Rendez-vous"),
        ("engagement_documents", "Documents"),
    ]
    return [
        {"label": label, "url": reverse(name, args=[engagement.pk]), "current": name == current}
        for name, label in pages
    ]


def render_tab(
    request: HttpRequest, engagement: Engagement, template: str, context: dict
) -> HttpResponse:
    """One page of an engagement, with what all of them show."""
    shared = {
        "engagement": engagement,
        "tabs": tabs_of(engagement, request.resolver_match.url_name),
        "steps": steps_of(engagement),
        "as_beneficiary": is_beneficiary(request.contact, engagement),
    }
    return render(request, template, shared | context)


@acting_contact_required
def engagement_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """General information: stages, plan, assignments, officer."""
    engagement = known_engagement(request.contact, pk)
    plan = engagement.actions.filter(assignment=None).select_related("kind")
    context = {
        "assignments": shown_assignments(request.contact, engagement),
        "actions": plan if is_beneficiary(request.contact, engagement) else [],
    }
    return render_tab(request, engagement, "extranet/engagement.html", context)


@acting_contact_required
def engagement_contacts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whom to call: the officer, the beneficiary's people, those of the assignments."""
    engagement = known_engagement(request.contact, pk)
    people = (
        Contact.objects.filter(
            organisation=engagement.beneficiary_id, ended_on=None, user__is_active=True
        )
        .select_related("user", "establishment")
        .order_by("user__last_name", "user__first_name", "pk")
    )
    context = {
        "people": people[:10],
        "assignments": [
            assignment
            for assignment in shown_assignments(request.contact, engagement)
            if assignment.is_settled and assignment.contact
        ],
    }
    return render_tab(request, engagement, "extranet/engagement_contacts.html", context)


@acting_contact_required
def engagement_meetings(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The meetings of this engagement that the person's organisation takes part in, the coming
    ones first."""
    engagement = known_engagement(request.contact, pk)
    found = visible_meetings(request).filter(engagement=engagement)
    coming = sorted(found.coming(), key=first_moment)
    over = found.exclude(pk__in=[meeting.pk for meeting in coming]).order_by("-created_at", "pk")
    return render_tab(
        request, engagement, "extranet/engagement_meetings.html", {"coming": coming, "over": over}
    )


@acting_contact_required
def engagement_documents(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The documents asked of the person's organisation for this engagement, and their state."""
    engagement = known_engagement(request.contact, pk)
    asked = DocumentRequest.objects.known_to(request.contact).filter(engagement=engagement)
    rows = asked.select_related("asked_by").prefetch_related("items__type", "items__document")
    return render_tab(
        request,
        engagement,
        "extranet/engagement_documents.html",
        {"requests": rows.order_by("-due_on", "pk")},
    )


@acting_contact_required
def assignment_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One assignment: beneficiary, provider, dates, amount, status."""
    assignment = get_object_or_404(
        Assignment.objects.known_to(request.contact).select_related(
            "engagement__beneficiary",
            "engagement__operator",
            "engagement__officer__user",
            "provider",
            "establishment",
            "contact__user",
            "skill",
        ),
        pk=pk,
    )
    return render(
        request,
        "extranet/assignment.html",
        {"assignment": assignment, "engagement": assignment.engagement},
    )
