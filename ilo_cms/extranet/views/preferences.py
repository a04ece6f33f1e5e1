"""Which notices a person gets by mail, and when (SPEC N2). It belongs to no organisation."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from ilo_cms.accounts.models import User
from ilo_cms.notifications.kinds import KINDS
from ilo_cms.notifications.preferences import Mode, modes_of, offered_kinds, set_modes


class PreferencesForm(forms.Form):
    """One choice for each kind that may be chosen; what is not said stays as it is."""

    def __init__(self, *args, person: User, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name, mode in modes_of(person).items():
            self.fields[name] = forms.ChoiceField(
                label=f"{KINDS[name].category} : {KINDS[name].title}",
                choices=Mode.choices,
                initial=mode,
                required=False,
            )

    def chosen(self) -> dict[str, str]:
        """The modes asked for."""
        return {name: mode for name, mode in self.cleaned_data.items() if mode}


def preferences(request: HttpRequest) -> HttpResponse:
    """Show the choices; on POST keep them."""
    posted = request.method == "POST"
    form = PreferencesForm(request.POST if posted else None, person=request.user)
    if posted and form.is_valid():
        set_modes(person=request.user, modes=form.chosen())
        messages.success(request, "Vos préférences sont enregistrées.")
        return redirect("preferences")
    status = 422 if form.errors else 200
    compulsory = [kind for kind in offered_kinds(request.user) if kind.is_compulsory]
    context = {"form": form, "compulsory": compulsory}
    return render(request, "extranet/preferences.html", context, status=status)
