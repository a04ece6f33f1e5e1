"""Opening an account by the link that was mailed (SPEC A3): only the page's button spends it."""

from allauth.account.utils import perform_login
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import SetPasswordForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from ilo_cms.directory.activation import LinkRefused, activate, read_link, renew, whom_to_ask


@never_cache
@login_not_required
@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def activation(request: HttpRequest, token: str) -> HttpResponse:
    """Show whose account the link opens and ask for a password; on POST open it and sign in."""
    try:
        link = read_link(token)
        user = link.contact.user
        if request.user.is_authenticated:
            return render(request, "extranet/activation_other.html", {"owner": user}, status=409)
        form = SetPasswordForm(user, request.POST if request.method == "POST" else None)
        if form.is_valid():
            user = activate(token=token, password=form.cleaned_data["new_password1"])
            messages.success(request, "Votre compte est ouvert. Bienvenue !")
            return perform_login(request, user, email=user.email)
    except LinkRefused as refusal:
        return refused(request, token, refusal)
    return render(
        request,
        "extranet/activation.html",
        {"link": link, "form": form},
        status=422 if form.errors else 200,
    )


def refused(request: HttpRequest, token: str, refusal: LinkRefused) -> HttpResponse:
    """Say why a link opens nothing and what to do; send another one when its owner asks for it."""
    if refusal.is_renewable and request.method == "POST" and "again" in request.POST:
        renew(token=token)
        return render(request, "extranet/activation_renewed.html")
    link = refusal.activation
    context = {
        "refusal": refusal,
        "referent": whom_to_ask(link.contact.organisation) if link else None,
        "opened": refusal.code == "OPEN",
    }
    return render(request, "extranet/activation_refused.html", context, status=410)
