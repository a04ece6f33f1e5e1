"""The officer's decision, field by field (SPEC M3)."""

from dataclasses import dataclass

from django import forms

from ilo_cms.moderation.models import ChangeItem, ChangeRequest
from ilo_cms.moderation.services import Verdict, item_field, request_fingerprint


CHOICES = [("yes", "Accepter"), ("no", "Refuser")]


@dataclass(frozen=True)
class Row:
    """One line of the decision page: the field's four values and its two controls."""

    label: str
    part: str
    live: str
    asked_from: str
    requested: str
    insee: str
    has_moved: bool
    item: ChangeItem
    verdict: forms.BoundField
    comment: forms.BoundField


class DecisionForm(forms.Form):
    """One verdict and one comment per field, and what the officer saw when deciding."""

    fingerprint = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, change_request: ChangeRequest, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.items = list(change_request.items.all())
        self.initial["fingerprint"] = request_fingerprint(change_request)
        for item in self.items:
            label = item_field(item).label
            self.fields[f"verdict_{item.pk}"] = forms.ChoiceField(
                choices=CHOICES,
                widget=forms.RadioSelect,
                label=f"Décision : {label}",
                error_messages={"required": "Acceptez ou refusez ce champ."},
            )
            self.fields[f"comment_{item.pk}"] = forms.CharField(
                required=False,
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 2}),
                label=f"Commentaire : {label}",
            )

    def clean(self) -> dict:
        """A refusal needs its comment: say so beside the field."""
        cleaned = super().clean()
        for item in self.items:
            refused = cleaned.get(f"verdict_{item.pk}") == "no"
            if refused and not cleaned.get(f"comment_{item.pk}", "").strip():
                self.add_error(
                    f"comment_{item.pk}",
                    "Expliquez votre refus : la personne qui demande lira ce commentaire.",
                )
        return cleaned

    def verdicts(self) -> dict:
        """What `services.decide` takes: one Verdict per item."""
        return {
            item.pk: Verdict(
                approved=self.cleaned_data[f"verdict_{item.pk}"] == "yes",
                comment=self.cleaned_data[f"comment_{item.pk}"].strip(),
            )
            for item in self.items
        }

    def rows(self) -> list[Row]:
        """The page's lines, with the values as they are now."""
        return [self.row(item) for item in self.items]

    def row(self, item: ChangeItem) -> Row:
        """One line: live, requested and INSEE side by side, and whether the live value moved."""
        field = item_field(item)
        live = field.read()
        return Row(
            label=field.label,
            part=item.get_target_display(),
            live=field.readable(live),
            asked_from=item.old_label,
            requested=item.new_label,
            insee=field.insee(),
            has_moved=live != item.old,
            item=item,
            verdict=self[f"verdict_{item.pk}"],
            comment=self[f"comment_{item.pk}"],
        )
