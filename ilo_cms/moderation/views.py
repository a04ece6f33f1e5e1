"""The intranet's pages of moderation: deciding, and becoming referent (SPEC M3, M4)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ilo_cms.moderation.forms import DecisionForm
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.moderation.policies import can_become_referent, can_decide
from ilo_cms.moderation.services import become_referent, decide


def visible_request(request: HttpRequest, pk: UUID) -> ChangeRequest:
    """A request this user may see, or 404."""
    visible = ChangeRequest.objects.visible_to(request.user).select_related(
        "organisation__referent__user",
        "organisation__referent__operator",
        "contact__user",
        "decided_by",
    )
    return get_object_or_404(visible, pk=pk)


def decide_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a request; on POST decide all of its fields at once."""
    found = visible_request(request, pk)
    decision = can_decide(request.user, found)
    posted = request.method == "POST"
    form = DecisionForm(request.POST if posted else None, change_request=found)
    if posted and not decision:
        messages.error(request, decision.reason)
    elif posted:
        if form.is_valid() and decided(request, found, form):
            return redirect(reverse("wagtailsnippets_moderation_changerequest:list"))
    return render(
        request,
        "moderation/decide.html",
        {
            "change_request": found,
            "form": form,
            "rows": form.rows(),
            "may_decide": decision,
            "may_become_referent": can_become_referent(request.user, found.organisation),
            "header_title": str(found),
        },
        status=409 if posted and not decision else 422 if form.errors else 200,
    )


def decided(request: HttpRequest, found: ChangeRequest, form: DecisionForm) -> bool:
    """Decide with a valid form; when the request moved meanwhile say so and show it anew."""
    try:
        decide(
            change_request=found,
            verdicts=form.verdicts(),
            fingerprint=form.cleaned_data["fingerprint"],
            acting_user=request.user,
        )
    except ValidationError as error:
        form.add_error(None, error)
        form.data = form.data.copy()
        form.data["fingerprint"] = form.initial["fingerprint"]
        return False
    messages.success(request, f"{found.contact.user} est prévenu·e de votre décision.")
    return True


@require_POST
def register_as_referent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Become referent of the record of a request, then decide."""
    found = visible_request(request, pk)
    become_referent(organisation=found.organisation, acting_user=request.user)
    messages.success(request, f"Vous êtes référent·e de {found.organisation}.")
    return redirect("change_request_decide", pk=found.pk)
