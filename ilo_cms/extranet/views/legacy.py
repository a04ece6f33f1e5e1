"""Old values of Enée beside the new lists: tick what takes their place (SPEC P6)."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.directory.legacy import offered, proposals
from ilo_cms.directory.models import Contact, LegacyValue
from ilo_cms.directory.policies import can_write_as
from ilo_cms.extranet.access import acting_contact_required, acting_form
from ilo_cms.extranet.fields import SkillsField, TerritoriesField
from ilo_cms.extranet.kept_forms import restore
from ilo_cms.extranet.letters import addressee, letter
from ilo_cms.moderation.choices import Added, re_enter
from ilo_cms.moderation.models import Target


TO = [(Target.CONTACT.value, "à votre contact"), (Target.ORGANISATION.value, "à votre structure")]
FIELDS = {LegacyValue.Kind.SKILL: SkillsField, LegacyValue.Kind.TERRITORY: TerritoriesField}


class EquivalentsForm(forms.Form):
    """What takes the place of one old value, and in which part of the record."""

    def __init__(self, data=None, *, value: LegacyValue, **kwargs) -> None:
        super().__init__(data, **kwargs)
        kind = LegacyValue.Kind(value.kind)
        field = FIELDS.get(kind, forms.ModelMultipleChoiceField)
        self.fields["chosen"] = field(
            offered(kind),
            label="Équivalents dans la nouvelle liste",
            required=False,
            widget=forms.CheckboxSelectMultiple,
        )
        self.fields["to"] = forms.ChoiceField(
            label="Les ajouter",
            choices=TO,
            widget=forms.RadioSelect,
            initial=Target.CONTACT if value.contact_id else Target.ORGANISATION,
        )

    def clean(self) -> dict:
        """Something is ticked, unless the button says that nothing fits."""
        cleaned = super().clean()
        if "none" in self.data:
            cleaned["chosen"] = []
        elif not cleaned.get("chosen") and "chosen" not in self.errors:
            self.add_error(
                "chosen", "Cochez au moins un équivalent, ou choisissez « Aucun équivalent »."
            )
        return cleaned


def own_values(contact: Contact, user) -> QuerySet:
    """The old values that this contact may deal with."""
    return LegacyValue.objects.visible_to(user).of(contact).select_related("contact__user")


@acting_contact_required
def old_values(request: HttpRequest) -> HttpResponse:
    """Every old value that waits, with its proposals, then those that only an officer settles."""
    waiting = own_values(request.contact, request.user).unhandled()
    page = Paginator(waiting.of_lists(), 20).get_page(request.GET.get("page"))
    lists = {kind: list(offered(kind)) for kind in {value.kind for value in page}}
    return render(
        request,
        "extranet/old_values.html",
        {
            "contact": request.contact,
            "page_obj": page,
            "rows": [(value, proposals(value, lists[value.kind])) for value in page],
            "others": waiting.exclude(kind__in=LegacyValue.LISTS),
            "to": TO,
            "writing": can_write_as(request.contact),
            "letter": letter(
                request.contact,
                addressee(request.contact.organisation),
                "Anciennes valeurs d’Enée",
                "Une valeur reprise d’Enée est à corriger sur notre fiche : ",
            ),
        },
    )


@acting_form()
def old_value(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One old value beside the whole new list; add what is ticked, or say that nothing fits."""
    contact, writing = request.contact, can_write_as(request.contact)
    value = get_object_or_404(own_values(contact, request.user).of_lists(), pk=pk)
    if value.handled_at:
        messages.info(request, f"« {value.label} » est déjà traitée.")
        return redirect("old_values")
    form = EquivalentsForm(
        request.POST if request.method == "POST" else restore(request), value=value
    )
    status = 200
    if request.method == "POST":
        status = 422 if writing else 403
        if writing and form.is_valid() and (added := settle(request, value, form)):
            say(request, value, added)
            return redirect("old_values")
    context = {
        "contact": contact,
        "value": value,
        "form": form,
        "writing": writing,
        "proposals": proposals(value, form.fields["chosen"].queryset),
    }
    return render(request, "extranet/old_value.html", context, status=status)


def settle(request: HttpRequest, value: LegacyValue, form: EquivalentsForm) -> Added | None:
    """Let the service do it; a refusal is said in the form."""
    try:
        return re_enter(
            value=value,
            contact=request.contact,
            to=Target(form.cleaned_data["to"]),
            chosen=[row.pk for row in form.cleaned_data["chosen"]],
        )
    except ValidationError as error:
        form.add_error(None, ValidationError(error.messages))
        return None


def say(request: HttpRequest, value: LegacyValue, added: Added) -> None:
    """What became of the old value, in words."""
    names = ", ".join(str(row) for rows in added.rows.values() for row in rows)
    text = f"Ajouté : {names}." if names else "rien de plus à ajouter."
    messages.success(request, f"« {value.label} » est traitée. {text[0].upper()}{text[1:]}")
    if added.waits:
        messages.info(request, "Cet ajout attend la décision de votre chargé·e d’accompagnement.")
