"""The preview of a grid's draft, its publication, and the results of a version (SPEC O7)."""

from itertools import chain
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.core.admin.policies import visible
from ilo_cms.core.exports import list_exported, spreadsheet
from ilo_cms.evaluations.forms import AnswersForm
from ilo_cms.evaluations.models import (
    Evaluation,
    Grid,
    GridVersion,
    Purpose,
    SatisfactionRequest,
)
from ilo_cms.evaluations.policies import can_build_grids
from ilo_cms.evaluations.results import cells, results
from ilo_cms.evaluations.services.grids import check, differs, publish
from ilo_cms.evaluations.views import page


INDEX = ("grid:index", "Grilles")


def visible_grid(request: HttpRequest, pk: UUID) -> Grid:
    """A grid, for the intranet."""
    rows = visible(Grid.objects.all(), request.user)
    return get_object_or_404(rows.prefetch_related("versions__questions"), pk=pk)


def preview(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The draft as it will be filled in, what keeps it from being published, and the versions."""
    grid = visible_grid(request, pk)
    may_build = can_build_grids(request.user)
    if request.method == "POST":
        return publish_posted(request, grid)
    version = grid.current_version
    context = {
        "grid": grid,
        "form": AnswersForm(version=grid),
        "faults": faults_of(grid),
        "differs": version is None or differs(grid, version),
        "may_build": may_build,
        "versions": sorted(grid.versions.all(), key=lambda row: -row.number),
    }
    return render(request, "evaluations/grid.html", context | page(grid.title, *INDEX))


def faults_of(grid: Grid) -> list[str]:
    """What keeps a draft from being published."""
    try:
        check(list(grid.questions.all()))
    except ValidationError as error:
        return error.messages
    return []


def publish_posted(request: HttpRequest, grid: Grid) -> HttpResponse:
    """Publish the draft, or say why not."""
    try:
        version = publish(grid=grid, acting_user=request.user)
    except ValidationError as error:
        for message in error.messages:
            messages.error(request, message)
    else:
        messages.success(request, f"La version {version.number} est publiée.")
    return redirect("grid_preview", pk=grid.pk)


def version_results(request: HttpRequest, pk: UUID, number: int) -> HttpResponseBase:
    """Charts and texts of what a version's visible evaluations or forms answered; its export."""
    grid = visible_grid(request, pk)
    version = next((row for row in grid.versions.all() if row.number == number), None)
    if version is None:
        raise Http404
    rows = answered(request, grid, version)
    kind = request.GET.get("export")
    if kind in {"csv", "xlsx"}:
        return export(request, version, rows, kind)
    found = list(rows)
    context = {"grid": grid, "version": version, "count": len(found)}
    context["results"] = results(version, found)
    return render(request, "evaluations/results.html", context | page(str(version), *INDEX))


def answered(request: HttpRequest, grid: Grid, version: GridVersion):
    """What this user may read of a version's finished evaluations or answered forms."""
    if grid.purpose == Purpose.EVALUATION:
        rows = Evaluation.objects.visible_to(request.user).exclude(finished_at=None)
        rows = rows.select_related("assignment__engagement__beneficiary", "provider")
        rows = rows.order_by("-finished_at", "pk")
    else:
        rows = SatisfactionRequest.objects.visible_to(request.user).exclude(answered_at=None)
        rows = rows.select_related("engagement__beneficiary", "contact__user")
        rows = rows.order_by("-answered_at", "pk")
    return rows.filter(version=version).prefetch_related("answers")


def export(request: HttpRequest, version: GridVersion, rows, kind: str) -> HttpResponseBase:
    """The spreadsheet of the same rows, one column per question; the log keeps who took it."""
    is_evaluation = rows.model is Evaluation
    headings = (
        ["Prestation", "Bénéficiaire", "Prestataire", "Terminée le"]
        if is_evaluation
        else ["Accompagnement", "Bénéficiaire", "Au sujet de", "Répondu le"]
    )
    list_exported.send(
        sender=rows.model, user=request.user, count=rows.count(), filters=[str(version)]
    )
    questions = list(version.questions.all())
    return spreadsheet(
        name="reponses",
        kind=kind,
        headings=[*headings, *(question.label for question in questions)],
        rows=(list(chain(who(row), cells(version, row))) for row in rows.iterator(chunk_size=500)),
    )


def who(row: Evaluation | SatisfactionRequest) -> list:
    """What an answer is about."""
    if isinstance(row, Evaluation):
        beneficiary = row.assignment.engagement.beneficiary
        return [row.assignment.label, beneficiary, row.provider, row.finished_at]
    return [row.engagement.title, row.engagement.beneficiary, row.about, row.answered_at]
