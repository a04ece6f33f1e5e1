"""The administrators' page that activates providers in bulk, with its dry run (SPEC A9)."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.http import urlencode
from wagtail.admin.menu import MenuItem

from ilo_cms.directory.bulk_activation import SAMPLE, dry_run, sent_today
from ilo_cms.directory.policies import can_activate_providers
from ilo_cms.directory.tasks import activate_providers
from ilo_cms.referentials.models import Territory


class BulkActivationMenuItem(MenuItem):
    """The page's entry, for administrators."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Only to those whom the page lets in."""
        return bool(can_activate_providers(request.user))


bulk_activation_item = BulkActivationMenuItem(
    "Activation des comptes", reverse_lazy("provider_activation"), icon_name="mail", order=900
)


class TerritoryForm(forms.Form):
    """Whose contacts: a territory's, or everyone's."""

    territory = forms.ModelChoiceField(
        label="Territoire",
        queryset=Territory.objects.all(),
        required=False,
        empty_label="Tous les territoires",
    )


class SendingForm(TerritoryForm):
    """How many mails at once."""

    limit = forms.IntegerField(
        label="Nombre de courriels au plus",
        initial=100,
        min_value=1,
        max_value=100_000,
        help_text="Les personnes restantes seront proposées au prochain envoi.",
    )


def provider_activation(request: HttpRequest) -> HttpResponse:
    """Show whom a run would invite; on POST start it in the worker."""
    can_activate_providers(request.user).enforce()
    asked = TerritoryForm(request.GET)
    territory = asked.cleaned_data["territory"] if asked.is_valid() else None
    posted = request.POST if request.method == "POST" else None
    form = SendingForm(posted, initial={"territory": territory})
    if posted is not None and form.is_valid():
        return start(request, form)
    return render(
        request,
        "directory/bulk_activation.html",
        {
            "header_title": "Activation des comptes",
            "asked": asked,
            "form": form,
            "plan": dry_run(territory),
            "sample_size": SAMPLE,
            "today": sent_today(),
        },
        status=422 if form.errors else 200,
    )


def start(request: HttpRequest, form: SendingForm) -> HttpResponse:
    """Hand the run to the worker and lead back to the page, which counts what leaves."""
    territory, limit = form.cleaned_data["territory"], form.cleaned_data["limit"]
    key = territory.pk if territory else None
    activate_providers(str(request.user.pk), key, limit)
    messages.success(
        request, "L’envoi a commencé. Rechargez cette page pour en suivre l’avancement."
    )
    query = f"?{urlencode({'territory': key})}" if key else ""
    return redirect(reverse("provider_activation") + query)
