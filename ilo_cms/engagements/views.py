"""The intranet's page of one engagement, its short forms, and the budget of an operator."""

from datetime import date
from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from ilo_cms.core.amounts import plain_number
from ilo_cms.core.forms import place_errors
from ilo_cms.core.french import of
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.documents.uploads import OUTAGES, came_whole, refusal
from ilo_cms.engagements.assignments import change_status
from ilo_cms.engagements.budgets import set_budget
from ilo_cms.engagements.forms import ACTS, ActForm, EditActionForm, OpenForm
from ilo_cms.engagements.models import (
    Action,
    ActionState,
    Assignment,
    Budget,
    Engagement,
    EngagementContact,
    Resource,
    Sums,
    sums_by_year,
)
from ilo_cms.engagements.page import page_of
from ilo_cms.engagements.people import make_main, remove_participant
from ilo_cms.engagements.plan import move_action, set_action_state
from ilo_cms.engagements.policies import (
    can_create_engagement,
    can_read_engagement,
    can_set_budget,
)
from ilo_cms.engagements.resources import share_resource, unshare_resource, withdraw_resource
from ilo_cms.engagements.transitions import TRANSITIONS


LIST = "engagement:index"


def skeleton(title: str, engagement: Engagement | None = None, subtitle: str = "") -> dict:
    """What the skeleton of a page below the list needs: its title and the way back."""
    way = [
        {"url": reverse("wagtailadmin_home"), "label": "Accueil"},
        {"url": reverse(LIST), "label": "Accompagnements"},
    ]
    if engagement:
        way.append({"url": reverse("engagement_page", args=[engagement.pk]), "label": title})
    return {
        "header_title": title,
        "header_icon": "folder-open-inverse",
        "breadcrumbs_items": [*way, {"url": "", "label": subtitle or title}],
    }


def readable_engagement(request: HttpRequest, pk: UUID) -> Engagement:
    """An engagement that this person reads in full, 404 otherwise."""
    rows = Engagement.objects.read_by(request.user).with_stage()
    rows = rows.select_related(
        "beneficiary", "operator", "officer__user", "officer__operator", "territory", "sector"
    )
    return get_object_or_404(rows, pk=pk)


