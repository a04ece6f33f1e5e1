"""The intranet's pages of moderation: deciding, taking over, accepting many, rules (SPEC M)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ilo_cms.core.french import in_sentence, of
from ilo_cms.directory.absences import absence_on, deputies_on, today
from ilo_cms.moderation.admin import change_requests
from ilo_cms.moderation.bulk import PAGE, accept_shown, candidates
from ilo_cms.moderation.decisions import decide
from ilo_cms.moderation.fields import item_label
from ilo_cms.moderation.forms import DecisionForm
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.moderation.policies import can_decide, can_set_rules, can_take_over, unanswered
from ilo_cms.moderation.reading import read_lines
from ilo_cms.moderation.referents import take_over
from ilo_cms.moderation.rules import rules, set_moderated


QUEUE = "wagtailsnippets_moderation_changerequest:list"


def visible_request(request: HttpRequest, pk: UUID) -> ChangeRequest:
    """A request this user may see, or 404."""
    visible = ChangeRequest.objects.visible_to(request.user).select_related(
        "organisation__referent__user",
        "organisation__referent__operator",
        "contact__user",
        "decided_by",
    )
    visible = visible.prefetch_related("organisation__referent__absences__deputy__user")
    return get_object_or_404(visible, pk=pk)


def decide_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a request; on POST decide all of its fields at once."""
    found = visible_request(request, pk)
    if request.method != "POST":
        return decision_page(request, found, decision_form(found))
    form = decision_form(found, request.POST)
    decision = can_decide(request.user, found)
    if not decision:
        return decision_page(request, found, form, status=409, unsaved=decision.reason)
    if not form.is_valid():
        return decision_page(request, found, form, status=422)
    return save_decision(request, found, form)


def decision_form(found: ChangeRequest, data=None) -> DecisionForm:
    """The form of a request as it is now."""
    return DecisionForm(data, lines=read_lines(found.items.select_related("request")))


def save_decision(request: HttpRequest, found: ChangeRequest, form: DecisionForm) -> HttpResponse:
    """Decide with a valid form; what happened meanwhile is shown, with what was typed."""
    try:
        decide(
            change_request=found,
            verdicts=form.verdicts(),
            fingerprint=form.cleaned_data["fingerprint"],
            acting_user=request.user,
        )
    except PermissionDenied as error:
        found = visible_request(request, found.pk)
        form = decision_form(found, request.POST)
        return decision_page(request, found, form, status=409, unsaved=str(error))
    except ValidationError as error:
        data = request.POST.copy()
        form = decision_form(found, data)
        data["fingerprint"] = form.initial["fingerprint"]
        form.add_error(None, error)
        status = 409 if getattr(error, "code", "") == "changed" else 422
        return decision_page(request, found, form, status=status)
    messages.success(request, f"{found.contact.user} est prévenu·e de votre décision.")
    return redirect(QUEUE)


def decision_page(
    request: HttpRequest,
    found: ChangeRequest,
    form: DecisionForm,
    *,
    status: int = 200,
    unsaved: str = "",
) -> HttpResponse:
    """The request beside what is live, who answers for it, and the record's last decisions."""
    organisation, referent = found.organisation, found.organisation.referent
    context = {
        "change_request": found,
        "form": form,
        "rows": form.rows(),
        "unsaved": unsaved,
        "may_decide": can_decide(request.user, found),
        "may_take_over": can_take_over(request.user, found),
        "unanswered": unanswered(found) if found.is_pending else "",
        "absence": absence_on(referent, today()) if referent else None,
        "deputies": deputies_on(referent, today()) if referent else [],
        "last_decisions": last_decisions(found),
        "history_url": reverse("organisation:history", args=[organisation.pk]),
    }
    return render(
        request, "moderation/decide.html", context | page("Demande", str(found)), status=status
    )


def last_decisions(found: ChangeRequest) -> list[tuple[ChangeRequest, str]]:
    """The last requests decided on the same organisation, with what became of each field."""
    others = found.organisation.change_requests.exclude(decided_at=None).exclude(pk=found.pk)
    rows = others.order_by("-decided_at").select_related("decided_by").prefetch_related("items")[:5]
    return [
        (
            row,
            ", ".join(
                f"{in_sentence(item_label(item))} {item.outcome}" for item in row.items.all()
            ),
        )
        for row in rows
    ]


def page(label: str, title: str) -> dict:
    """What the skeleton of a page below the queue needs: its title and the way back."""
    return {
        "header_title": title,
        "header_icon": "clipboard-list",
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": "Accueil"},
            {"url": reverse(QUEUE), "label": "Demandes de modération"},
            {"url": "", "label": label, "sublabel": title},
        ],
    }


@require_POST
def register_as_referent(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Become referent of the record of a request, then decide."""
    found = visible_request(request, pk)
    try:
        take_over(change_request=found, acting_user=request.user)
    except PermissionDenied as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"Vous êtes référent·e {of(found.organisation)}.")
    return redirect("change_request_decide", pk=found.pk)


def accept_all(request: HttpRequest) -> HttpResponse:
    """Show every request of the filtered queue, then accept those that were shown."""
    if request.method == "POST":
        return accept_posted(request)
    rows = change_requests.filtered(request)
    found = candidates(rows, request.user)
    context = {
        "acceptable": [each for each in found if not each.obstacle],
        "others": [each for each in found if each.obstacle],
        "left_out": rows.pending().count() - len(found),
        "limit": PAGE,
        "queue_url": f"{reverse(QUEUE)}?{request.GET.urlencode()}",
    }
    title = "Accepter les demandes filtrées"
    return render(request, "moderation/accept_all.html", context | page("Tout accepter", title))


def accept_posted(request: HttpRequest) -> HttpResponse:
    """Accept the requests that the page showed: their keys and fingerprints come back."""
    seen = {}
    for value in request.POST.getlist("shown")[:PAGE]:
        key, _, mark = value.partition(":")
        try:
            seen[UUID(key)] = mark
        except ValueError:
            continue
    accepted, refused = accept_shown(seen=seen, acting_user=request.user)
    context = {"accepted": accepted, "refused": refused}
    title = "Demandes acceptées"
    return render(request, "moderation/accepted.html", context | page("Tout accepter", title))


def moderated_list(request: HttpRequest) -> HttpResponse:
    """Every field with its state, and one button to change it (M1)."""
    can_set_rules(request.user).enforce()
    if request.method == "POST":
        try:
            set_moderated(
                target=request.POST.get("target", ""),
                field=request.POST.get("field", ""),
                is_moderated=request.POST.get("is_moderated") == "1",
                acting_user=request.user,
            )
        except ValidationError as error:
            messages.error(request, error.message)
        return redirect("moderation_rules")
    context = {
        "parts": [(target.label, fields) for target, fields in rules().items()],
        "header_title": "Champs modérés",
        "header_icon": "cogs",
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": "Accueil"},
            {"url": "", "label": "Champs modérés"},
        ],
    }
    return render(request, "moderation/rules.html", context)
