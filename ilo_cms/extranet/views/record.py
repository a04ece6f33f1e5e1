"""Mes informations: the provider record in three parts (SPEC P, M2)."""

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ilo_cms.core.french import in_sentence
from ilo_cms.core.policies import Decision, refused
from ilo_cms.directory.confirmation import confirm_record
from ilo_cms.directory.models import Contact, Establishment, LegacyValue, Organisation
from ilo_cms.directory.policies import can_write_as
from ilo_cms.extranet.access import acting_form
from ilo_cms.extranet.forms import FORMS
from ilo_cms.extranet.kept_forms import restore
from ilo_cms.extranet.record_page import PARTS, around
from ilo_cms.moderation.choices import Added, copy_choices
from ilo_cms.moderation.fields import label
from ilo_cms.moderation.models import Target
from ilo_cms.moderation.services import save_record


@acting_form()
def record_part(request: HttpRequest, target: Target) -> HttpResponse:
    """Show and save one part of the record."""
    contact, writing = request.contact, can_write_as(request.contact)
    row = record_row(contact, target)
    if row is None:
        return show(request, target, None, writing)
    kept = restore(request)
    posted = request.POST if request.method == "POST" else kept
    form = FORMS[target](posted, contact=contact, instance=row, writing=bool(writing))
    if kept:
        messages.info(
            request,
            "Votre saisie a été gardée, mais pas encore enregistrée. Relisez-la, puis enregistrez.",
        )
    if request.method != "POST":
        return show(request, target, form, writing)
    if not writing:
        return show(request, target, form, writing, status=403)
    if not form.is_valid():
        return show(request, target, form, writing, status=422)
    return save(request, target, form)


def record_row(contact: Contact, target: Target):
    """The row of one part, None without establishment; its own copy, for a form changes it."""
    key, rows = {
        Target.CONTACT: (contact.pk, Contact.objects.select_related("user")),
        Target.ORGANISATION: (contact.organisation_id, Organisation.objects),
        Target.ESTABLISHMENT: (
            contact.establishment_id,
            Establishment.objects.select_related("department"),
        ),
    }[target]
    return rows.filter(pk=key).first()


def save(request: HttpRequest, target: Target, form) -> HttpResponse:
    """Save a valid form and say in words what is live and what waits.

    What changed since the page was asked for is refused like the rest: with the typed text.
    """
    try:
        waiting = save_record(
            contact=request.contact,
            target=target,
            record_id=form.instance.pk,
            values=form.record_values(),
        )
    except PermissionDenied as error:
        request.contact.refresh_from_db()  # the page says why from what is there now
        return show(request, target, form, refused(str(error)), status=403)
    except ValidationError as error:
        form.add_error(None, error)
        return show(request, target, form, can_write_as(request.contact), status=422)
    messages.success(request, "Vos informations sont enregistrées.")
    if waiting and waiting.items.filter(target=target).exists():
        say_what_waits(request)
    return redirect(PARTS[target][0])


def say_what_waits(request: HttpRequest) -> None:
    """Some of what was saved is read by an officer first."""
    messages.info(
        request,
        "Les champs relus attendent la décision de votre chargé·e d’accompagnement ; "
        "les autres sont déjà à jour.",
    )


def show(
    request: HttpRequest, target: Target, form, writing: Decision, status: int = 200
) -> HttpResponse:
    """One part of the record, with its tabs and what stands beside it."""
    tabs = [
        {"label": title, "url": reverse(name), "current": part == target}
        for part, (name, title) in PARTS.items()
    ]
    context = {
        "form": form,
        "tabs": tabs,
        "part": target,
        "title": PARTS[target][1],
        "contact": request.contact,
        "organisation": request.contact.organisation,
        "writing": writing,
        **around(request.contact, target),
    }
    return render(request, "extranet/record.html", context, status=status)


@acting_form(page="record")
def confirm(request: HttpRequest) -> HttpResponse:
    """Stamp the record as up to date (SPEC P4)."""
    confirm_record(contact=request.contact)
    messages.success(request, "Merci : vos informations sont confirmées à jour.")
    return redirect("record")


@acting_form(page="record")
def copy(request: HttpRequest, target: Target) -> HttpResponse:
    """Add to one part the skills, sectors and territories of the other (SPEC P3)."""
    page = PARTS[target][0]
    try:
        added = copy_choices(contact=request.contact, to=target)
    except ValidationError as error:
        messages.error(request, f"Rien n’a été copié. {' '.join(error.messages)}")
        return redirect(page)
    messages.success(request, copied(added, target))
    if added.waits:
        say_what_waits(request)
    return redirect(page)


def copied(added: Added, target: Target) -> str:
    """What a copy added, in words."""
    part = PARTS[target][1]
    names = [name for name in LegacyValue.LISTS.values() if name in added.rows]
    if not names:
        return f"{part} avait déjà tout : rien n’a changé."
    lists = [
        f"{in_sentence(label(target, name))} : {', '.join(str(row) for row in added.rows[name])}"
        for name in names
    ]
    return f"Ajouté à {part[0].lower()}{part[1:]} : {' ; '.join(lists)}."
