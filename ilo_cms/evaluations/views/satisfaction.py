"""Sending satisfaction forms, reminding, and reading one (SPEC E10)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.models import Engagement
from ilo_cms.engagements.policies import can_edit_engagement
from ilo_cms.evaluations.answers import lines
from ilo_cms.evaluations.forms import SendForm
from ilo_cms.evaluations.models import SatisfactionRequest
from ilo_cms.evaluations.policies import can_remind
from ilo_cms.evaluations.services.satisfaction import remind, send
from ilo_cms.evaluations.views import page


INDEX = ("satisfaction_request:index", "Satisfaction")


def start(request: HttpRequest) -> HttpResponse:
    """The team's engagements, latest first, to choose the one to ask about."""
    officer = active_officer(request.user)
    if officer is None:
        raise PermissionDenied
    rows = (
        Engagement.objects.visible_to(request.user)
        .filter(operator=officer.operator_id)
        .select_related("beneficiary")
        .order_by("-opened_on", "pk")
    )
    searched = request.GET.get("q", "").replace("\0", "").strip()
    if searched:
        rows = rows.filter(title__icontains=searched) | rows.filter(
            beneficiary__name__icontains=searched
        )
    context = {
        "engagements": Paginator(rows, 30).get_page(request.GET.get("p")),
        "searched": searched,
    }
    title = "Envoyer un formulaire de satisfaction"
    return render(request, "evaluations/satisfaction_start.html", context | page(title, *INDEX))


def engagement_satisfaction(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What was sent about one engagement, and the form that sends more."""
    rows = Engagement.objects.visible_to(request.user).select_related("operator", "beneficiary")
    engagement = get_object_or_404(rows.prefetch_related("stage_entries"), pk=pk)
    can_edit_engagement(request.user, engagement).enforce()
    form, status = SendForm(request.POST or None, engagement=engagement, user=request.user), 200
    if request.method == "POST":
        status = 422
        if form.is_valid() and sent(request, engagement, form):
            return redirect("engagement_satisfaction", pk=engagement.pk)
    asked = (
        SatisfactionRequest.objects.visible_to(request.user)
        .filter(engagement=engagement)
        .select_related("contact__user", "contact__organisation", "version", "engagement__operator")
    )
    context = {
        "engagement": engagement,
        "form": form,
        "asked": [(row, can_remind(request.user, row)) for row in asked],
    }
    title = f"Satisfaction : {engagement.title}"
    return render(
        request, "evaluations/satisfaction_send.html", context | page(title, *INDEX), status=status
    )


def sent(request: HttpRequest, engagement: Engagement, form: SendForm) -> bool:
    """Send a valid form, and say to how many; False when refused, which the form then says."""
    try:
        asked = send(engagement=engagement, acting_user=request.user, **form.cleaned_data)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    except PermissionDenied as error:
        form.add_error(None, ValidationError(str(error)))
        return False
    several = len(asked) > 1
    messages.success(
        request,
        f"{len(asked)} personnes sont invitées à répondre."
        if several
        else "Une personne est invitée à répondre.",
    )
    return True


def satisfaction_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One form: its answers, or the reminder while it waits."""
    rows = SatisfactionRequest.objects.visible_to(request.user).select_related(
        "engagement__operator",
        "engagement__beneficiary",
        "contact__user",
        "contact__organisation",
        "version",
        "sent_by",
    )
    found = get_object_or_404(rows.prefetch_related("answers__question"), pk=pk)
    if request.method == "POST":
        try:
            remind(request=found, acting_user=request.user)
        except PermissionDenied as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{found.contact.user} reçoit un rappel.")
        return redirect(found.admin_path)
    context = {
        "found": found,
        "lines": lines(found.version, found.answers.all()),
        "may_remind": can_remind(request.user, found),
    }
    return render(
        request, "evaluations/satisfaction.html", context | page(found.engagement.title, *INDEX)
    )
