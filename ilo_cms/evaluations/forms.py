"""The forms of evaluations: a grid's questions, the reply, the sending of satisfaction forms."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact
from ilo_cms.engagements.models import Engagement, Stage
from ilo_cms.evaluations.answers import (
    LONGEST_TEXT,
    check_answers,
    is_given,
    name_of,
    readable,
    values_of,
)
from ilo_cms.evaluations.models import Grid, GridVersion, Kind, Purpose, Question, Reply
from ilo_cms.evaluations.policies import can_send_satisfaction


def note_label(question: Question, note: int) -> str:
    """A note with its meaning, where the scale gives it one."""
    meaning = {question.minimum: question.minimum_label, question.maximum: question.maximum_label}
    return f"{note} : {meaning[note]}" if meaning.get(note) else str(note)


def field_of(question: Question) -> forms.Field:
    """The form field of a question. It never requires: `check_answers` says what is missing."""
    words = {"label": question.label, "help_text": question.help_text, "required": False}
    if question.kind == Kind.TEXT:
        return forms.CharField(
            widget=forms.Textarea(attrs={"rows": 4, "maxlength": LONGEST_TEXT}), **words
        )
    if question.kind == Kind.SCALE:
        choices = [(str(note), note_label(question, note)) for note in question.notes]
    else:
        choices = [(choice, choice) for choice in question.choices]
    if not question.is_required:
        choices.append(("", "Sans réponse"))
    return forms.CharField(widget=forms.RadioSelect(choices=choices), **words)


class AnswersForm(forms.Form):
    """The questions of a published version. `complete` asks for the compulsory ones."""

    def __init__(
        self,
        data=None,
        *,
        version: GridVersion,
        answers=(),
        complete: bool = True,
        edition: int | None = None,
        **kwargs,
    ) -> None:
        super().__init__(data, **kwargs)
        self.version, self.complete = version, complete
        self.questions = list(version.questions.all())
        if edition is not None:
            self.fields["edition"] = forms.IntegerField(
                widget=forms.HiddenInput, initial=edition, min_value=0
            )
        given = values_of(answers)
        for question in self.questions:
            name = name_of(question)
            self.fields[name] = field_of(question)
            # Said beside the field; what is missing is for the server to say, in words.
            self.fields[name].is_compulsory = question.is_required  # type: ignore[attr-defined]
            if not question.is_required:
                self.fields[name].help_text = " ".join(
                    filter(None, [question.help_text, "(facultatif)"])
                )
            value = given.get(question.pk)
            self.initial[name] = "" if value is None else str(value)

    def values(self) -> dict[UUID, Any]:
        """What was answered, by question; a note as a number where it is one."""
        found = {}
        for question in self.questions:
            value = self.cleaned_data.get(name_of(question), "")
            if question.kind == Kind.SCALE and value.isascii() and value.isdigit():
                value = int(value[:9])
            found[question.pk] = value if is_given(value) else None
        return found

    def typed(self) -> list[tuple[Question, str]]:
        """What was answered in words, be it right or not, without the questions left out."""
        pairs = [(question, self[name_of(question)].value()) for question in self.questions]
        return [(question, readable(question, value)) for question, value in pairs if value]

    def clean(self) -> dict:
        """Every answer against its question; what is missing, in words, beside it."""
        cleaned = super().clean()
        try:
            check_answers(self.version, self.values(), complete=self.complete)
        except ValidationError as error:
            self.add_error(None, error)
        return cleaned


class ReplyForm(forms.Form):
    """The provider's one reply."""

    reply = forms.CharField(
        label="Votre réponse",
        max_length=Reply.MAXIMUM,
        help_text=(
            f"{Reply.MAXIMUM} caractères au plus. Une seule réponse par évaluation, au nom de "
            "votre structure : elle ne se modifie pas ensuite."
        ),
        widget=forms.Textarea(attrs={"rows": 8}),
        error_messages={"required": "Écrivez votre réponse."},
    )


class SendForm(forms.Form):
    """To whom a satisfaction form goes, and about what."""

    grid = forms.ModelChoiceField(
        label="Formulaire",
        queryset=Grid.objects.none(),
        empty_label=None,
        error_messages={"invalid_choice": "Ce formulaire n’est plus proposé."},
    )
    stage = forms.ChoiceField(label="Au sujet de", required=False)
    contacts = forms.ModelMultipleChoiceField(
        label="Destinataires",
        queryset=Contact.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        help_text="Les contacts du bénéficiaire qui ont accès à l’extranet.",
        error_messages={"required": "Cochez au moins une personne."},
    )

    def __init__(self, *args, engagement: Engagement, user: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grid"].queryset = Grid.objects.usable(Purpose.SATISFACTION)
        offered = [
            ("", "L’accompagnement entier"),
            *((stage.value, f"Étape : {stage.label}") for stage in Stage),
        ]
        choices = [pair for pair in offered if can_send_satisfaction(user, engagement, pair[0])]
        self.fields["stage"].choices = choices
        if choices and choices[0][0]:  # the whole is not over: the stage that is ending
            self.fields["stage"].initial = choices[-1][0]
        self.fields["contacts"].queryset = (
            Contact.objects.current()
            .filter(organisation=engagement.beneficiary_id, has_access=True, user__is_active=True)
            .select_related("user", "organisation")
        )
