"""How an extranet view gets the contact it acts for, and refuses what was opened for another."""

from collections.abc import Callable
from functools import wraps
from urllib.parse import urlencode

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.directory.policies import can_read_reports
from ilo_cms.extranet.kept_forms import ACTING_AS, keep, typed_texts


View = Callable[..., HttpResponse]


def acting_contact_required(view: View) -> View:
    """Run the view only once the person acts for an organisation; else lead them to the choice."""

    @wraps(view)
    def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if request.contact is not None:
            return view(request, *args, **kwargs)
        if request.user.contacts.choosable().exists():
            return redirect(f"{reverse('structure')}?{urlencode({'next': request.path})}")
        raise PermissionDenied(without_organisation(request.user))

    return wrapper


def without_organisation(user: User) -> str:
    """What someone who is contact of no organisation is told on these pages."""
    if user.is_staff:
        return (
            "Cette page est réservée aux contacts des structures. Dans l’intranet, vous trouvez "
            "les mêmes informations sur la fiche de chaque structure."
        )
    if can_read_reports(user):
        return (
            "Cette page est réservée aux contacts des structures. Votre compte ouvre les rapports."
        )
    return (
        "Votre compte n’est rattaché à aucune structure. "
        "Demandez à votre chargé·e d’accompagnement de vous ouvrir l’accès."
    )


def acting_form(page: str = "") -> Callable[[View], View]:
    """Decorate a view that writes for the organisation the person acts for (SPEC A6).

    Its form carries the contact it was opened for (`components/acting_as.html`). A post made for
    another one, because the session moved or the access ended meanwhile, is refused with an
    explanation, and what was typed is kept or shown. `page` names the page that holds the form
    when the address only takes posts: opening such an address leads there.
    """

    def decorate(view: View) -> View:
        guarded = acting_contact_required(view)

        @wraps(view)
        def wrapper(request: HttpRequest, *args, **kwargs) -> HttpResponse:
            own = {name: kwargs[name] for name in ("pk",) if name in kwargs}
            form_url = reverse(page, kwargs=own) if page else request.path
            if request.method != "POST":
                return redirect(form_url) if page else guarded(request, *args, **kwargs)
            acting_as = str(request.contact.pk) if request.contact else None
            if request.POST.get(ACTING_AS) == acting_as:
                return guarded(request, *args, **kwargs)
            return other_capacity(request, form_url, stay=reverse("home") if own else form_url)

        return wrapper

    return decorate


def other_capacity(request: HttpRequest, form_url: str, stay: str) -> HttpResponse:
    """Say that a form was opened in another capacity, and how to go on without losing anything."""
    choices = {str(choice.pk): choice for choice in request.user.contacts.choosable()}
    opened_as = choices.get(request.POST.get(ACTING_AS, ""))
    kept = opened_as is not None and keep(request)
    context = {
        "opened_as": opened_as,
        "contact": request.contact,
        "kept": kept,
        "texts": [] if kept else typed_texts(request),
        "form_url": form_url,
        "stay": stay,
    }
    return render(request, "extranet/other_tab.html", context, status=409)
