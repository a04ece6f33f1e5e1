"""An offer being prepared and deposited, one file per request (SPEC T6–T9).

One address shows the page and takes what was typed, so that a form kept while the session ended
comes back to it; files have their own, as those of the record do.
"""

from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from ilo_cms.core.forms import place_errors
from ilo_cms.directory.policies import can_commit_as
from ilo_cms.documents.uploads import REFUSALS, no_file, refusal
from ilo_cms.extranet.access import acting_contact_required, acting_form
from ilo_cms.extranet.kept_forms import ACTING_AS, restore
from ilo_cms.extranet.offer_forms import OfferForm
from ilo_cms.extranet.views.documents import OTHER_TAB, UploadForm
from ilo_cms.extranet.views.tenders import place_in
from ilo_cms.referentials.models import DocumentType
from ilo_cms.tenders.deposits import Act, deposit, files_of, missing_of
from ilo_cms.tenders.models import Deposit, OfferFile
from ilo_cms.tenders.offers import (
    NOT_ASKED,
    add_file,
    draft_of,
    offer_types,
    remove_file,
    save_draft,
    set_partners,
)
from ilo_cms.tenders.places import Place


NEW = "Votre fichier est dans le brouillon : il sera déposé avec votre offre."
NEW_AFTER = "Votre fichier est dans le brouillon : déposez à nouveau pour qu’il compte."
GONE = "Ce fichier n’est plus dans le brouillon."
SAME = "Ce fichier était déjà dans le brouillon : rien n’a changé."


class OfferUploadForm(UploadForm):
    """The same where a file stands beside those that are there."""

    another = "Ajouter un autre fichier"


@dataclass(frozen=True)
class Slot:
    """One type of document of an offer, and the draft's files there."""

    type: DocumentType
    is_required: bool
    files: list[OfferFile]
    error: str = ""

    @property
    def form(self) -> OfferUploadForm:
        """The upload field, with what is wrong."""
        return OfferUploadForm(self.type, bool(self.files), self.error)


def own_place(request: HttpRequest, pk: UUID) -> Place:
    """The organisation's place in a call; 404 to who was not invited, or has left."""
    place = place_in(request, pk)
    if place is None or request.contact.is_former:
        raise Http404
    return place


def slots(place: Place, code: str = "", error: str = "") -> list[Slot]:
    """The types that an offer takes; `error` stands at one of them."""
    files = list(files_of(place.offer)) if place.offer else []
    return [
        Slot(
            type=each,
            is_required=each.is_required,
            files=[file for file in files if file.document.type_id == each.pk],
            error=error if each.code == code else "",
        )
        for each in offer_types(place.tender)
    ]


def missing(place: Place, found: list[Slot]) -> list[str] | None:
    """What the saved draft still lacks; None before there is one."""
    if place.offer is None:
        return None
    files = [file for slot in found for file in slot.files]
    return missing_of(place.offer, files, [slot.type for slot in found if slot.is_required])


