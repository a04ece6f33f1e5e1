"""The requests that a contact made: reading one, taking it back (SPEC M2)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.directory.policies import can_commit_as
from ilo_cms.extranet.access import acting_contact_required, acting_form
from ilo_cms.moderation.fields import item_label
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.moderation.services import withdraw


def own_request(request: HttpRequest, pk: UUID) -> ChangeRequest:
    """A request of the organisation the person acts for, made while they belonged to it, or 404."""
    visible = ChangeRequest.objects.visible_to(request.user).known_to(request.contact)
    return get_object_or_404(visible.select_related("contact__user", "decided_by"), pk=pk)


@acting_contact_required
def change_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One request: what was asked, what was decided and why."""
    found = own_request(request, pk)
    items = [
        {"item": item, "label": item_label(item)}
        for item in found.items.readable_by(request.contact).select_related("request")
    ]
    may_withdraw = found.is_pending and found.contact_id == request.contact.pk
    return render(
        request,
        "extranet/change_request.html",
        {
            "change_request": found,
            "items": items,
            "may_withdraw": may_withdraw and can_commit_as(request.contact),
        },
    )


@acting_form(page="change_request")
def withdraw_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back one's own request."""
    found = own_request(request, pk)
    try:
        withdraw(change_request=found, contact=request.contact)
    except ValidationError as error:
        raise PermissionDenied(error.message) from error
    messages.success(request, "Votre demande est retirée. Les valeurs affichées n’ont pas changé.")
    return redirect("record")
