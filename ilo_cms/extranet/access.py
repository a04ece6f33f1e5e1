"""How an extranet view gets the contact it acts for, and the objects it may show."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from ilo_cms.directory.models import Contact


def acting_contact_required(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Run the view only once the person acts for an organisation; else lead them to the choice."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.contact is not None:
            return view(request, *args, **kwargs)
        if Contact.objects.choosable_by(request.user).exists():
            return redirect(f"{reverse('structure')}?{urlencode({'next': request.path})}")
        raise PermissionDenied(
            "Votre compte n’est rattaché à aucune structure. "
            "Demandez à votre chargé·e d’accompagnement de vous ouvrir l’accès."
        )

    return wrapper
