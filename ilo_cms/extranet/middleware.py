"""Sign-in is required everywhere, and a form posted after the session ended is not lost."""

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse

from ilo_cms.extranet.kept_forms import keep


class SignInMiddleware(LoginRequiredMiddleware):
    """Deny by default. Before leading to the sign-in page, keep what was typed."""

    def handle_no_permission(self, request: HttpRequest, view_func) -> HttpResponse:
        """Send to the sign-in page; it says when a form was kept."""
        keep(request)
        return super().handle_no_permission(request, view_func)