def show_engagement(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything of one engagement; who only knows that it exists is led to what they may read."""
    known = get_object_or_404(
        Engagement.objects.visible_to(request.user).select_related("operator"), pk=pk
    )
    if not can_read_engagement(request.user, known):
        return redirect("engagement:inspect", pk=known.pk)
    engagement = readable_engagement(request, pk)
    context = page_of(request, engagement) | skeleton(str(engagement))
    return render(request, "engagements/page.html", context)


def act_on_engagement(request: HttpRequest, pk: UUID, act: str) -> HttpResponse:
    """One act: its short form, then its service."""
    if act not in ACTS:
        raise Http404
    engagement = readable_engagement(request, pk)
    form = ACTS[act](*posted(request), engagement=engagement, user=request.user)
    return carry_out(request, engagement, form)


def edit_line(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Change what a line of the plan says; an assignment has a form of its own."""
    rows = Action.objects.visible_to(request.user).filter(assignment=None)
    action = get_object_or_404(rows.select_related("kind"), pk=pk)
    engagement = readable_engagement(request, action.engagement_id)
    common = {"engagement": engagement, "user": request.user}
    return carry_out(request, engagement, EditActionForm(*posted(request), action=action, **common))


def posted(request: HttpRequest) -> tuple:
    """What a form is bound to: nothing, when the page is only opened."""
    return (request.POST, request.FILES) if request.method == "POST" else (None, None)


def carry_out(request: HttpRequest, engagement: Engagement, form: ActForm) -> HttpResponse:
    """Run a short form and go back to the engagement, or show it with what is wrong."""
    if form.is_bound and came_whole(request, form) and form.is_valid() and run(form):
        messages.success(request, form.done)
        return redirect("engagement_page", pk=engagement.pk)
    context = {"form": form, "engagement": engagement}
    context |= skeleton(str(engagement), engagement, form.heading)
    return render(request, "engagements/act.html", context, status=422 if form.is_bound else 200)


def run(form: ActForm | OpenForm) -> object:
    """What the service of a valid form made, or None with what it refused on the form."""
    try:
        return form.run() or True
    except PermissionDenied as error:
        form.add_error(None, str(error))
    except ValidationError as error:
        place_errors(form, error)
    except OUTAGES as error:
        form.add_error("file", refusal(error)[0])
    return None


def open_page(request: HttpRequest) -> HttpResponse:
    """A new engagement, for a beneficiary by its SIREN."""
    can_create_engagement(request.user).enforce()
    form = OpenForm(request.POST if request.method == "POST" else None, user=request.user)
    if form.is_bound and form.is_valid() and (made := run(form)):
        messages.success(request, f"« {made} » est ouvert.")
        return redirect("engagement_page", pk=made.pk)
    form.heading, form.button = "Ouvrir un accompagnement", "Ouvrir l’accompagnement"
    context = {"form": form} | skeleton("Ouvrir un accompagnement")
    return render(request, "engagements/act.html", context, status=422 if form.is_bound else 200)


# --- one button each --------------------------------------------------------------------------


def answer(request: HttpRequest, engagement: Engagement, act, done: str) -> HttpResponse:
    """Do one act and go back to the page, with what was done or why not."""
    try:
        act()
    except PermissionDenied as error:
        messages.error(request, str(error))
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
    else:
        messages.success(request, done)
    return redirect("engagement_page", pk=engagement.pk)


@require_POST
def step_assignment(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Move an assignment to another state."""
    rows = Assignment.objects.read_by(request.user).select_related("engagement")
    assignment = get_object_or_404(rows, pk=pk)
    step = TRANSITIONS.get(request.POST.get("step", ""))
    if step is None:
        raise Http404
    return answer(
        request,
        assignment.engagement,
        lambda: change_status(
            assignment=assignment,
            transition=step.name,
            acting_user=request.user,
            reason=request.POST.get("reason", ""),
        ),
        f"« {assignment} » : {step.target.label.lower()}.",
    )


@require_POST
def change_action(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Put a line of the plan up or down, or say where it stands."""
    rows = Action.objects.visible_to(request.user).select_related("engagement")
    action = get_object_or_404(rows, pk=pk)
    wanted = request.POST.get("do", "")
    common = {"action": action, "acting_user": request.user}
    if wanted in {"up", "down"}:
        return answer(
            request,
            action.engagement,
            lambda: move_action(**common, up=wanted == "up"),
            "Plan réordonné.",
        )
    if (state := request.POST.get("state", "")) not in ActionState.values:
        raise Http404
    label = ActionState(state).label.lower()
    return answer(
        request,
        action.engagement,
        lambda: set_action_state(**common, state=ActionState(state)),
        f"« {action} » : {label}.",
    )


@require_POST
def change_participant(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Make somebody the main one of their side, or end their part."""
    rows = EngagementContact.objects.visible_to(request.user)
    participant = get_object_or_404(
        rows.select_related("engagement", "contact__user", "contact__organisation"), pk=pk
    )
    act = {"main": make_main, "remove": remove_participant}.get(request.POST.get("do", ""))
    if act is None:
        raise Http404
    return answer(
        request,
        participant.engagement,
        lambda: act(participant=participant, acting_user=request.user),
        f"{participant.contact.user} : c’est fait.",
    )


@require_POST
def change_resource(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Share a resource with a party, take a share back, or withdraw the resource."""
    rows = Resource.objects.visible_to(request.user).select_related("engagement")
    resource = get_object_or_404(rows, pk=pk)
    wanted = request.POST.get("do", "")
    common = {"resource": resource, "acting_user": request.user}
    if wanted == "withdraw":
        reason = request.POST.get("reason", "")
        return answer(
            request,
            resource.engagement,
            lambda: withdraw_resource(**common, reason=reason),
            "Ressource retirée.",
        )
    act = {"share": share_resource, "unshare": unshare_resource}.get(wanted)
    try:
        key = UUID(request.POST.get("organisation", ""))
    except ValueError:
        raise Http404 from None
    party = Organisation.objects.visible_to(request.user).filter(pk=key).first()
    if act is None or party is None:
        raise Http404
    return answer(
        request,
        resource.engagement,
        lambda: act(**common, organisation=party),
        "Partage enregistré." if wanted == "share" else "Partage retiré.",
    )


# --- the budget -------------------------------------------------------------------------------


def budget_page(request: HttpRequest) -> HttpResponse:
    """What the officer's operator may spend each year, and what it comes to."""
    operator = budget_operator(request)
    can_set_budget(request.user, operator).enforce()
    if request.method == "POST" and save_budget(request, operator):
        return redirect(f"{reverse('engagement_budget')}?structure={operator.pk}")
    amounts = {budget.year: budget for budget in Budget.objects.filter(operator=operator)}
    sums = sums_by_year(operator)
    years = sorted({*amounts, *sums, timezone.localdate().year}, reverse=True)
    lines = [budget_line(year, amounts.get(year), sums.get(year, Sums())) for year in years]
    context = {"operator": operator, "lines": lines, "operators": other_operators(request)}
    context |= skeleton(f"Budget {of(operator)}", subtitle="Budget")
    status = 422 if request.method == "POST" else 200
    return render(request, "engagements/budget.html", context, status=status)


def budget_line(year: int, budget: Budget | None, sums: Sums) -> dict:
    """One year of the page."""
    left = budget.amount - sums.engaged - sums.spent if budget else None
    return {"year": year, "budget": budget, "sums": sums, "left": left}


def other_operators(request: HttpRequest):
    """The operators between which an administrator chooses."""
    rows = Organisation.objects.visible_to(request.user).operators().order_by("name")
    return rows if request.user.is_administrator else rows.none()


def budget_operator(request: HttpRequest) -> Organisation:
    """The operator asked for, by an administrator, or the officer's own."""
    asked = request.POST.get("structure") or request.GET.get("structure", "")
    officer = active_officer(request.user)
    if asked:
        try:
            rows = Organisation.objects.visible_to(request.user).operators().filter(pk=UUID(asked))
        except ValueError:
            raise Http404 from None
        if found := rows.first():
            return found
        raise Http404
    found = officer.operator if officer else other_operators(request).first()
    if found is None:
        raise Http404
    return found


def save_budget(request: HttpRequest, operator: Organisation) -> bool:
    """Write the amount of a year, or say why not; whether it was written."""
    try:
        year = int(request.POST.get("year", ""))
        date(year, 1, 1)
        amount = Decimal(plain_number(request.POST.get("amount", "")))
        set_budget(operator=operator, year=year, amount=amount, acting_user=request.user)
    except (ValueError, InvalidOperation, OverflowError):
        messages.error(request, "Saisissez une année et un montant, par exemple 120000,50.")
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
    else:
        messages.success(request, f"Budget {year} enregistré.")
        return True
    return False
