"""While an administrator acts as somebody: every request is checked, marked and bounded (A12)."""

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from ilo_cms.audit.services import assistant
from ilo_cms.support.assistance import SESSION_KEY, Assistance, give_back, read, why_over
from ilo_cms.support.services import end_assistance


#: Below it stands what belongs to the person alone: password, second factor, address.
ACCOUNT_PAGES = "/compte/"


class AssistanceMiddleware:
    """Sets `request.assistance`, and `assistant` for policies and the log.

    An assistance that may not go on ends here, before any view is asked. That is written in the log
    even on a GET: it only takes rights away.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.assistance = None
        # Read before the user: Django empties the session of somebody whose password changed.
        kept = request.session.get(SESSION_KEY)
        if kept is None:
            return self.get_response(request)
        assistance = read(kept)
        if why := why_over(request, assistance):
            return ended(request, assistance, why)
        request.assistance = assistance
        mark = assistant.set(str(assistance.administrator))
        try:
            refuse_the_persons_own(request)
            response = self.get_response(request)
        finally:
            assistant.reset(mark)
        if SESSION_KEY not in request.session:
            write_end(assistance, "à la demande de l’administration")
        return response


def refuse_the_persons_own(request: HttpRequest) -> None:
    """Raise PermissionDenied on what nobody does in a person's place."""
    if request.path == reverse("account_logout"):
        return
    if request.path.startswith(ACCOUNT_PAGES) or request.path == reverse("structure"):
        raise PermissionDenied(
            "Pendant une assistance, le compte de la personne et le choix de sa structure ne sont "
            "pas accessibles. Mettez d’abord fin à l’assistance."
        )


def ended(request: HttpRequest, assistance: Assistance, why: str) -> HttpResponse:
    """Give the session back and say so, instead of answering the request."""
    is_back = give_back(request, assistance)
    write_end(assistance, why)
    lost = "" if request.method in {"GET", "HEAD"} else " Votre dernier envoi n’est pas enregistré."
    messages.warning(request, f"L’assistance est terminée : {why.rstrip('.')}.{lost}")
    return redirect(way_back(assistance) if is_back else reverse("account_login"))


def way_back(assistance: Assistance) -> str:
    """The page that the administrator came from, while it is still theirs to read."""
    if assistance.administrator.is_administrator:
        return reverse("contact:inspect", args=[assistance.contact.pk])
    return reverse("home")


def write_end(assistance: Assistance, how: str) -> None:
    """The line that closes an assistance in the log."""
    end_assistance(
        started=assistance.started,
        contact=assistance.contact,
        administrator=assistance.administrator,
        how=how,
    )
