"""The officers' forms: asking, deciding row by row, cancelling (SPEC D4, D5)."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4

from django import forms
from django.utils import timezone

from ilo_cms.directory.models import Organisation
from ilo_cms.document_requests.decisions import Verdict
from ilo_cms.document_requests.models import DocumentRequest, DocumentRequestItem, ItemState
from ilo_cms.referentials.models import DocumentType


GONE = "Cette pièce n’est plus attendue."


def a_day(**kwargs) -> forms.DateField:
    """A date that browsers let people pick."""
    return forms.DateField(
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"), **kwargs
    )


class AskForm(forms.Form):
    """What is asked, of whom, until when. `key` makes of a double click one request."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    organisation = forms.ModelChoiceField(
        label="À qui", queryset=Organisation.objects.none(), widget=forms.RadioSelect
    )
    types = forms.ModelMultipleChoiceField(
        label="Pièces demandées",
        queryset=DocumentType.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choisissez au moins une pièce."},
    )
    message = forms.CharField(
        label="Message",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Ce que ses contacts liront avec la demande : à quoi servent ces pièces, ce "
        "qu’elles doivent montrer.",
    )
    due_on = a_day(label="À envoyer avant le")

    def __init__(self, *args, organisations: list[Organisation], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.initial.setdefault("key", uuid4())
        self.fields["types"].queryset = DocumentType.objects.active()
        keys = [row.pk for row in organisations]
        self.fields["organisation"].queryset = Organisation.objects.filter(pk__in=keys)
        self.fields["organisation"].empty_label = None
        if len(organisations) == 1:
            self.initial["organisation"] = organisations[0]
            self.fields["organisation"].widget = forms.HiddenInput()


class WholeForm(forms.Form):
    """What is done with a whole request. `place` is its name on the request's page."""

    place = ""
    reason = forms.CharField(
        label="Motif",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="La structure le lira.",
        error_messages={"required": "Dites pourquoi : la structure le lira."},
    )

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, auto_id=f"{self.place}_%s", **kwargs)

    def is_offered(self, request: DocumentRequest) -> bool:
        """Whether the page of a request, as it is now, holds this form."""
        raise NotImplementedError

    def look_again(self, request: DocumentRequest) -> None:
        """Before it is shown again: the person sees the request as it is now."""


class CancelForm(WholeForm):
    """Why a request is cancelled."""

    place = "cancel_form"

    def is_offered(self, request: DocumentRequest) -> bool:
        return request.is_open


class ReopenForm(WholeForm):
    """Why it is reopened, and until when."""

    place = "reopen_form"
    due_on = a_day(label="Nouvelle date", error_messages={"required": "Donnez une nouvelle date."})

    def is_offered(self, request: DocumentRequest) -> bool:
        return request.cancelled_at is not None


