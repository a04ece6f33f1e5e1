"""The second factor is asked at one place instead of in every view (SPEC A11)."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from ilo_cms.accounts.second_factor import holds_second_factor, must_hold_second_factor


#: What somebody without their compulsory factor may still open: adding one, and leaving.
ALWAYS_OPEN = {"account_logout", "admin_logout", "account_reauthenticate"}
SECURITY_PAGES = "mfa_"


class SecondFactorMiddleware:
    """Leads officers and administrators without a second factor to the page where they add one.

    From every page that asks for a sign-in, extranet, intranet and reports alike, whatever the
    method. Signing in with the factor is allauth's: who holds one is always asked for it.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable, args: tuple, kwargs: dict
    ) -> HttpResponse | None:
        """Redirect, or None to go on."""
        name = request.resolver_match.view_name
        if name in ALWAYS_OPEN or name.startswith(SECURITY_PAGES):
            return None
        if not getattr(view, "login_required", True) or not request.user.is_authenticated:
            return None
        if not must_hold_second_factor(request.user) or holds_second_factor(request.user):
            return None
        return HttpResponseRedirect(reverse("mfa_index"))
