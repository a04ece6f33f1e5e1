"""Mes informations: the provider record in three parts, and its requests (SPEC P, M2)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ilo_cms.directory.models import Contact, Establishment, Organisation
from ilo_cms.directory.policies import can_write_as
from ilo_cms.extranet.access import acting_contact_required
from ilo_cms.extranet.forms import FORMS
from ilo_cms.extranet.kept_forms import ACTING_AS, keep, restore
from ilo_cms.moderation.models import ChangeRequest, Target
from ilo_cms.moderation.services import item_field, save_record, withdraw


PARTS = {
    Target.CONTACT: ("record", "Votre contact"),
    Target.ORGANISATION: ("record_organisation", "Votre structure"),
    Target.ESTABLISHMENT: ("record_establishment", "Votre établissement"),
}


@acting_contact_required
def record_part(request: HttpRequest, target: Target) -> HttpResponse:
    """Show and save one part of the record."""
    contact = request.contact
    row = record_row(contact, target)
    if row is None:
        return show(request, target, None, status=200)
    if request.method == "POST" and request.POST.get(ACTING_AS) != str(contact.pk):
        return other_tab(request)
    kept = restore(request)
    form = FORMS[target](
        request.POST if request.method == "POST" else kept, contact=contact, instance=row
    )
    if kept:
        messages.info(
            request,
            "Votre saisie a été gardée, mais pas encore enregistrée. Relisez-la, puis enregistrez.",
        )
    if request.method != "POST":
        return show(request, target, form, status=200)
    if not can_write_as(contact):
        return show(request, target, form, status=403)
    if not form.is_valid():
        return show(request, target, form, status=422)
    return save(request, target, form)


def record_row(contact: Contact, target: Target):
    """The row of one part, None without establishment; its own copy, for a form changes it."""
    key, rows = {
        Target.CONTACT: (contact.pk, Contact.objects.select_related("user")),
        Target.ORGANISATION: (contact.organisation_id, Organisation.objects),
        Target.ESTABLISHMENT: (contact.establishment_id, Establishment.objects),
    }[target]
    return rows.filter(pk=key).first()


def save(request: HttpRequest, target: Target, form) -> HttpResponse:
    """Save a valid form and say in words what is live and what waits."""
    waiting = save_record(
        contact=request.contact,
        target=target,
        record_id=form.instance.pk,
        values=form.record_values(),
    )
    messages.success(request, "Vos informations sont enregistrées.")
    if waiting:
        messages.info(
            request,
            "Les champs relus attendent la décision de votre chargé·e d’accompagnement ; "
            "les autres sont déjà à jour.",
        )
    return redirect(PARTS[target][0])


def show(request: HttpRequest, target: Target, form, status: int) -> HttpResponse:
    """One part of the record, with its tabs."""
    tabs = [
        {"label": label, "url": reverse(name), "current": part == target}
        for part, (name, label) in PARTS.items()
    ]
    context = {
        "form": form,
        "tabs": tabs,
        "part": target,
        "title": PARTS[target][1],
        "contact": request.contact,
        "organisation": request.contact.organisation,
        "writing": can_write_as(request.contact),
    }
    return render(request, "extranet/record.html", context, status=status)


def other_tab(request: HttpRequest) -> HttpResponse:
    """Refuse a form opened for another organisation; keep what was typed for its return (A6)."""
    keep(request)
    opened_as = request.POST.get(ACTING_AS, "")
    choices = {str(choice.pk): choice for choice in Contact.objects.choosable_by(request.user)}
    return render(
        request,
        "extranet/other_tab.html",
        {"opened_as": choices.get(opened_as), "contact": request.contact},
        status=409,
    )


def own_request(request: HttpRequest, pk: UUID) -> ChangeRequest:
    """A request of the organisation the person acts for, or 404."""
    visible = ChangeRequest.objects.visible_to(request.user).filter(
        organisation=request.contact.organisation
    )
    return get_object_or_404(visible.select_related("contact__user", "decided_by"), pk=pk)


@acting_contact_required
def change_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One request: what was asked, what was decided and why."""
    found = own_request(request, pk)
    items = [{"item": item, "label": item_field(item).label} for item in found.items.all()]
    may_withdraw = found.is_pending and found.contact_id == request.contact.pk
    return render(
        request,
        "extranet/change_request.html",
        {
            "change_request": found,
            "items": items,
            "may_withdraw": may_withdraw and can_write_as(request.contact),
        },
    )


@require_POST
@acting_contact_required
def withdraw_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back one's own request."""
    found = own_request(request, pk)
    try:
        withdraw(change_request=found, contact=request.contact)
    except ValidationError as error:
        raise PermissionDenied(error.message) from error
    messages.success(request, "Votre demande est retirée. Les valeurs affichées n’ont pas changé.")
    return redirect("record")
