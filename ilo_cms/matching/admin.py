"""The officers' screen "Trouver des prestataires" (SPEC T3)."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.decorators.http import require_safe
from wagtail.admin.menu import MenuItem

from ilo_cms.core.exports import list_exported, spreadsheet
from ilo_cms.directory.models import Organisation
from ilo_cms.matching.forms import SearchForm
from ilo_cms.matching.policies import can_search_providers
from ilo_cms.matching.services import (
    BAND,
    DEPARTMENT,
    REGION,
    SECTOR,
    SKILL,
    Criteria,
    Hit,
    Results,
    search,
)


PAGE = 30
CHUNK = 2000
HEADINGS = [
    "Structure",
    "SIREN",
    "Pourquoi",
    "Thématiques trouvées",
    "Dernière prestation",
    "Prestations en cours",
    "Prestations en tout",
    "CAE",
    "Effectif",
]


class SearchMenuItem(MenuItem):
    """The screen's entry, for those whom it lets in."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Officers and administrators."""
        return bool(can_search_providers(request.user))


@dataclass(frozen=True)
class Option:
    """One value of a list on screen, with how many of those found have it."""

    value: str
    label: str
    count: int
    chosen: bool


def found(user, hits: tuple[Hit, ...]) -> Iterator[tuple[Organisation, Hit]]:
    """The records of suggestions, in their order; a constant number of queries."""
    rows = Organisation.objects.visible_to(user).select_related("headcount_band")
    records = rows.in_bulk([hit.organisation for hit in hits])
    for hit in hits:
        if hit.organisation in records:
            yield records[hit.organisation], hit


def options(
    results: Results, kind: str, chosen: tuple[int, ...], rows: list[Model]
) -> list[Option]:
    """The rows of a list that may be chosen, with their counts."""
    counts = {facet.key: facet.count for facet in results.of(kind)}
    return [Option(str(row.pk), str(row), counts.get(row.pk, 0), row.pk in chosen) for row in rows]


def territories(results: Results, chosen: int | None, rows: list[Model]) -> list[tuple]:
    """Régions, each with its départements, and their counts."""
    own = (chosen,) if chosen else ()
    regions = options(results, REGION, own, [row for row in rows if not row.region_id])
    groups = []
    for region in sorted(regions, key=lambda option: option.label):
        inside = [row for row in rows if str(row.region_id) == region.value]
        groups.append((region, options(results, DEPARTMENT, own, inside)))
    return groups


def page_of(criteria: Criteria, asked: str) -> tuple[Results, int, int]:
    """The results of the page asked for, or of the nearest one; its number and the last one's."""
    number = int(asked) if asked.isdecimal() and len(asked) < 8 else 1
    number = max(number, 1)
    results = search(criteria, offset=(number - 1) * PAGE, limit=PAGE)
    last = max(1, -(-results.total // PAGE))
    if number > last:
        number = last
        results = search(criteria, offset=(last - 1) * PAGE, limit=PAGE)
    return results, number, last


@require_safe
def search_providers(request: HttpRequest) -> HttpResponseBase:
    """Find providers; `export` gives all that are found as a spreadsheet."""
    can_search_providers(request.user).enforce()
    form = SearchForm(request.GET)
    valid = form.is_valid()
    criteria = form.criteria() if valid else Criteria()
    if valid and request.GET.get("export") in {"csv", "xlsx"}:
        return export(request, form, criteria)
    results, number, last = page_of(criteria, request.GET.get("p", "1"))
    context = {
        "form": form,
        "valid": valid,
        "lists": [
            (
                form["skills"],
                options(results, SKILL, criteria.skills, list(form.fields["skills"].queryset)),
            ),
            (
                form["sectors"],
                options(results, SECTOR, criteria.sectors, list(form.fields["sectors"].queryset)),
            ),
            (
                form["bands"],
                options(results, BAND, criteria.bands, list(form.fields["bands"].queryset)),
            ),
        ],
        "territories": territories(
            results, criteria.territory, list(form.fields["territory"].queryset)
        ),
        "total": results.total,
        "found": list(found(request.user, results.hits)) if valid else [],
        "number": number,
        "last": last,
        "first_rank": (number - 1) * PAGE + 1,
    }
    return render(request, "matching/search.html", context, status=200 if valid else 422)


def export(request: HttpRequest, form: SearchForm, criteria: Criteria) -> HttpResponseBase:
    """The spreadsheet of exactly what is found, in its order; kept in the log."""
    results = search(criteria, limit=None)
    list_exported.send(
        sender=Organisation, user=request.user, count=results.total, filters=form.in_words()
    )
    return spreadsheet(
        name="prestataires",
        kind=request.GET["export"],
        headings=HEADINGS,
        rows=export_rows(request.user, results.hits),
    )


def export_rows(user, hits: tuple[Hit, ...]) -> Iterator[list]:
    """One row per suggestion, the records read in chunks."""
    for start in range(0, len(hits), CHUNK):
        for record, hit in found(user, hits[start : start + CHUNK]):
            yield [
                record.name,
                record.siren,
                hit.reasons,
                len(hit.skills),
                hit.figures.last_on,
                hit.figures.open,
                hit.figures.total,
                record.is_cae,
                record.headcount_band,
            ]


search_item = SearchMenuItem(
    "Prestataires", reverse_lazy("provider_search"), icon_name="search", order=90
)
