"""Meetings in the extranet: those to come, and one meeting with its answers (SPEC E4, E8)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.extranet.access import acting_contact_required, acting_form
from ilo_cms.meetings.forms import AnswerForm
from ilo_cms.meetings.ics import feed_of, fixed_event
from ilo_cms.meetings.models import Meeting
from ilo_cms.meetings.policies import can_answer
from ilo_cms.meetings.services import answer, place_of


#: How many meetings the list shows on either side of today.
SHOWN = 50


def visible_meetings(request: HttpRequest):
    """The meetings of the organisation the person acts for."""
    return Meeting.objects.known_to(request.contact).with_people()


@acting_contact_required
def meetings(request: HttpRequest) -> HttpResponse:
    """What is to come, soonest first, then what is over."""
    found = visible_meetings(request)
    coming = sorted(found.coming()[:SHOWN], key=first_moment)
    over = found.exclude(pk__in=[meeting.pk for meeting in coming]).order_by("-created_at", "pk")
    return render(request, "extranet/meetings.html", {"coming": coming, "over": over[:SHOWN]})


def first_moment(meeting: Meeting):
    """When a meeting takes place, or may at the earliest."""
    if meeting.chosen:
        return meeting.chosen.starts_at
    return min(slot.starts_at for slot in meeting.slots.all() if not slot.is_past)


@acting_form()
def meeting(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One meeting; on POST keep the person's answers."""
    found = get_object_or_404(visible_meetings(request), pk=pk)
    place = place_of(found, request.user, request.contact)
    if request.method != "POST":
        return show(request, found, place, AnswerForm(meeting=found, participant=place))
    form = AnswerForm(request.POST, meeting=found, participant=place)
    if not (place and can_answer(request.user, request.contact, place)):
        return show(request, found, place, form, status=403)
    if not form.is_valid():
        return show(request, found, place, form, status=422)
    try:
        answer(
            meeting=found,
            choices=form.choices(),
            acting_user=request.user,
            acting_as=request.contact,
        )
    except PermissionDenied:  # the date was fixed, or the access ended, in between
        found = get_object_or_404(visible_meetings(request), pk=pk)
        place = place_of(found, request.user, request.contact)
        return show(request, found, place, form, status=409)
    except ValidationError as error:
        form.add_error(None, error)
        return show(request, found, place, form, status=422)
    messages.success(request, f"Vos réponses sont transmises à {found.organiser.user}.")
    return redirect("meeting", pk=found.pk)


@acting_contact_required
def meeting_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A meeting whose date is fixed, for the person's own calendar (SPEC E8)."""
    found = get_object_or_404(visible_meetings(request), pk=pk, chosen__isnull=False)
    if found.cancelled_at:
        raise Http404
    headers = {"Content-Disposition": 'attachment; filename="rendez-vous.ics"'}
    content = feed_of([fixed_event(found)])
    return HttpResponse(content, content_type="text/calendar; charset=utf-8", headers=headers)


def show(request: HttpRequest, found: Meeting, place, form, status: int = 200) -> HttpResponse:
    """The page of a meeting."""
    answering = place and can_answer(request.user, request.contact, place)
    context = {"meeting": found, "place": place, "form": form, "answering": answering}
    return render(request, "extranet/meeting.html", context, status=status)
