"""Which notices a person gets by mail, and when (SPEC N2). It belongs to no organisation."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ilo_cms.accounts.models import User
from ilo_cms.notifications.kinds import Kind
from ilo_cms.notifications.preferences import Mode, modes_of, offered_kinds, set_modes


class PreferencesForm(forms.Form):
    """One choice per kind; a compulsory kind is shown with its only one."""

    def __init__(self, *args, person: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        modes = modes_of(person)
        for kind in offered_kinds(person):
            self.fields[kind.name] = self.field_of(kind, modes.get(kind.name))

    def field_of(self, kind: Kind, mode: Mode | None) -> forms.ChoiceField:
        """The choice for one kind; without a mode it cannot be made."""
        label = f"{kind.category} : {kind.title}"
        if mode is None:
            choices = [(Mode.IMMEDIATE, "Toujours, par courriel")]
            return forms.ChoiceField(label=label, choices=choices, disabled=True, required=False)
        return forms.ChoiceField(label=label, choices=Mode.choices, initial=mode, required=False)

    def chosen(self) -> dict[str, str]:
        """The modes asked for; what the form did not say stays as it is."""
        asked = {name: self.cleaned_data[name] for name in self.fields}
        return {
            name: mode for name, mode in asked.items() if mode and not self.fields[name].disabled
        }


def preferences(request: HttpRequest) -> HttpResponse:
    """Show the choices; on POST keep them."""
    posted = request.method == "POST"
    form = PreferencesForm(request.POST if posted else None, person=request.user)
    if posted and form.is_valid():
        set_modes(person=request.user, modes=form.chosen())
        messages.success(request, "Vos préférences sont enregistrées.")
        return redirect("preferences")
    status = 422 if form.errors else 200
    return render(request, "extranet/preferences.html", {"form": form}, status=status)
