"""Tenders as the invited see them: the list, one call, their answer and questions (SPEC T1–T10)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.core.clock import database_now
from ilo_cms.directory.policies import can_commit_as
from ilo_cms.extranet.access import acting_contact_required, acting_form
from ilo_cms.extranet.kept_forms import restore
from ilo_cms.extranet.offer_forms import DeclineForm, QuestionForm
from ilo_cms.tenders.models import Offer, Question, Tender
from ilo_cms.tenders.participation import answer_invitation, ask_question, take_on
from ilo_cms.tenders.phases import can_ask, moment, questions_end
from ilo_cms.tenders.places import Place, invitations_of, place_at, places_of, steps_of
from ilo_cms.tenders.results import result_for


PAGE_SIZE = 20


@acting_contact_required
def tenders(request: HttpRequest) -> HttpResponse:
    """The calls to which the organisation was invited, the most urgent first."""
    now = database_now()
    rows = invitations_of(request.contact, now)
    page = Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page_obj": page,
        "places": places_of(request.contact, page.object_list, now),
        "shared": shared_offers(request)[:PAGE_SIZE],
    }
    return render(request, "extranet/tenders.html", context)


def shared_offers(request: HttpRequest):
    """The offers of others in which the organisation is a partner who may read."""
    rows = Offer.objects.shared_with(request.contact)
    return rows.select_related("invitation__tender", "invitation__organisation")


def known_tender(request: HttpRequest, pk: UUID) -> Tender:
    """A call that the acting contact may read; 404 to others."""
    rows = Tender.objects.known_to(request.contact).select_related(
        "engagement__beneficiary",
        "engagement__operator",
        "officer__user",
        "opening",
        "decision",
        "sector",
        "territory",
    )
    return get_object_or_404(rows, pk=pk)


def place_in(request: HttpRequest, pk: UUID) -> Place | None:
    """The organisation's place in a call; None for a partner who was not invited."""
    return place_at(request.contact, pk, database_now())


@acting_form()
def tender(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One call; a POST is an answer, a question, or "Je m’en occupe"."""
    found = known_tender(request, pk)
    place = place_in(request, pk)
    if request.method == "POST" and place:
        return act(request, found, place)
    kept = restore(request)
    decline = DeclineForm(kept if kept and "reason" in kept else None)
    question = QuestionForm(kept if kept and "text" in kept else None)
    return show(request, found, decline, question)


def act(request: HttpRequest, found: Tender, place: Place) -> HttpResponse:
    """Run the act that the form names."""
    said = request.POST.get("act", "")
    decline = DeclineForm(request.POST if said == "decline" else None)
    question = QuestionForm(request.POST if said == "ask" else None)
    form = {"decline": decline, "ask": question}.get(said)
    if form is not None and not form.is_valid():
        return show(request, found, decline, question, status=422)
    try:
        words = carry_out(request, place, said, form)
    except ValidationError as error:
        if form is not None:
            form.add_error(None, ValidationError(error.messages))
        is_closed = getattr(error, "code", "") == "closed"  # then the page shows no form
        refusal = error.messages[0] if form is None or is_closed else ""
        status = 409 if is_closed else 422
        return show(request, found, decline, question, refusal, status)
    messages.success(request, words)
    return redirect("tender", pk=found.pk)


def carry_out(request: HttpRequest, place: Place, said: str, form) -> str:
    """One act on a place; what to tell. Raises what the services raise."""
    row, contact = place.invitation, request.contact
    if said == "accept":
        answer_invitation(invitation=row, accepted=True, acting_as=contact)
        return "Votre structure participe : préparez votre offre dès maintenant."
    if said == "decline":
        reason = form.cleaned_data["reason"]
        answer_invitation(invitation=row, accepted=False, reason=reason, acting_as=contact)
        return "Votre réponse est transmise : votre structure ne participe pas."
    if said == "take_on":
        take_on(invitation=row, acting_as=contact)
        return "Vos collègues voient que vous vous en occupez."
    if said == "ask":
        ask_question(tender=row.tender, text=form.cleaned_data["text"], acting_as=contact)
        return "Votre question est envoyée : la réponse ira à toutes les structures sollicitées."
    raise ValidationError("Cette action n’existe pas. Rechargez la page.")


def show(
    request: HttpRequest,
    found: Tender,
    decline: DeclineForm,
    question: QuestionForm,
    refusal: str = "",
    status: int = 200,
) -> HttpResponse:
    """The page of a call, read anew: what is possible may have changed since."""
    found, now = known_tender(request, found.pk), database_now()
    questions = Question.objects.known_to(request.contact).filter(tender=found)
    may_ask = can_ask(found, now)
    context = {
        "tender": found,
        "place": place_in(request, found.pk),
        "steps": steps_of(request.contact, found, now),
        "decline": decline,
        "question": question,
        "refusal": refusal,
        "result": result_for(request.contact, found),
        "may_commit": can_commit_as(request.contact),
        "may_ask": may_ask,
        "questions_end": moment(questions_end(found)) if may_ask else "",
        "amended_since": found.was_amended_after(request.contact),
        "criteria": found.criteria.all(),
        "themes": found.themes.all(),
        "required_types": found.required_types.all(),
        "attachments": found.attachments.known_to(request.contact).select_related("document"),
        "questions": questions.select_related("invitation"),
        "events": found.events.known_to(request.contact),
        "shared": shared_offers(request).filter(invitation__tender=found),
    }
    return render(request, "extranet/tender.html", context, status=status)
