"""An engagement and its assignments, as a provider or its beneficiary reads them (E4, E6, E10).

Both open the same pages: a beneficiary finds its whole plan there, a provider what it is engaged
for.
"""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from ilo_cms.directory.models import Contact
from ilo_cms.document_requests.models import DocumentRequest
from ilo_cms.documents.uploads import came_whole
from ilo_cms.engagements.models import (
    Action,
    Assignment,
    Engagement,
    EngagementContact,
    Resource,
    Stage,
)
from ilo_cms.extranet.access import acting_contact_required, acting_form
from ilo_cms.extranet.kept_forms import restore
from ilo_cms.extranet.resources import (
    DepositForm,
    change_own,
    deposited,
    lines_of,
    may_deposit,
)
from ilo_cms.extranet.views.meetings import first_moment, visible_meetings
from ilo_cms.meetings.models import Meeting


def is_beneficiary(contact: Contact, engagement: Engagement) -> bool:
    """Whether a contact reads the engagement as the organisation that is supported."""
    return engagement.beneficiary_id == contact.organisation_id


def known_assignments(request: HttpRequest, engagement: Engagement) -> list[Assignment]:
    """The assignments of an engagement that this capacity reads, first the latest begun."""
    known = Assignment.objects.known_to(request.contact).filter(engagement=engagement)
    rows = known.select_related("provider", "contact__user", "contact__organisation", "engagement")
    return list(rows.order_by("-starts_on", "label", "pk"))


def steps_of(engagement: Engagement) -> list[dict[str, str]]:
    """The five stages for the line of steps: the last entered is the present one (SPEC E1).

    Nothing is under way in a closed engagement.
    """
    entries = engagement.stage_entries.in_force().order_by("entered_on", "rank")
    entered = {entry.stage: entry.entered_on for entry in entries}
    order = list(Stage)
    place = order.index(Stage(engagement.current_stage)) if engagement.current_stage else -1
    steps = []
    for number, stage in enumerate(order):
        day = f"{entered[stage]:%d/%m/%Y}" if stage in entered else ""
        state = "now" if number == place else "done" if number < place else "todo"
        if state == "now" and not engagement.is_open:
            state = "done"
        detail = f"depuis le {day}" if state == "now" else day
        steps.append({"label": stage.label, "state": state, "detail": detail})
    return steps


def known_engagement(request: HttpRequest, pk: UUID) -> Engagement:
    """The engagement, with what its pages show. Raises Http404 when it is not this capacity's."""
    rows = Engagement.objects.known_to(request.contact).with_stage()
    return get_object_or_404(rows.select_related("beneficiary", "operator", "officer__user"), pk=pk)


def asked_for(request: HttpRequest, engagement: Engagement):
    """The documents asked of this capacity's organisation for an engagement, latest date first."""
    rows = DocumentRequest.objects.known_to(request.contact).filter(engagement=engagement)
    rows = rows.select_related("asked_by").prefetch_related("items__type", "items__document")
    return rows.order_by("-due_on", "pk")


def coming_meetings(request: HttpRequest, engagement: Engagement) -> list[Meeting]:
    """Its meetings to come in which the organisation takes part, the soonest first."""
    found = visible_meetings(request).filter(engagement=engagement)
    return sorted(found.coming(), key=first_moment)


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
    request: HttpRequest, engagement: Engagement, template: str, context: dict, status: int = 200
) -> HttpResponse:
    """One page of an engagement, with what all of them show."""
    shared = {
        "engagement": engagement,
        "tabs": tabs_of(engagement, request.resolver_match.url_name),
        "steps": steps_of(engagement),
        "as_beneficiary": is_beneficiary(request.contact, engagement),
    }
    return render(request, template, shared | context, status=status)


@acting_contact_required
def engagement_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """General information: what awaits, stages, plan, assignments, officer."""
    engagement = known_engagement(request, pk)
    plan = Action.objects.known_to(request.contact).filter(engagement=engagement, assignment=None)
    context = {
        "requests": asked_for(request, engagement).waiting(),
        "coming": coming_meetings(request, engagement),
        "assignments": known_assignments(request, engagement),
        "actions": plan.select_related("kind", "assignment"),
    }
    return render_tab(request, engagement, "extranet/engagement.html", context)


