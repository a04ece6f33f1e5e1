"""Help: the extranet's page, and acting as somebody from the intranet (SPEC A12, A13)."""

from urllib.parse import urlsplit
from uuid import UUID

from allauth.core.ratelimit import consume
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from ilo_cms.audit.services import record as log
from ilo_cms.directory.models import Contact, OfficerAbsence
from ilo_cms.documents.uploads import came_whole
from ilo_cms.referentials.models import PlatformSettings
from ilo_cms.support.assistance import begin, give_back
from ilo_cms.support.forms import ReasonForm, SupportForm
from ilo_cms.support.middleware import ACCOUNT_PAGES, way_back
from ilo_cms.support.models import SupportRequest
from ilo_cms.support.policies import can_act_as
from ilo_cms.support.services import ask_for_help, start_assistance


TOO_MANY = (
    "Vous avez envoyé beaucoup de demandes en une heure. Celle-ci n’est pas envoyée : attendez un "
    "peu, ou appelez votre chargé·e d’accompagnement."
)


def support(request: HttpRequest) -> HttpResponse:
    """Whom to call first, then the form to the national support and its answers."""
    form = SupportForm(
        *([request.POST, request.FILES] if request.method == "POST" else []),
        user=request.user,
        initial={"page": page_concerned(request), "acting_as": request.contact},
    )
    status = 200
    if request.method == "POST":
        status = 422
        if not consume(request, action="support", user=request.user):
            # Before anything is read: a picture is costly to open.
            form = SupportForm(request.POST, user=request.user)
            form.add_error(None, TOO_MANY)
            status = 429
        elif came_whole(request, form) and form.is_valid():
            return sent(request, form)
    context = {
        "form": form,
        "contact": request.contact,
        "requests": SupportRequest.objects.made_as(request.user, request.contact)[:10],
        "support_email": PlatformSettings.current().support_email,
        **whom_to_call(request.contact),
    }
    return render(request, "support/page.html", context, status=status)


def sent(request: HttpRequest, form: SupportForm) -> HttpResponse:
    """Store the request with what is known of the person, and say that it left."""
    asked = form.save(commit=False)
    asked.user, asked.contact = request.user, form.cleaned_data["acting_as"]
    asked.user_agent = request.headers.get("User-Agent", "")[:300]
    ask_for_help(asked=asked, screenshot=form.cleaned_data["screenshot"])
    messages.success(
        request, "Votre demande est transmise à l’assistance nationale. La réponse paraîtra ici."
    )
    return redirect("support")


def page_concerned(request: HttpRequest) -> str:
    """The page of this site that the person comes from; never one whose address holds a secret."""
    asked = request.GET.get("page") or request.headers.get("Referer", "")
    is_ours = url_has_allowed_host_and_scheme(
        asked, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    path = urlsplit(asked).path if is_ours else ""
    return "" if path.startswith((ACCOUNT_PAGES, reverse("support"))) else path[:255]


def whom_to_call(contact: Contact | None) -> dict:
    """The referent of the structure and, while they are absent, who answers instead."""
    referent = contact.organisation.referent if contact else None
    if referent is None or not referent.is_in_post:
        return {}
    today = timezone.localdate()
    absences = OfficerAbsence.objects.filter(officer=referent)
    replaced = absences.with_available_deputy(today).select_related(
        "deputy__user", "deputy__operator"
    )
    return {
        "referent": referent,
        "absence": replaced.first() or absences.on(today).order_by("-ends_on").first(),
        "deputy": replaced[0].deputy if replaced else None,
    }


def start(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask why; on POST act as the person from now on."""
    rows = Contact.objects.visible_to(request.user).select_related("user", "organisation")
    contact = get_object_or_404(rows, pk=pk)
    if not request.user.is_administrator:
        raise PermissionDenied
    decision, status = can_act_as(request.user, contact), 200
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if decision and form.is_valid():
            reason = form.cleaned_data["reason"]
            line = start_assistance(contact=contact, reason=reason, acting_user=request.user)
            begin(request, contact, line)
            return redirect("home")
        status = 422 if decision else 409
    context = {"contact": contact, "form": form, "decision": decision}
    return render(request, "support/start.html", context, status=status)


@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """Stop acting as somebody; the middleware writes it in the log."""
    assistance = request.assistance
    if assistance is None:
        return redirect("home")
    if not give_back(request, assistance):
        return redirect("account_login")
    messages.success(request, f"Vous n’agissez plus comme {assistance.contact.user}.")
    return redirect(way_back(assistance))


def screenshot(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The picture of a request: our own JPEG, which no browser may take for anything else."""
    rows = SupportRequest.objects.visible_to(request.user).exclude(screenshot=None)
    found = get_object_or_404(rows.select_related("screenshot"), pk=pk)
    log("support.screenshot_read", actor=request.user, target=found)
    response = HttpResponse(bytes(found.screenshot.content), content_type="image/jpeg")
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store, private"
    response["Content-Disposition"] = 'inline; filename="capture.jpg"'
    return response
