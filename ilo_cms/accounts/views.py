"""Signing out of everything that one sign-in opened, and the door of the intranet."""

from allauth.account.views import logout
from django.contrib.auth.decorators import login_not_required
from django.contrib.messages import get_messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode

from ilo_cms.accounts.report_cookie import COOKIE, PATH


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
