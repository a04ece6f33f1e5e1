"""Account pages that belong to no organisation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from ilo_cms.extranet.kept_forms import keep
from ilo_cms.moderation.email_change import confirm, read_token


@never_cache
@login_not_required
def confirm_email(request: HttpRequest, token: str) -> HttpResponse:
    """Confirm a new address. Only the button does it, so a mail scanner changes nothing (M5)."""
    try:
        if request.method == "POST":
            confirm(token)
            messages.success(
                request, "Votre nouvelle adresse est confirmée : c’est désormais votre identifiant."
            )
            return redirect("home")
        user, email = read_token(token)
    except ValidationError as error:
        return render(request, "extranet/confirm_email.html", {"error": error.message}, status=410)
    return render(request, "extranet/confirm_email.html", {"person": user, "email": email})


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose page was opened before another sign-in: say so and keep what was typed."""
    kept = keep(request)
    return render(request, "403_csrf.html", {"kept": kept, "path": request.path}, status=403)
