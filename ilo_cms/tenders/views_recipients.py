"""Choosing whom a tender is sent to, from the search's suggestions or by name (SPEC T3, T4)."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Case, Q, When
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ilo_cms.core.admin.search import search as search_rows
from ilo_cms.core.clock import database_now
from ilo_cms.directory.models import Organisation
from ilo_cms.matching.forms import SearchForm
from ilo_cms.matching.services import SECTOR, SKILL, Criteria, Hit, Results, search
from ilo_cms.tenders.diffusion import invite_more
from ilo_cms.tenders.fairness import Past, past_of
from ilo_cms.tenders.models import Invitation, Phase, Tender
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.policies import can_receive
from ilo_cms.tenders.recipients import add_recipients, reached, remove_recipient
from ilo_cms.tenders.views import seen_in, skeleton, tender_to_run
from ilo_cms.tenders.views_prepare import status_of


#: Suggestions on one page, and organisations found by name.
PAGE, BY_NAME = 20, 10


@dataclass(frozen=True)
class Suggestion:
    """One organisation that may be chosen: why, and how much it was called on."""

    organisation: Organisation
    past: Past
    hit: Hit | None = None
    is_chosen: bool = False
    obstacle: str = ""

    @property
    def because(self) -> str:
        """Why it is suggested; of one found by name, that the officer added it."""
        return self.hit.reasons if self.hit else "Ajoutée par son nom ou son SIREN"


@dataclass(frozen=True)
class Option:
    """One value of a list, with how many of those found have it."""

    value: int
    label: str
    count: int
    is_chosen: bool


def asked(request: HttpRequest, tender: Tender) -> QueryDict:
    """The criteria of the address; those of the tender when it gives none."""
    if "cherche" in request.GET:
        return request.GET
    data = QueryDict(mutable=True)
    data.setlist("skills", [str(row.pk) for row in tender.themes.all()])
    if tender.sector_id:
        data["sectors"] = str(tender.sector_id)
    if tender.territory_id:
        data["territory"] = str(tender.territory_id)
    return data


def options(results: Results, kind: str, form: SearchForm, name: str) -> list[Option]:
    """The values of a list that somebody found has, or that were asked."""
    chosen = set(form.cleaned_data.get(name) or [])
    rows = results.of(kind)
    found = [Option(row.key, row.label, row.count, row.key in chosen) for row in rows]
    return [option for option in found if option.count or option.is_chosen]


def suggestions(request: HttpRequest, tender: Tender, hits: Iterable[Hit]) -> Iterator[Suggestion]:
    """What the search suggests, in its order; a constant number of queries."""
    found = {hit.organisation: hit for hit in hits}
    records = Organisation.objects.visible_to(request.user).in_bulk(list(found))
    yield from described(tender, [records[key] for key in found if key in records], found)


def described(
    tender: Tender, rows: list[Organisation], hits: dict[UUID, Hit]
) -> Iterator[Suggestion]:
    """Organisations with their past, and what keeps them from being chosen."""
    past = past_of(row.pk for row in rows)
    chosen = set(tender.invitations.values_list("organisation", flat=True))
    for row in rows:
        yield Suggestion(
            row,
            past.get(row.pk, Past()),
            hits.get(row.pk),
            row.pk in chosen,
            can_receive(tender, row).reason,
        )


def by_name(request: HttpRequest, tender: Tender, text: str) -> list[Suggestion]:
    """Organisations of this name or SIREN, those that cannot be chosen with the reason.

    The one whose whole name it is comes first.
    """
    text = text.strip()
    if not text:
        return []
    rows = Organisation.objects.visible_to(request.user)
    digits = re.sub(r"\s", "", text)
    rows = rows.filter(siren=digits) if digits.isdecimal() else named(rows, text)
    is_other = Case(When(name__iexact=text, then=False), default=True)
    rows = rows.order_by(is_other, "-is_active", "name", "pk")
    return list(described(tender, list(rows[:BY_NAME]), {}))


def named(rows, text: str):
    """Those whose name holds these words."""
    return search_rows(rows, text, {"pk": Organisation})


def choose_recipients(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Suggestions and those chosen; on POST add, or once it was sent say first who gets what."""
    tender = tender_to_run(request, pk)
    now_in = phase(tender, database_now())
    if now_in not in {Phase.PREPARATION, Phase.PARTICIPATION}:
        messages.error(request, "Plus aucun prestataire ne peut être sollicité.")
        return redirect("tender_page", tender.pk)
    if request.method == "POST":
        return add(request, tender, is_sent=now_in == Phase.PARTICIPATION)
    return recipients_page(request, tender, now_in)