@acting_form()
def tender_offer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The offer being prepared; a POST keeps what was typed, and deposits when so asked."""
    place = own_place(request, pk)
    if request.method != "POST":
        return show(request, place, OfferForm(restore(request), **of(place)))
    form = OfferForm(request.POST, **of(place))
    if not form.is_valid():
        return show(request, place, form, status=422)
    asked = request.POST.get("act") == "deposit"
    try:
        done = keep(request, place, form, asked)
    except ValidationError as error:
        return show(request, own_place(request, pk), refused(form, error), status=status_of(error))
    return told(request, place, done)


def of(place: Place) -> dict:
    """What a form of an offer is made for."""
    return {"place": place.invitation, "offer": place.offer}


def refused(form: OfferForm, error: ValidationError) -> OfferForm:
    """The form with what a service said, at its field where it has one, for another act."""
    form.renew_key()
    place_errors(form, error)
    return form


def code_of(error: ValidationError) -> str:
    """Why a service refused, in the one word by which it says so; "" where faults have fields."""
    return "" if hasattr(error, "error_dict") else error.error_list[0].code or ""


def status_of(error: ValidationError) -> int:
    """409 for what is possible no more or not yet, 422 for what must be corrected."""
    return 409 if code_of(error) in {"closed", "changed"} else 422


def keep(request: HttpRequest, place: Place, form: OfferForm, asked: bool) -> Act | None:
    """Keep what was typed, then deposit it if asked; a late deposit is kept as an attempt.

    Raises what the services raise.
    """
    contact = request.contact
    offer = place.offer or draft_of(invitation=place.invitation, acting_as=contact, even_late=asked)
    changes = {n: value for n, value in form.values().items() if getattr(offer, n) != value}
    typed = {"offer": offer, "acting_as": contact, "values": changes}
    try:
        if any(name.startswith("partner_") for name in form.changed_data):
            set_partners(offer=offer, partners=form.partners(), acting_as=contact)
    except ValidationError as error:
        if not asked or code_of(error) != "closed":
            raise
    try:
        if asked:
            return deposit(key=form.form_key, **typed)
    except ValidationError as error:
        if code_of(error) == "incomplete":  # what was typed is not lost
            save_draft(**typed)
        raise
    if changes:
        save_draft(**typed)
    return None


def told(request: HttpRequest, place: Place, done: Act | None) -> HttpResponse:
    """Say what was done, on the page where it can be read."""
    if done is None:
        rest = "l’offre déposée ne change pas." if place.stands else "rien n’est encore déposé."
        messages.success(request, f"Votre brouillon est enregistré : {rest}")
        return redirect("tender_offer", pk=place.tender.pk)
    if isinstance(done, Deposit):
        messages.success(request, "Votre offre est déposée. Voici votre reçu.")
        return redirect("deposit_receipt", pk=done.pk)
    messages.error(request, done.told)
    return redirect("offer", pk=done.offer_id)


def show(
    request: HttpRequest,
    place: Place,
    form: OfferForm,
    status: int = 200,
    code: str = "",
    error: str = "",
) -> HttpResponse:
    """The page of a draft, with what is wrong in one slot or above them all."""
    found = slots(place, code, error)
    context = {
        "place": place,
        "tender": place.tender,
        "form": form,
        "slots": found,
        "error": "" if any(slot.error for slot in found) else error,
        "missing": missing(place, found),
        "may_commit": can_commit_as(request.contact),
    }
    return render(request, "extranet/tender_offer.html", context, status=status)


@acting_contact_required
def tender_offer_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one file into the draft."""
    if request.method != "POST":
        return redirect("tender_offer", pk=pk)
    place = own_place(request, pk)
    code = request.POST.get("type", "")
    if request.POST.get(ACTING_AS) != str(request.contact.pk):
        return answer(request, place, code, OTHER_TAB, 409)
    # Compared here: of a code that a browser made up, PostgreSQL chokes on some characters.
    asked = next((each for each in DocumentType.objects.all() if each.code == code), None)
    if asked is None:
        return answer(request, place, "", NOT_ASKED, 422)
    file = request.FILES.get("file")
    if file is None:
        return answer(request, place, code, *no_file(request, asked))
    try:
        kept, is_new = add_file(
            invitation=place.invitation,
            file=file,
            document_type=asked,
            acting_as=request.contact,
        )
    except REFUSALS as error:
        return answer(request, place, code, *refusal(error))
    place = replace(place, offer=kept.offer)
    new = NEW_AFTER if place.stands else NEW
    return answer(request, place, code, new if is_new else SAME)


def answer(
    request: HttpRequest, place: Place, code: str, said: str, status: int = 200
) -> HttpResponse:
    """Tell what became of a file: to the script the slot's new content, else a page."""
    error = said if status != 200 else ""
    if request.headers.get("X-Requested-With") == "upload":
        html = below = ""
        found = slots(place, code, error)
        slot = next((each for each in found if each.type.code == code), None)
        if slot:
            context = {"slot": slot, "place": place, "tender": place.tender}
            html = render_to_string("extranet/_offer_slot.html", context, request)
            context = {"missing": missing(place, found), "place": place}
            below = render_to_string("extranet/_offer_summary.html", context, request)
        return JsonResponse({"said": said, "html": html, "summary": below}, status=status)
    if error:
        return show(request, place, OfferForm(None, **of(place)), status, code, error)
    messages.success(request, said)
    return redirect(f"{reverse('tender_offer', args=[place.tender.pk])}#piece-{code}")


@acting_form(page="tender_offer")
def tender_offer_file_remove(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one file out of the draft."""
    place = own_place(request, pk)
    asked = request.POST.get("file", "")
    files = files_of(place.offer) if place.offer else []
    file = next((each for each in files if str(each.pk) == asked), None)
    if file is None:
        return answer(request, place, request.POST.get("type", ""), GONE, 422)
    code = file.document.type.code
    try:
        remove_file(offer_file=file, acting_as=request.contact)
    except ValidationError as error:
        return answer(request, place, code, error.messages[0], status_of(error))
    return answer(request, place, code, f"« {file.document.name} » est retiré du brouillon.")
