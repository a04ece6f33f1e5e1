"""Account pages that belong to no organisation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache

from ilo_cms.extranet.kept_forms import keep
from ilo_cms.moderation.email_change import cancel, confirm, read_cancellation, read_confirmation


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
        return email_page(request, "extranet/confirm_email.html", read_confirmation(token))
    except ValidationError as error:
        return refused_link(request, error)


@never_cache
@login_not_required
def cancel_email(request: HttpRequest, token: str) -> HttpResponse:
    """Cancel a change of address from the old one. As above, only the button does it (M5)."""
    try:
        if request.method == "POST":
            cancel(token)
            return render(request, "extranet/cancel_email.html", {"is_done": True})
        return email_page(request, "extranet/cancel_email.html", read_cancellation(token))
    except ValidationError as error:
        return refused_link(request, error)


def email_page(request: HttpRequest, template: str, item) -> HttpResponse:
    """The page with the one button that spends a link."""
    return render(request, template, {"person": item.request.contact.user, "email": item.new})


def refused_link(request: HttpRequest, error: ValidationError) -> HttpResponse:
    """A link that can no longer serve: why, and what to do."""
    return render(request, "extranet/email_link_refused.html", {"error": error.message}, status=410)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form whose page was opened before another sign-in: say so and keep what was typed."""
    kept = keep(request)
    return render(request, "403_csrf.html", {"kept": kept, "path": request.path}, status=403)
