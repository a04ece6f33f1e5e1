"""What the parties of an engagement deposit and share, as the extranet shows it (SPEC E9)."""

from uuid import uuid4

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest

from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.policies import can_write_as
from ilo_cms.documents.uploads import OUTAGES, refusal
from ilo_cms.engagements.models import SHOWN_TO_PROVIDER, Assignment, Engagement, Resource
from ilo_cms.engagements.resources import deposit_resource, file_types, parties


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
        help_text="Votre structure et l’équipe qui suit l’accompagnement la lisent toujours.",
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
        self.fields["assignment"].queryset = carries.order_by("label", "pk")
        others = [row.pk for row in parties(engagement) if row.pk != contact.organisation_id]
        if others:
            self.fields["shared_with"].queryset = Organisation.objects.filter(pk__in=others)
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
        refuse(form, error)
    except OUTAGES as error:
        form.add_error("file", refusal(error)[0])
    return None


def refuse(form: DepositForm, error: ValidationError) -> None:
    """Each refusal at its field, or above the form when it has no such field."""
    if not hasattr(error, "error_dict"):
        form.add_error("file" if form.cleaned_data.get("file") else None, error)
        return
    for name, sentences in error.message_dict.items():
        form.add_error(name if name in form.fields else None, sentences)
