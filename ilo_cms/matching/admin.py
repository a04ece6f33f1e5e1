"""The officers' screen "Trouver des prestataires" (SPEC T3)."""

from collections.abc import Container, Iterable, Iterator
from typing import NamedTuple

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse_lazy
from django.views.decorators.http import require_safe
from wagtail.admin.menu import MenuItem

from ilo_cms.core.exports import list_exported, spreadsheet
from ilo_cms.directory.models import Organisation
from ilo_cms.matching.catalogue import DEPARTMENT, REGION, Catalogue
from ilo_cms.matching.forms import SearchForm
from ilo_cms.matching.policies import can_search_providers
from ilo_cms.matching.services import Criteria, Facet, Hit, Results, catalogue, search
from ilo_cms.matching.words import folded


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
    "Dernière sollicitation",
    "Sollicitations",
    "Réponses",
    "CAE",
    "Effectif",
]


class SearchMenuItem(MenuItem):
    """The screen's entry, for those whom it lets in."""

    def is_shown(self, request: HttpRequest) -> bool:
        """Officers and administrators."""
        return bool(can_search_providers(request.user))


class Option(NamedTuple):
    """One value of a list on screen; its text says how many of those found have it."""

    value: str
    text: str
    chosen: bool


def found(user, hits: tuple[Hit, ...]) -> Iterator[tuple[Organisation, Hit]]:
    """The records of suggestions, in their order; a constant number of queries."""
    rows = Organisation.objects.visible_to(user).select_related("headcount_band")
    rows = rows.only("name", "siren", "is_cae", "headcount_band__label")
    records = rows.in_bulk([hit.organisation for hit in hits])
    for hit in hits:
        if hit.organisation in records:
            yield records[hit.organisation], hit


def options(facets: Iterable[Facet], chosen: Container[int | None]) -> list[Option]:
    """The values of a list that may be chosen, with their counts."""
    return [
        Option(str(facet.key), f"{facet.label} ({grouped(facet.count)})", facet.key in chosen)
        for facet in facets
        if facet.offered
    ]


def grouped(count: int) -> str:
    """A count as French writes it. Formatting by the locale costs more than the rest of a line."""
    return f"{count:,}".replace(",", "\u202f")


def territories(
    results: Results, chosen: int | None, catalogue: Catalogue
) -> list[tuple[str, list[Option]]]:
    """Régions, each with its départements, and their counts."""
    places = {int(option.value): option for option in options(results.of(DEPARTMENT), [chosen])}
    groups = []
    for region in sorted(results.of(REGION), key=lambda facet: folded(facet.label)):
        (whole,) = options([region], [chosen])
        whole = whole._replace(text=f"Toute la région : {whole.text}")
        inside = [places.pop(key) for key in catalogue.departments(region.key)]
        groups.append((region.label, [whole, *inside]))
    return [*groups, ("Sans région", list(places.values()))] if places else groups


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
    lists = catalogue()
    form = SearchForm(request.GET, lists=lists)
    valid = form.is_valid()
    criteria = form.criteria() if valid else Criteria()
    if valid and request.GET.get("export") in {"csv", "xlsx"}:
        return export(request, form, criteria)
    results, number, last = page_of(criteria, request.GET.get("p", "1"))
    context = {
        "form": form,
        "valid": valid,
        "lists": [
            (form[name], options(results.of(kind), getattr(criteria, name)))
            for name, kind in form.LISTS.items()
        ],
        "territories": territories(results, criteria.territory, lists),
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
                hit.figures.invited_on,
                hit.figures.invited,
                hit.figures.answered,
                record.is_cae,
                record.headcount_band,
            ]


search_item = SearchMenuItem(
    "Prestataires", reverse_lazy("provider_search"), icon_name="search", order=90
)
