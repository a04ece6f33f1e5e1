"""Evaluating an assignment, and the page of an evaluation with its acts (SPEC E7)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.models import Assignment
from ilo_cms.evaluations.answers import lines
from ilo_cms.evaluations.forms import AnswersForm
from ilo_cms.evaluations.models import Evaluation, Grid, Purpose
from ilo_cms.evaluations.policies import (
    OVER,
    can_edit_evaluation,
    can_evaluate,
    can_reopen,
    can_share,
    can_unshare,
)
from ilo_cms.evaluations.services.evaluations import reopen, save_evaluation, share, unshare
from ilo_cms.evaluations.views import page


INDEX = ("evaluation_list:index", "Évaluations")
#: The acts of an evaluation's page: service, and what is said once done.
ACTS = {
    "share": (share, "L’évaluation est partagée : les contacts du prestataire sont prévenus."),
    "unshare": (unshare, "L’évaluation n’est plus partagée."),
    "reopen": (reopen, "L’évaluation est à nouveau un brouillon."),
}


def start(request: HttpRequest) -> HttpResponse:
    """The team's assignments that are over, latest first, with what was said of each."""
    officer = active_officer(request.user)
    if officer is None:
        raise PermissionDenied
    rows = (
        Assignment.objects.visible_to(request.user)
        .filter(engagement__operator=officer.operator_id, status__in=OVER)
        .exclude(provider=None)
        .select_related("engagement__beneficiary", "provider")
        .prefetch_related("evaluations__version")
        .order_by("-ends_on", "pk")
    )
    searched = request.GET.get("q", "").replace("\0", "").strip()
    if searched:
        rows = rows.filter(label__icontains=searched)
    context = {
        "assignments": Paginator(rows, 30).get_page(request.GET.get("p")),
        "searched": searched,
    }
    return render(
        request, "evaluations/start.html", context | page("Évaluer une prestation", *INDEX)
    )


def visible_assignment(request: HttpRequest, pk: UUID) -> Assignment:
    """An assignment that this user may see, or 404."""
    rows = Assignment.objects.visible_to(request.user).select_related(
        "engagement__operator", "engagement__beneficiary", "provider"
    )
    return get_object_or_404(rows, pk=pk)


def evaluate(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The form of an assignment's evaluation on one grid; `grille` in the address says which."""
    assignment = visible_assignment(request, pk)
    can_evaluate(request.user, assignment).enforce()
    grids = list(Grid.objects.usable(Purpose.EVALUATION).prefetch_related("versions__questions"))
    known = Evaluation.objects.filter(assignment=assignment).select_related("grid", "version")
    evaluations = {str(row.grid_id): row for row in known}
    choices = {str(grid.pk): grid for grid in [*grids, *(row.grid for row in known)]}
    chosen = choices.get(request.GET.get("grille", "")) or next(iter(choices.values()), None)
    if chosen is None:
        messages.error(request, "Aucune grille d’évaluation n’est publiée.")
        return redirect(INDEX[0])
    evaluation = evaluations.get(str(chosen.pk))
    if evaluation and not can_edit_evaluation(request.user, evaluation):
        return redirect(evaluation.admin_path)
    return evaluation_form(request, assignment, chosen, evaluation, list(choices.values()))


def evaluation_form(
    request: HttpRequest,
    assignment: Assignment,
    grid: Grid,
    evaluation: Evaluation | None,
    grids: list[Grid],
) -> HttpResponse:
    """Show the questions; on POST save what was answered, as a draft or finished."""
    finish = request.POST.get("act") == "finish"
    version = evaluation.version if evaluation else grid.current_version
    form = AnswersForm(
        request.POST if request.method == "POST" else None,
        version=version,
        answers=evaluation.answers.select_related("question") if evaluation else (),
        complete=finish,
        edition=evaluation.edition if evaluation else 0,
    )
    status, recorded = 200, []
    if request.method == "POST":
        status = 422
        if form.is_valid() and (saved := saved_evaluation(assignment, grid, form, request)):
            return redirect(saved.admin_path)
        if form.has_error("__all__", "changed"):
            status = 409
            form, recorded = again(form, assignment, grid)
    context = {
        "assignment": assignment,
        "grid": grid,
        "grids": grids,
        "form": form,
        "version": version,
        "evaluation": evaluation,
        "recorded": recorded,
    }
    title = f"Évaluer : {assignment.label}"
    return render(
        request, "evaluations/evaluate.html", context | page(title, *INDEX), status=status
    )


def saved_evaluation(
    assignment: Assignment, grid: Grid, form: AnswersForm, request: HttpRequest
) -> Evaluation | None:
    """Save a valid form, and say so; None when the service refused, which the form then says."""
    try:
        saved = save_evaluation(
            assignment=assignment,
            grid=grid,
            values=form.values(),
            edition=form.cleaned_data["edition"],
            finish=form.complete,
            acting_user=request.user,
        )
    except ValidationError as error:
        form.add_error(None, error)
        return None
    except PermissionDenied as error:
        form.add_error(None, ValidationError(str(error)))
        return None
    said = "terminée" if form.complete else "enregistrée comme brouillon"
    messages.success(request, f"L’évaluation est {said}.")
    return saved


def again(form: AnswersForm, assignment: Assignment, grid: Grid) -> tuple[AnswersForm, list]:
    """The refused form, ready to be saved over what a colleague saved, and what that is."""
    latest = (
        Evaluation.objects.filter(assignment=assignment, grid=grid)
        .select_related("version")
        .first()
    )
    if latest is None:
        return form, []
    data = form.data.copy()
    data["edition"] = latest.edition
    form.data = data
    return form, lines(latest.version, latest.answers.select_related("question"))


def evaluation_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One evaluation: what was answered, who reads it, and the team's acts."""
    rows = Evaluation.objects.visible_to(request.user).select_related(
        "assignment__engagement__operator",
        "assignment__engagement__beneficiary",
        "provider",
        "version",
        "grid",
        "saved_by",
        "shared_by",
        "read_by__user",
        "reply__contact__user",
    )
    found = get_object_or_404(rows.prefetch_related("answers__question"), pk=pk)
    if request.method == "POST":
        return act(request, found)
    context = {
        "evaluation": found,
        "lines": lines(found.version, found.answers.all()),
        "may_edit": can_edit_evaluation(request.user, found),
        "may_share": can_share(request.user, found),
        "may_unshare": can_unshare(request.user, found),
        "may_reopen": can_reopen(request.user, found),
    }
    return render(
        request, "evaluations/evaluation.html", context | page(found.assignment.label, *INDEX)
    )


def act(request: HttpRequest, found: Evaluation) -> HttpResponse:
    """Share, end the sharing or take up again, as the button says."""
    service, said = ACTS.get(request.POST.get("act", ""), (None, ""))
    if service:
        try:
            service(evaluation=found, acting_user=request.user)
        except PermissionDenied as error:
            messages.error(request, str(error))
        else:
            messages.success(request, said)
    return redirect(found.admin_path)