class RescheduleForm(WholeForm):
    """The new date, the one that was shown, and why, if the officer wishes."""

    place = "reschedule_form"
    seen = forms.DateField(widget=forms.HiddenInput)
    due_on = a_day(label="Nouvelle date", error_messages={"required": "Donnez une nouvelle date."})

    def __init__(self, *args, due_on: date | None = None, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(["seen", "due_on", "reason"])
        self.fields["reason"].required = False
        self.fields["reason"].label = "Motif (facultatif)"
        today = timezone.localdate()
        self.fields["due_on"].widget.attrs["min"] = f"{today:%Y-%m-%d}"
        if due_on:
            self.initial = {"seen": f"{due_on:%Y-%m-%d}", "due_on": due_on}

    def is_offered(self, request: DocumentRequest) -> bool:
        return request.waits

    def look_again(self, request: DocumentRequest) -> None:
        self.data = self.data.copy()
        self.data["seen"] = f"{request.due_on:%Y-%m-%d}"


class DepositForm(WholeForm):
    """A file that the organisation sent by another way, and the document that it is."""

    place = "deposit_form"
    reason = None
    item = forms.ChoiceField(
        label="Pièce reçue autrement",
        error_messages=dict.fromkeys(("required", "invalid_choice"), GONE),
    )
    file = forms.FileField(label="Fichier", required=False, widget=forms.FileInput)

    def __init__(self, *args, request: DocumentRequest, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.look_again(request)

    def is_offered(self, request: DocumentRequest) -> bool:
        return request.waits

    def look_again(self, request: DocumentRequest) -> None:
        waiting = [item for item in request.items.all() if item.waits]
        self.fields["item"].choices = [(str(item.pk), item.type.with_limits) for item in waiting]


@dataclass(frozen=True)
class Line:
    """One row of the page: its item and, when it awaits a decision, its controls."""

    item: DocumentRequestItem
    verdict: forms.BoundField | None = None
    reason: forms.BoundField | None = None
    issued_on: forms.BoundField | None = None

    @property
    def typed(self) -> str:
        """What had been chosen and written, shown when it could not be saved."""
        data = self.form_data or {}
        chosen = dict(CHOICES).get(data.get(f"verdict_{self.item.pk}", ""), "")
        words = data.get(f"reason_{self.item.pk}", "").strip()
        return " : ".join(filter(None, [chosen, f"« {words} »" if words else ""]))

    form_data: dict | None = None


CHOICES = [("", "Plus tard"), ("yes", "Accepter"), ("no", "Refuser")]


class DecisionForm(forms.Form):
    """One verdict per row that was sent; rows left for later are not decided."""

    def __init__(self, *args, items: list[DocumentRequestItem], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.items = items
        for item in self.to_decide:
            key, today = item.pk, timezone.localdate()
            self.fields[f"seen_{key}"] = forms.CharField(
                widget=forms.HiddenInput, initial=item.stamp, required=False
            )
            self.fields[f"verdict_{key}"] = forms.ChoiceField(
                choices=CHOICES,
                widget=forms.RadioSelect,
                required=False,
                label=f"Décision : {item}",
            )
            self.fields[f"reason_{key}"] = forms.CharField(
                required=False,
                max_length=500,
                widget=forms.Textarea(attrs={"rows": 2}),
                label=f"Motif du refus : {item}",
            )
            if item.document and item.type.validity_months:
                self.fields[f"issued_on_{key}"] = a_day(
                    required=False,
                    label=f"Date du document : {item}",
                    initial=item.document.issued_on,
                )
                self.fields[f"issued_on_{key}"].widget.attrs["max"] = f"{today:%Y-%m-%d}"

    @property
    def to_decide(self) -> list[DocumentRequestItem]:
        """The rows that await a decision."""
        return [item for item in self.items if item.state == ItemState.SENT]

    @property
    def moved(self) -> list[DocumentRequestItem]:
        """The rows for which a verdict is given, and that no longer await one."""
        awaited = {item.pk for item in self.to_decide}
        return [
            item
            for item in self.items
            if item.pk not in awaited and self.data.get(f"verdict_{item.pk}")
        ]

    def clean(self) -> dict:
        """A refusal needs its reason: say so beside the field."""
        cleaned = super().clean()
        chosen = [cleaned.get(f"verdict_{item.pk}") for item in self.to_decide]
        if not any(chosen) and not self.errors:
            self.add_error(None, "Acceptez ou refusez au moins une pièce.")
        for item in self.to_decide:
            refused = cleaned.get(f"verdict_{item.pk}") == "no"
            if refused and not cleaned.get(f"reason_{item.pk}", "").strip():
                self.add_error(f"reason_{item.pk}", "Expliquez votre refus : la structure le lira.")
        return cleaned

    def verdicts(self) -> dict[UUID, Verdict]:
        """What `decisions.decide` takes."""
        return {
            item.pk: Verdict(
                accepted=self.cleaned_data[f"verdict_{item.pk}"] == "yes",
                seen=self.cleaned_data[f"seen_{item.pk}"],
                reason=self.cleaned_data[f"reason_{item.pk}"],
                issued_on=self.cleaned_data.get(f"issued_on_{item.pk}"),
            )
            for item in self.to_decide
            if self.cleaned_data[f"verdict_{item.pk}"]
        }

    def lines(self) -> list[Line]:
        """The page's rows, with their controls."""
        data = self.data.dict() if self.is_bound else None
        awaited = {item.pk for item in self.to_decide}
        found = []
        for item in self.items:
            name = f"issued_on_{item.pk}"
            controls = (
                {
                    "verdict": self[f"verdict_{item.pk}"],
                    "reason": self[f"reason_{item.pk}"],
                    "issued_on": self[name] if name in self.fields else None,
                }
                if item.pk in awaited
                else {}
            )
            found.append(Line(item, form_data=data, **controls))
        return found