@acting_contact_required
def engagement_contacts(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Whom to call: the officer, the beneficiary's people, those of the assignments."""
    engagement = known_engagement(request, pk)
    people = EngagementContact.objects.known_to(request.contact).filter(engagement=engagement)
    people = people.select_related("contact__user", "contact__organisation", "assignment")
    assignments = known_assignments(request, engagement)
    context = {
        "ours": [person for person in people if person.assignment is None],
        "theirs": workers([person for person in people if person.assignment], assignments),
    }
    return render_tab(request, engagement, "extranet/engagement_contacts.html", context)


def workers(
    people: list[EngagementContact], assignments: list[Assignment]
) -> list[dict[str, object]]:
    """Those who work on assignments: each person once, with the labels of what they work on."""
    found: dict[UUID, dict] = {}
    shown = [row for row in assignments if row.is_shown_to_provider and row.contact_id]
    pairs = [(row.contact, row, False) for row in shown]
    pairs += [(row.contact, row.assignment, row.is_main) for row in people]
    for contact, assignment, is_main in pairs:
        line = found.setdefault(contact.pk, {"contact": contact, "labels": [], "is_main": False})
        line["is_main"] = line["is_main"] or is_main
        if assignment.label not in line["labels"]:
            line["labels"].append(assignment.label)
    return list(found.values())


@acting_contact_required
def engagement_meetings(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The meetings of this engagement in which the organisation takes part, the coming first."""
    engagement = known_engagement(request, pk)
    found = visible_meetings(request).filter(engagement=engagement)
    coming = coming_meetings(request, engagement)
    over = found.exclude(pk__in=[meeting.pk for meeting in coming]).order_by("-created_at", "pk")
    context = {"coming": coming, "over": over}
    return render_tab(request, engagement, "extranet/engagement_meetings.html", context)


@acting_form()
def engagement_documents(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Documents asked for, resources shared; a POST deposits one more."""
    engagement = known_engagement(request, pk)
    posted = request.method == "POST"
    form = DepositForm(
        request.POST if posted else restore(request),
        request.FILES if posted else None,
        contact=request.contact,
        engagement=engagement,
    )
    valid = posted and came_whole(request, form) and form.is_valid()
    if valid and deposited(request, form, engagement):
        messages.success(request, f"Dépôt enregistré : « {form.cleaned_data['title']} ».")
        return redirect("engagement_documents", pk=engagement.pk)
    resources = Resource.objects.known_to(request.contact).filter(
        engagement=engagement, withdrawn_at=None
    )
    context = {
        "requests": asked_for(request, engagement),
        "lines": lines_of(
            request,
            engagement,
            resources.select_related("document", "organisation", "assignment", "engagement"),
        ),
        "form": form if form.is_bound or may_deposit(request.contact, engagement) else None,
    }
    status = 422 if posted else 200
    return render_tab(request, engagement, "extranet/engagement_documents.html", context, status)


@acting_form()
def own_resource(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Share, unshare or withdraw what one's own organisation deposited (SPEC E9)."""
    rows = Resource.objects.known_to(request.contact).filter(
        organisation=request.contact.organisation, withdrawn_at=None
    )
    resource = get_object_or_404(rows.select_related("engagement__beneficiary"), pk=pk)
    if request.method == "POST":
        try:
            messages.success(request, change_own(request, resource))
        except PermissionDenied as error:
            messages.error(request, str(error))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
    return redirect("engagement_documents", pk=resource.engagement_id)


@acting_contact_required
def assignment_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One assignment: beneficiary, provider, dates, amount, status, deliverables, evaluations."""
    rows = Assignment.objects.known_to(request.contact).select_related(
        "engagement__beneficiary",
        "engagement__operator",
        "engagement__officer__user",
        "provider",
        "establishment",
        "contact__user",
        "skill",
    )
    assignment = get_object_or_404(rows, pk=pk)
    resources = Resource.objects.known_to(request.contact).filter(
        assignment=assignment, withdrawn_at=None
    )
    context = {
        "assignment": assignment,
        "engagement": assignment.engagement,
        "resources": resources.select_related("document", "organisation", "assignment"),
    }
    return render(request, "extranet/assignment.html", context)
