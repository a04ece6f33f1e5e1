"""The officer's decision, field by field (SPEC M3), and the one on many requests."""

from dataclasses import dataclass

from django import forms

from ilo_cms.moderation.decisions import Verdict
from ilo_cms.moderation.reading import Line, fingerprint


CHOICES = [("yes", "Accepter"), ("no", "Refuser")]


@dataclass(frozen=True)
class Row:
    """One line of the decision page: a field's values and its two controls."""

    line: Line
    verdict: forms.BoundField
    comment: forms.BoundField

    @property
    def typed(self) -> str:
        """What the officer had chosen and written, in words: shown when it could not be saved."""
        chosen = dict(CHOICES).get(self.verdict.data or "", "")
        comment = (self.comment.data or "").strip()
        return " : ".join(filter(None, [chosen, f"« {comment} »" if comment else ""]))


class DecisionForm(forms.Form):
    """One verdict and one comment per field, and what the officer saw when deciding."""

    fingerprint = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, *args, lines: list[Line], **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.lines = lines
        self.initial["fingerprint"] = fingerprint(lines)
        for line in lines:
            self.fields[f"verdict_{line.item.pk}"] = forms.ChoiceField(
                choices=CHOICES,
                widget=forms.RadioSelect,
                label=f"Décision : {line.label}",
                error_messages={"required": "Acceptez ou refusez ce champ."},
            )
            self.fields[f"comment_{line.item.pk}"] = forms.CharField(
                required=False,
                max_length=1000,
                widget=forms.Textarea(attrs={"rows": 2}),
                label=f"Commentaire : {line.label}",
            )

    def clean(self) -> dict:
        """A refusal needs its comment: say so beside the field."""
        cleaned = super().clean()
        for line in self.lines:
            refused = cleaned.get(f"verdict_{line.item.pk}") == "no"
            if refused and not cleaned.get(f"comment_{line.item.pk}", "").strip():
                self.add_error(
                    f"comment_{line.item.pk}",
                    "Expliquez votre refus : la personne qui demande lira ce commentaire.",
                )
        return cleaned

    def verdicts(self) -> dict:
        """What `decisions.decide` takes: one Verdict per item."""
        return {
            line.item.pk: Verdict(
                approved=self.cleaned_data[f"verdict_{line.item.pk}"] == "yes",
                comment=self.cleaned_data[f"comment_{line.item.pk}"].strip(),
            )
            for line in self.lines
        }

    def rows(self) -> list[Row]:
        """The page's lines, with the values as they are now."""
        return [
            Row(line, self[f"verdict_{line.item.pk}"], self[f"comment_{line.item.pk}"])
            for line in self.lines
        ]
