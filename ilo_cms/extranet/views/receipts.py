"""A deposited offer as its authors and partners read it, its receipts, its late acts (SPEC T7)."""

from collections.abc import Callable
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.core.clock import database_now
from ilo_cms.directory.policies import can_commit_as
from ilo_cms.extranet.access import acting_contact_required, acting_form
from ilo_cms.tenders.deposits import Act, confirm, withdraw
from ilo_cms.tenders.models import Deposit, DepositKind, LateAttempt, Offer
from ilo_cms.tenders.places import Place, place_with
from ilo_cms.tenders.receipts import content_lines, receipt_lines, receipt_pdf


def known_offer(request: HttpRequest, pk: UUID) -> Offer:
    """An offer of one's own, or shared with one's organisation; 404 to others."""
    rows = Offer.objects.known_to(request.contact).select_related(
        "cooperator__user",
        "invitation__organisation",
        "invitation__tender__engagement__beneficiary",
        "invitation__tender__opening",
        "invitation__tender__decision",
    )
    return get_object_or_404(rows.prefetch_related("deposits__by", "late_attempts__by"), pk=pk)


@acting_contact_required
def offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """What is deposited, and every act on it; to a partner, what is deposited alone."""
    return show(request, known_offer(request, pk))


def show(request: HttpRequest, found: Offer, refusal: str = "", status: int = 200) -> HttpResponse:
    """The page of an offer."""
    place: Place = place_with(request.contact, found.invitation, found, database_now())
    is_own = found.invitation.organisation_id == request.contact.organisation_id
    content = place.last.content if place.last and place.stands else None
    context = {
        "offer": found,
        "place": place,
        "tender": place.tender,
        "is_own": is_own,
        "lines": content_lines({**content, "files": []}) if content else [],
        "files": content["files"] if content else [],
        "acts": own_acts(request).filter(offer=found).select_related("by") if is_own else [],
        "late": found.late_attempts.all() if is_own else [],
        "refusal": refusal,
        "key": uuid4(),
        "may_act": is_own and place.can_act and can_commit_as(request.contact),
    }
    return render(request, "extranet/offer.html", context, status=status)


def act(request: HttpRequest, pk: UUID, service: Callable[..., Act], words: str) -> HttpResponse:
    """Confirm or withdraw; a late act is told as such."""
    found = known_offer(request, pk)
    try:
        key = UUID(request.POST.get("key", ""))
    except ValueError:
        return show(request, found, "Rechargez la page, puis recommencez.", 422)
    try:
        done = service(offer=found, key=key, acting_as=request.contact)
    except ValidationError as error:
        return show(request, known_offer(request, pk), error.messages[0], 409)
    if isinstance(done, LateAttempt):
        messages.error(request, done.told)
        return redirect("offer", pk=pk)
    messages.success(request, words)
    return redirect("deposit_receipt", pk=done.pk)


@acting_form(page="offer")
def offer_confirm(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Keep a deposited offer after a change of what is asked (SPEC T4)."""
    return act(request, pk, confirm, "Votre offre est confirmée telle qu’elle est déposée.")


@acting_form(page="offer")
def offer_withdraw(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take a deposited offer back."""
    return act(request, pk, withdraw, "Votre offre est retirée. Son brouillon reste à vous.")


def own_acts(request: HttpRequest):
    """The acts on one's own offers that one reads."""
    return Deposit.objects.known_to(request.contact)


def own_deposit(request: HttpRequest, pk: UUID) -> Deposit:
    """An act on one's own offer; 404 to others."""
    rows = own_acts(request).select_related(
        "by",
        "offer__cooperator__user",
        "offer__invitation__organisation",
        "offer__invitation__tender",
    )
    return get_object_or_404(rows, pk=pk)


@acting_contact_required
def deposit_receipt(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The receipt of one act."""
    found = own_deposit(request, pk)
    context = {
        "deposit": found,
        "offer": found.offer,
        "tender": found.offer.invitation.tender,
        "lines": receipt_lines(found),
        "is_withdrawal": found.kind == DepositKind.WITHDRAWN,
    }
    return render(request, "extranet/deposit_receipt.html", context)


@acting_contact_required
def deposit_receipt_pdf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The receipt of one act as a PDF."""
    found = own_deposit(request, pk)
    headers = {"Content-Disposition": f'attachment; filename="recu-{found.digest[:12]}.pdf"'}
    return HttpResponse(receipt_pdf(found), "application/pdf", headers=headers)