def recipients_page(
    request: HttpRequest,
    tender: Tender,
    now_in: Phase,
    refusals: Iterable[str] = (),
    status: int = 200,
) -> HttpResponse:
    """The page, with why nothing was added."""
    form = SearchForm(asked(request, tender))
    valid = form.is_valid()
    number = request.GET.get("p", "1")
    page = max(int(number), 1) if number.isdecimal() and len(number) < 6 else 1
    criteria = form.criteria() if valid else Criteria()
    results = search(criteria, offset=(page - 1) * PAGE, limit=PAGE)
    invitations = Invitation.objects.visible_to(request.user).filter(tender=tender)
    context = {
        "tender": tender,
        "form": form,
        "lists": [
            ("Thématiques", "skills", options(results, SKILL, form, "skills")),
            ("Secteurs", "sectors", options(results, SECTOR, form, "sectors")),
        ],
        "total": results.total,
        "found": list(suggestions(request, tender, results.hits)),
        "others": by_name(request, tender, request.GET.get("autre", "")),
        "autre": request.GET.get("autre", ""),
        "page": page,
        "last": max(1, -(-results.total // PAGE)),
        "chosen": list(invitations.select_related("organisation").order_by("organisation__name")),
        "is_sent": now_in == Phase.PARTICIPATION,
        "refusals": list(refusals),
    }
    context |= skeleton(str(tender), tender, "Destinataires")
    return render(request, "tenders/recipients.html", context, status=status)


def picked(request: HttpRequest) -> tuple[list[Organisation], dict[UUID, str]]:
    """The organisations ticked, and why each was suggested."""
    keys = {}
    for text in request.POST.getlist("organisation"):
        try:
            keys[UUID(text)] = request.POST.get(f"because_{text}", "")[:500]
        except ValueError:
            continue
    rows = Organisation.objects.visible_to(request.user).filter(Q(pk__in=keys)).order_by("name")
    return list(rows), keys


def add(request: HttpRequest, tender: Tender, *, is_sent: bool) -> HttpResponse:
    """Add those ticked; those of a sent tender are written to, once the officer has confirmed."""
    organisations, because = picked(request)
    now_in = Phase.PARTICIPATION if is_sent else Phase.PREPARATION
    if not organisations:
        return recipients_page(request, tender, now_in, ["Choisissez au moins une structure."], 422)
    if is_sent and "confirmed" not in request.POST:
        return confirm_page(request, tender, organisations, because)
    common = {"organisations": organisations, "because": because, "acting_user": request.user}
    try:
        if is_sent:
            made = invite_more(tender=tender, seen=seen_in(request), **common)
        else:
            made = add_recipients(tender=tender, **common)
    except ValidationError as error:
        return recipients_page(request, tender, now_in, error.messages, status_of(error))
    count = len(made)
    done = "sollicitée" if is_sent else "ajoutée"
    words = f"structures {done}s" if count > 1 else f"structure {done}"
    messages.success(request, f"{count} {words}.")
    if is_sent:
        return redirect("tender_page", tender.pk)
    return redirect(f"{reverse('tender_recipients', args=[tender.pk])}?{request.GET.urlencode()}")


def confirm_page(
    request: HttpRequest,
    tender: Tender,
    organisations: list[Organisation],
    because: dict[UUID, str],
) -> HttpResponse:
    """Who will receive a tender that was sent to others already."""
    context = {
        "tender": tender,
        "reach": reached(organisations),
        "because": list(because.items()),
    }
    context |= skeleton(str(tender), tender, "Solliciter d’autres prestataires")
    return render(request, "tenders/invite_more.html", context)


@require_POST
def take_off(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a recipient off the list, in one click."""
    rows = Invitation.objects.visible_to(request.user).select_related("tender")
    invitation = get_object_or_404(rows, pk=pk)
    tender = tender_to_run(request, invitation.tender_id)
    try:
        remove_recipient(invitation=invitation, acting_user=request.user)
    except ValidationError as error:
        for sentence in error.messages:
            messages.error(request, sentence)
    return redirect("tender_recipients", tender.pk)
