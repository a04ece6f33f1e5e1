"""The intranet's pages that propose a meeting: for which engagement, then whom and when (E8)."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.engagements.admin import engagement_chooser
from ilo_cms.engagements.models import Engagement
from ilo_cms.meetings.forms import ProposalForm, SlotsForm
from ilo_cms.meetings.policies import can_propose
from ilo_cms.meetings.services import propose


class EngagementForm(forms.Form):
    """For which engagement."""

    engagement = forms.ModelChoiceField(
        label="Accompagnement",
        queryset=Engagement.objects.none(),
        widget=engagement_chooser.widget_class,
    )

    def __init__(self, *args, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["engagement"].queryset = Engagement.objects.visible_to(user)


def choose_engagement(request: HttpRequest) -> HttpResponse:
    """Ask for which engagement the meeting is, then go on to the proposal."""
    form = EngagementForm(request.GET if "engagement" in request.GET else None, user=request.user)
    refusal = ""
    if form.is_valid():
        engagement = form.cleaned_data["engagement"]
        if decision := can_propose(request.user, engagement):
            return redirect("meeting_propose", engagement.pk)
        refusal = decision.reason
    context = {"form": form, "refusal": refusal} | frame([])
    status = 422 if refusal or form.errors else 200
    return render(request, "meetings/choose.html", context, status=status)


def frame(trail: list[dict]) -> dict:
    """What the skeleton of both pages needs: title, icon and the way back."""
    return {
        "header_title": "Proposer un rendez-vous",
        "header_icon": "calendar",
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": "Accueil"},
            *(trail or [{"url": reverse("meeting:index"), "label": "Rendez-vous"}]),
            {"url": "", "label": "Proposer un rendez-vous"},
        ],
    }


def propose_meeting(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask what, who and when; on POST store the meeting and tell the people."""
    rows = Engagement.objects.visible_to(request.user).select_related("beneficiary", "operator")
    engagement = get_object_or_404(rows, pk=pk)
    proposing = can_propose(request.user, engagement)
    proposing.enforce()
    posted = request.POST if request.method == "POST" else None
    form = ProposalForm(posted, engagement=engagement, user=request.user)
    slots = SlotsForm(posted, prefix="slots")
    status = 200
    if posted is not None:
        status = 422
        valid = [form.is_valid(), slots.is_valid()]  # both, so that all faults are shown at once
        if all(valid):
            try:
                meeting = propose(
                    meeting=form.save(commit=False),
                    moments=slots.moments(),
                    contacts=form.cleaned_data["contacts"],
                    officers=form.cleaned_data["officers"],
                    acting_user=request.user,
                )
            except ValidationError as error:
                form.add_error(None, error.messages)
            else:
                messages.success(request, "Le rendez-vous est proposé aux personnes choisies.")
                return redirect("meeting:inspect", meeting.pk)
    trail = [
        {"url": reverse("engagement:index"), "label": "Accompagnements"},
        {"url": reverse("engagement:inspect", args=[engagement.pk]), "label": engagement.title},
    ]
    context = {"engagement": engagement, "form": form, "slots": slots} | frame(trail)
    return render(request, "meetings/propose.html", context, status=status)
