"""The forms of help: asking, answering, and saying why one acts as somebody."""

from django import forms

from ilo_cms.directory.models import Contact
from ilo_cms.support.models import SupportRequest
from ilo_cms.support.screenshot import HINT, clean_screenshot


class SupportForm(forms.ModelForm):
    """What somebody could not do. It is asked in the capacity in which the page was opened (A6)."""

    acting_as = forms.ModelChoiceField(
        queryset=Contact.objects.none(), required=False, widget=forms.HiddenInput
    )
    description = forms.CharField(
        label="Que vouliez-vous faire, et que s’est-il passé ?",
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 7}),
        help_text="4 000 caractères au plus. Votre nom et votre structure sont joints d’eux-mêmes.",
    )
    page = forms.CharField(label="Page concernée", max_length=255, required=False)
    screenshot = forms.FileField(
        label="Capture d’écran",
        required=False,
        help_text=HINT,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg"}),
    )

    class Meta:
        model = SupportRequest
        fields = ["description", "page"]

    def __init__(self, *args, user, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["acting_as"].queryset = user.contacts.choosable()

    def clean_screenshot(self) -> bytes | None:
        """The picture drawn anew, if there is one."""
        file = self.cleaned_data["screenshot"]
        return clean_screenshot(file) if file else None


class AnswerForm(forms.Form):
    """The answer to a request."""

    answer = forms.CharField(
        label="Réponse", max_length=4000, widget=forms.Textarea(attrs={"rows": 5})
    )


class ReasonForm(forms.Form):
    """Why an administrator acts as somebody."""

    reason = forms.CharField(
        label="Pourquoi agissez-vous comme cette personne ?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Ce motif reste au journal, avec votre nom et celui de la personne.",
    )
