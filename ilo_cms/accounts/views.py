"""Signing out of all that one sign-in opened, the door of the intranet, the second factor."""

from allauth.account.views import logout
from allauth.mfa.base.views import IndexView
from allauth.mfa.webauthn.views import add_webauthn
from django.contrib.auth.decorators import login_not_required
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from ilo_cms.accounts.report_cookie import COOKIE, PATH
from ilo_cms.accounts.second_factor import (
    holds_second_factor,
    must_hold_second_factor,
    named_address,
    passkeys_work,
)


@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and the reports' cookie with it."""
    response = logout(request)
    if not request.user.is_authenticated:
        response.delete_cookie(COOKIE, path=PATH)
    return response


@login_not_required
def admin_door(request: HttpRequest) -> HttpResponse:
    """Where the intranet sends whoever it does not let in: to sign in, or to a page that says no.

    Someone signed in would be sent back and forth for ever between the two.
    """
    if not request.user.is_authenticated:
        following = request.GET.get("next", "/admin/")
        return redirect(f"{reverse('account_login')}?{urlencode({'next': following})}")
    if request.user.is_staff:
        return redirect("wagtailadmin_home")
    list(get_messages(request))  # Wagtail's own refusal, which the page below says better
    raise PermissionDenied("L’intranet est réservé aux chargé·es d’accompagnement.")


class SecurityView(IndexView):
    """The factors a person holds, and whether one is still missing."""

    def get_context_data(self, **kwargs) -> dict:
        request = self.request
        return super().get_context_data(**kwargs) | {
            "must_hold": must_hold_second_factor(request.user),
            "holds": holds_second_factor(request.user),
            "passkeys_work": passkeys_work(request),
            "named_address": named_address(request),
        }


def add_passkey(request: HttpRequest) -> HttpResponse:
    """Add a passkey, where the browser can make one; elsewhere the page of factors says why not."""
    return add_webauthn(request) if passkeys_work(request) else redirect("mfa_index")
