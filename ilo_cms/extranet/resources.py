"""What the parties of an engagement deposit and share, as the extranet shows it (SPEC E9)."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import partial
from operator import attrgetter
from uuid import UUID, uuid4

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest

from ilo_cms.core.forms import place_errors
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.policies import can_write_as
from ilo_cms.documents.uploads import OUTAGES, refusal
from ilo_cms.engagements.models import (
    SHOWN_TO_PROVIDER,
    Assignment,
    Engagement,
    Resource,
    ResourceShare,
)
from ilo_cms.engagements.parties import parties
from ilo_cms.engagements.policies import can_manage_resource
from ilo_cms.engagements.resources import (
    deposit_resource,
    file_types,
    party_label,
    share_resource,
    unshare_resource,
    withdraw_resource,
)


class DepositForm(forms.Form):
    """A file, a link or a note, for one's own side and whoever is ticked."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    title = forms.CharField(label="Intitulé", max_length=255)
    assignment = forms.ModelChoiceField(
        Assignment.objects.none(), label="Prestation", required=False
    )
    file = forms.FileField(label="Fichier", required=False)
    file_type = forms.ModelChoiceField(file_types(), label="Type du fichier", required=False)
    url = forms.URLField(label="ou lien", required=False, assume_scheme="https")
    note = forms.CharField(
        label="ou note", required=False, widget=forms.Textarea(attrs={"rows": 4})
    )
    shared_with = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label="Partager avec",
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="Cochez qui d’autre pourra lire ce que vous déposez. Votre structure et l’équipe "
        "qui suit l’accompagnement le lisent toujours.",
    )

    def __init__(self, *args, contact: Contact, engagement: Engagement, **kwargs) -> None:
        super().__init__(*args, initial={"key": uuid4()}, **kwargs)
        carries = Assignment.objects.known_to(contact).filter(
            engagement=engagement, status__in=SHOWN_TO_PROVIDER
        )
        if engagement.beneficiary_id == contact.organisation_id:
            self.fields["assignment"].empty_label = "Tout l’accompagnement"
        else:
            carries = carries.filter(provider=contact.organisation_id)
            self.fields["assignment"].required = True
            self.fields["assignment"].empty_label = None
            if carries.count() > 1:
                self.fields["assignment"].empty_label = "Choisissez la prestation"
        self.fields["assignment"].queryset = carries.order_by("label", "pk")
        self.fields["file_type"].label_from_instance = attrgetter("with_limits")
        others = [row.pk for row in parties(engagement) if row.pk != contact.organisation_id]
        if others:
            self.fields["shared_with"].queryset = Organisation.objects.filter(pk__in=others)
            self.fields["shared_with"].label_from_instance = partial(party_label, engagement)
        else:
            del self.fields["shared_with"]


def may_deposit(contact: Contact, engagement: Engagement) -> bool:
    """Whether the form is offered: the service asks more closely."""
    return engagement.is_open and bool(can_write_as(contact))


def deposited(request: HttpRequest, form: DepositForm, engagement: Engagement) -> Resource | None:
    """What a valid form deposits; None with the reason on the form when it is refused."""
    try:
        return deposit_resource(
            **form.cleaned_data,
            engagement=engagement,
            acting_user=request.user,
            acting_as=request.contact,
        )
    except PermissionDenied as error:
        form.add_error(None, str(error))
    except ValidationError as error:
        place_errors(form, error, "file" if form.cleaned_data.get("file") else None)
    except OUTAGES as error:
        form.add_error("file", refusal(error)[0])
    return None


# --- what one's own organisation deposited ------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """A resource; for those who deposited it, who reads it and to whom it may still be shown."""

    resource: Resource
    is_managed: bool = False
    readers: list[Organisation] = field(default_factory=list)
    others: list[Organisation] = field(default_factory=list)


def lines_of(
    request: HttpRequest, engagement: Engagement, resources: QuerySet[Resource]
) -> list[Line]:
    """The lines of the documents' page."""
    shares = ResourceShare.objects.in_force().select_related("organisation")
    rows = resources.prefetch_related(Prefetch("shares", queryset=shares))
    everyone = parties(engagement)
    return [line_of(request, resource, everyone) for resource in rows]


def line_of(request: HttpRequest, resource: Resource, everyone: Iterable[Organisation]) -> Line:
    """One of them."""
    if not can_manage_resource(request.user, request.contact, resource):
        return Line(resource)
    readers = [share.organisation for share in resource.shares.all()]
    others = [
        party for party in everyone if party not in readers and party != resource.organisation
    ]
    return Line(resource, is_managed=True, readers=readers, others=others)


def change_own(request: HttpRequest, resource: Resource) -> str:
    """Share, unshare or withdraw as the button says; what was done, in words.

    Raises PermissionDenied, ValidationError.
    """
    common = {"resource": resource, "acting_user": request.user, "acting_as": request.contact}
    wanted = request.POST.get("do", "")
    if wanted == "withdraw":
        withdraw_resource(**common, reason=request.POST.get("reason", ""))
        return f"Retrait enregistré : plus personne ne lit « {resource} » ici."
    party = party_named(request.POST.get("organisation", ""), resource.engagement)
    if wanted == "share":
        share_resource(**common, organisation=party)
        return f"Partage avec {party} enregistré : « {resource} »."
    if wanted == "unshare":
        unshare_resource(**common, organisation=party)
        return f"Partage avec {party} terminé : « {resource} »."
    raise ValidationError("Choisissez une action.")


def party_named(key: str, engagement: Engagement) -> Organisation:
    """A party of the engagement by its key. Raises ValidationError."""
    try:
        wanted = UUID(key)
    except ValueError:
        wanted = None
    for party in parties(engagement):
        if party.pk == wanted:
            return party
    raise ValidationError("Cette structure ne participe plus à cet accompagnement.")
