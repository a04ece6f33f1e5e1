"""The forms of meetings: proposing, answering, moving, cancelling."""

from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact, Officer
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.meetings.models import Answer, Meeting, Participant, Slot
from ilo_cms.meetings.people import invitable_contacts, invitable_officers
from ilo_cms.meetings.services import Moment
from ilo_cms.meetings.times import paris_moment


#: Slots that the form of a proposal offers; empty ones are left out.
SLOTS_OFFERED = 5


class AnswerForm(forms.Form):
    """One answer per slot to come, with what the person said before."""

    def __init__(self, *args, meeting: Meeting, participant: Participant | None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.slots = {f"slot_{slot.pk}": slot for slot in meeting.slots.all() if not slot.is_past}
        given = {}
        if participant:
            given = {each.slot_id: each.choice for each in participant.answers.all()}
        for name, slot in self.slots.items():
            self.fields[name] = forms.ChoiceField(
                label=str(slot),
                choices=Answer.Choice.choices,
                initial=given.get(slot.pk),
                widget=forms.RadioSelect,
                required=False,
            )

    def clean(self) -> dict:
        """At least one answer."""
        if not any(self.cleaned_data.values()):
            raise ValidationError("Répondez pour au moins un créneau.")
        return self.cleaned_data

    def choices(self) -> dict[Slot, str]:
        """The answers given, by slot."""
        return {
            slot: self.cleaned_data[name]
            for name, slot in self.slots.items()
            if self.cleaned_data.get(name)
        }


class MomentForm(forms.Form):
    """A day with a start and an end, as clocks in Paris show them."""

    day = forms.DateField(label="Jour", widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"))
    start = forms.TimeField(label="De", widget=forms.TimeInput({"type": "time"}, "%H:%M"))
    end = forms.TimeField(label="À", widget=forms.TimeInput({"type": "time"}, "%H:%M"))

    def clean(self) -> dict:
        """A moment that exists, lies ahead and ends after it starts."""
        data = self.cleaned_data
        if {"day", "start", "end"} <= data.keys() and all(data.values()):
            moment = Moment(
                paris_moment(data["day"], data["start"]), paris_moment(data["day"], data["end"])
            )
            moment.check()
            data["moment"] = moment
        return data


class SlotsFormSet(forms.BaseFormSet):
    """The slots of a proposal: at least one, none twice."""

    def moments(self) -> list[Moment]:
        """The slots that were filled in."""
        return [form.cleaned_data["moment"] for form in self if form.cleaned_data.get("moment")]

    def clean(self) -> None:
        """At least one slot."""
        if not any(self.errors) and not self.moments():
            raise ValidationError("Proposez au moins un créneau.")


SlotsForm = forms.formset_factory(
    MomentForm, formset=SlotsFormSet, extra=SLOTS_OFFERED, max_num=SLOTS_OFFERED
)


class ContactsField(forms.ModelMultipleChoiceField):
    """Names each contact, and says how far they are from reading a mail or answering."""

    def label_from_instance(self, contact: Contact) -> str:
        """The person, their organisation, and what to mind."""
        note = ""
        if not contact.user.email:
            note = " (sans adresse électronique : à prévenir autrement)"
        elif not contact.has_access:
            note = " (sans accès à l’extranet : reçoit les courriels, ne répond pas ici)"
        elif not contact.user.has_usable_password():
            note = " (compte pas encore activé : reçoit les courriels, répondra ensuite)"
        return f"{contact.user}, {contact.organisation}{note}"


class OfficersField(forms.ModelMultipleChoiceField):
    """Names each colleague."""

    def label_from_instance(self, officer: Officer) -> str:
        """The person."""
        return str(officer.user)


class ProposalForm(forms.ModelForm):
    """What the meeting is about, and who is invited."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    contacts = ContactsField(
        label="Bénéficiaire et prestataires",
        queryset=Contact.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    officers = OfficersField(
        label="Collègues",
        queryset=Officer.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = Meeting
        fields = ["title", "assignment", "place", "agenda"]
        widgets = {"agenda": forms.Textarea({"rows": 4})}

    def __init__(self, *args, engagement: Engagement, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.initial["key"] = uuid4()
        self.instance.engagement = engagement
        self.fields["contacts"].queryset = invitable_contacts(engagement)
        self.fields["officers"].queryset = invitable_officers(engagement).exclude(user=user)
        of_engagement = Assignment.objects.filter(engagement=engagement)
        self.fields["assignment"].queryset = of_engagement
        self.fields["assignment"].empty_label = "Tout l’accompagnement"

    def clean(self) -> dict:
        """At least one person."""
        data = super().clean()
        if not self.errors and not data.get("contacts") and not data.get("officers"):
            raise ValidationError("Invitez au moins une personne.")
        self.instance.pk = data.get("key") or self.instance.pk
        return data


class EditForm(forms.ModelForm):
    """What a meeting says; while no date is fixed, dates to withdraw and one to add."""

    withdrawn = forms.ModelMultipleChoiceField(
        label="Créneaux à retirer, avec leurs réponses",
        queryset=Slot.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )
    day = forms.DateField(
        label="Créneau à ajouter",
        widget=forms.DateInput({"type": "date"}, "%Y-%m-%d"),
        required=False,
    )
    start = forms.TimeField(
        label="De", widget=forms.TimeInput({"type": "time"}, "%H:%M"), required=False
    )
    end = forms.TimeField(
        label="À", widget=forms.TimeInput({"type": "time"}, "%H:%M"), required=False
    )

    class Meta:
        model = Meeting
        fields = ["title", "place", "agenda"]
        widgets = {"agenda": forms.Textarea({"rows": 4})}

    def __init__(self, *args, **kwargs) -> None:
        kwargs.setdefault("auto_id", "edit_%s")
        super().__init__(*args, **kwargs)
        if self.instance.chosen_id:
            for name in ("withdrawn", "day", "start", "end"):
                del self.fields[name]
        else:
            self.fields["withdrawn"].queryset = self.instance.slots.all()

    def clean(self) -> dict:
        """A date to add is whole."""
        data = super().clean()
        typed = [data.get(name) for name in ("day", "start", "end")]
        data["added"] = []
        if not self.errors and any(value is not None for value in typed):
            if None in typed:
                raise ValidationError("Donnez le jour, le début et la fin du créneau à ajouter.")
            day, start, end = typed
            moment = Moment(paris_moment(day, start), paris_moment(day, end))
            moment.check()
            data["added"] = [moment]
        return data


class CancelForm(forms.Form):
    """Why a meeting is cancelled."""

    reason = forms.CharField(
        label="Motif, envoyé aux personnes invitées",
        max_length=500,
        widget=forms.Textarea({"rows": 2}),
    )
