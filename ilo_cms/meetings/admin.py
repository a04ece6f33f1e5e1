"""The intranet's screens of meetings: the list, and one meeting with its answers and its acts."""

import re
from collections.abc import Callable

import django_filters
from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import cached_property
from wagtail.admin.filters import DateRangePickerWidget
from wagtail.admin.views.generic import IndexView, InspectView
from wagtail.admin.widgets.button import HeaderButton

from ilo_cms.audit.admin import Audited
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.viewsets import Guarded, RecordViewSet
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.meetings.edits import WORDS, edit
from ilo_cms.meetings.forms import AnswerForm, CancelForm, EditForm, MomentForm
from ilo_cms.meetings.models import Meeting, State
from ilo_cms.meetings.policies import can_answer, can_manage
from ilo_cms.meetings.services import answer, cancel, confirm, move, place_of


class MeetingFilterSet(RecordFilterSet):
    """Meetings by state, organiser and date."""

    etat = django_filters.ChoiceFilter(
        label="État",
        method="filter_state",
        choices=State.choices,
        widget=forms.RadioSelect,
    )
    mine = django_filters.BooleanFilter(label="Organisés par moi", method="filter_mine")
    chosen = django_filters.DateFromToRangeFilter(
        label="Date retenue", field_name="chosen__starts_at", widget=DateRangePickerWidget
    )

    class Meta:
        model = Meeting
        fields = []

    def filter_state(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """Meetings in one state."""
        return rows.in_state(value)

    def filter_mine(self, rows: models.QuerySet, name: str, value: bool) -> models.QuerySet:
        """Those that I organise, or the others."""
        mine = models.Q(organiser=active_officer(self.user))
        return rows.filter(mine) if value else rows.exclude(mine)


class MeetingIndexView(IndexView):
    """The list, and the way to propose one more."""

    @cached_property
    def header_buttons(self) -> list:
        """For officers, who propose."""
        if not active_officer(self.request.user):
            return []
        url = reverse("meeting_choose")
        return [HeaderButton("Proposer un rendez-vous", url=url, icon_name="plus")]


class MeetingInspectView(InspectView):
    """One meeting: who answered what, and the acts that are possible now."""

    template_name = "meetings/inspect.html"

    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        """Do what was asked; what is refused is said on the page, with what was typed."""
        acts: dict[str, Callable[[], str]] = {
            "confirm": self.confirm,
            "move": self.move,
            "edit": self.edit,
            "cancel": self.cancel,
            "answer": self.answer,
        }
        self.bound: dict[str, forms.Form] = {}
        act = acts.get(request.POST.get("act", ""))
        try:
            if act is None:
                raise ValidationError("Choisissez une action.")
            said = act()
        except ValidationError as error:
            status = 409 if getattr(error, "code", "") == "changed" else 422
            return self.refused(error.messages, status)
        except PermissionDenied as error:
            return self.refused([str(error)], 409)
        messages.success(request, said)
        return redirect("meeting:inspect", self.object.pk)

    def refused(self, reasons: list[str], status: int) -> HttpResponse:
        """The page as things stand now, with why nothing was done."""
        self.object = Meeting.objects.get(pk=self.object.pk)
        context = self.get_context_data(refusals=reasons, **self.bound)
        return self.render_to_response(context, status=status)

    def valid(self, name: str, form: forms.Form) -> dict:
        """The values of a form; its errors are raised, and it is shown again as it was filled."""
        self.bound[name] = form
        if not form.is_valid():
            raise ValidationError([text for texts in form.errors.values() for text in texts])
        return form.cleaned_data

    def common(self) -> dict:
        """What each act of the team needs: the meeting, which revision was seen, who acts."""
        seen = self.request.POST.get("seen", "")
        return {
            "meeting": self.object,
            "seen": int(seen) if re.fullmatch(r"[0-9]{1,9}", seen) else -1,
            "acting_user": self.request.user,
        }

    def confirm(self) -> str:
        """Fix one of the dates proposed."""
        slots = {str(slot.pk): slot for slot in self.object.slots.all()}
        slot = slots.get(self.request.POST.get("slot", ""))
        if slot is None:
            raise ValidationError("Choisissez d’abord l’un des créneaux.")
        confirm(slot=slot, **self.common())
        return "La date est fixée. Les personnes invitées sont prévenues."

    def move(self) -> str:
        """Fix another date."""
        data = self.valid("moving", MomentForm(self.request.POST))
        move(moment=data["moment"], **self.common())
        return "La nouvelle date est fixée. Les personnes invitées sont prévenues."

    def edit(self) -> str:
        """Change what the meeting says, or the dates proposed."""
        # Read anew: a form writes what was typed on its meeting, which the page still shows.
        stored = Meeting.objects.get(pk=self.object.pk)
        data = self.valid("editing", EditForm(self.request.POST, instance=stored))
        edit(
            values={name: data[name] for name in WORDS},
            added=data["added"],
            withdrawn=data.get("withdrawn", ()),
            **self.common(),
        )
        return "Le rendez-vous est modifié. Les personnes invitées sont prévenues."

    def cancel(self) -> str:
        """Cancel with a reason."""
        data = self.valid("cancelling", CancelForm(self.request.POST))
        cancel(reason=data["reason"], **self.common())
        return "Le rendez-vous est annulé. Les personnes invitées sont prévenues."

    def answer(self) -> str:
        """Keep one's own answers."""
        place = place_of(self.object, self.request.user)
        form = AnswerForm(self.request.POST, meeting=self.object, participant=place)
        self.valid("answers", form)
        answer(meeting=self.object, choices=form.choices(), acting_user=self.request.user)
        return "Vos réponses sont enregistrées."

    def now_fixed(self, meeting: Meeting) -> dict:
        """The date of a meeting in the form that moves it: one may change its end alone."""
        if not meeting.chosen:
            return {}
        start = timezone.localtime(meeting.chosen.starts_at)
        end = timezone.localtime(meeting.chosen.ends_at)
        return {"day": start.date(), "start": start.time(), "end": end.time()}

    def get_context_data(self, **kwargs) -> dict:
        context = super().get_context_data(**kwargs)
        meeting = Meeting.objects.with_people().get(pk=self.object.pk)
        place = place_of(meeting, self.request.user)
        return context | {
            "meeting": meeting,
            "place": place,
            "refusals": kwargs.get("refusals", []),
            "managing": can_manage(self.request.user, meeting),
            "answering": place and can_answer(self.request.user, None, place),
            "answers": kwargs.get("answers") or AnswerForm(meeting=meeting, participant=place),
            "moving": kwargs.get("moving") or MomentForm(initial=self.now_fixed(meeting)),
            "editing": kwargs.get("editing") or EditForm(instance=meeting),
            "cancelling": kwargs.get("cancelling") or CancelForm(),
        }


class MeetingViewSet(Audited, RecordViewSet):
    """Meetings: proposed from their engagement, then followed here; never edited as rows."""

    model = Meeting
    name = "meeting"
    url_prefix = "rendez-vous"
    icon = "calendar"
    menu_label = "Rendez-vous"
    menu_order = 210
    add_to_admin_menu = True
    closed_views = Guarded.closed_views | {"add", "edit"}
    form_fields: tuple[str, ...] = ()
    list_display = [
        "title",
        "engagement.beneficiary",
        "state_label",
        "chosen",
        "organiser.user",
    ]
    list_export = [
        "title",
        "engagement",
        "engagement.beneficiary",
        "assignment",
        "state_label",
        "chosen.starts_at",
        "chosen.ends_at",
        "place",
        "organiser.user",
        "cancelled_at",
        "cancel_reason",
    ]
    labels = {
        "state_label": "État",
        "engagement.beneficiary": "Bénéficiaire",
        "organiser.user": "Organisé par",
        "chosen": "Date retenue",
    }
    filterset_class = MeetingFilterSet
    search = {"title": None, "engagement__title": None, "engagement__beneficiary": Organisation}
    related = (
        "engagement__beneficiary",
        "engagement__operator",
        "assignment",
        "chosen",
        "organiser__user",
        "organiser__operator",
    )
    prefetched = ("slots",)
    ordering = "-created_at"
    index_view_class = MeetingIndexView
    inspect_view_class = MeetingInspectView
    inspect_view_fields = ["engagement", "assignment", "place", "agenda", "organiser", "created_at"]

    def annotated(self, rows):
        return rows.prefetch_related("slots")


meeting_viewset = MeetingViewSet()
