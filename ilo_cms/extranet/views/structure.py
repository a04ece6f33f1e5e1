"""Choosing, at every login and from the header, for which organisation one acts (SPEC A6)."""

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from ilo_cms.audit.services import record
from ilo_cms.core.french import of
from ilo_cms.directory.choice import choose
from ilo_cms.directory.models import Contact


class ContactChoice(forms.ModelChoiceField):
    """Names an organisation, and says which ones the person has left."""

    def label_from_instance(self, contact: Contact) -> str:
        """The organisation's name, as the list shows it."""
        note = " (structure quittée, lecture seule)" if contact.is_former else ""
        return f"{contact.organisation}{note}"


class StructureForm(forms.Form):
    """Au titre de quelle structure ?"""

    contact = ContactChoice(queryset=Contact.objects.none(), label="Structure", empty_label=None)

    def __init__(self, *args, user, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.fields["contact"].queryset = user.contacts.choosable()


def structure(request: HttpRequest) -> HttpResponse:
    """Show the choice; on POST act for the chosen organisation and go on to `next`."""
    following = safe_next(request)
    initial = {"contact": request.contact.pk} if request.contact else {}
    posted = request.POST if request.method == "POST" else None
    form = StructureForm(posted, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        contact = form.cleaned_data["contact"]
        with transaction.atomic():
            choose(request, contact)
            record(
                "contact.chosen",
                actor=request.user,
                target=contact,
                organisation=contact.organisation,
            )
        messages.success(request, f"Vous agissez au titre {of(contact.organisation)}.")
        return redirect(following)
    return render(request, "extranet/structure.html", {"form": form, "next": following})


def safe_next(request: HttpRequest) -> str:
    """The page to go on to: only an address of this site, else the home page."""
    following = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        following, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return following if is_ours else reverse("home")
