"""Signing out of everything that one sign-in opened."""

from allauth.account.views import logout
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse

from ilo_cms.accounts.report_cookie import COOKIE, PATH


@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, and the reports' cookie with it."""
    response = logout(request)
    if not request.user.is_authenticated:
        response.delete_cookie(COOKIE, path=PATH)
    return response
