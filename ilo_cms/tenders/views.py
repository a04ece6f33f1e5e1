"""The intranet's pages of one tender: the hub, its acts, its questions and its files (SPEC T)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from ilo_cms.accounts.models import User
from ilo_cms.core.clock import database_now
from ilo_cms.core.forms import place_errors
from ilo_cms.documents.uploads import OUTAGES, came_whole, refusal
from ilo_cms.tenders.acts import ACTS
from ilo_cms.tenders.attachments import withdraw_attachment
from ilo_cms.tenders.forms import ActForm, AnswerForm
from ilo_cms.tenders.hub import acts_of, closed_to, page_of
from ilo_cms.tenders.models import Question, Tender, TenderAttachment
from ilo_cms.tenders.phases import phase
from ilo_cms.tenders.policies import can_run
from ilo_cms.tenders.questions import answer_question


LIST = "tender:index"


def skeleton(title: str, tender: Tender | None = None, subtitle: str = "") -> dict:
    """What the skeleton of a page below the list needs: its title and the way back."""
    way = [
        {"url": reverse("wagtailadmin_home"), "label": "Accueil"},
        {"url": reverse(LIST), "label": "Mises en concurrence"},
    ]
    if tender:
        way.append({"url": reverse("tender_page", args=[tender.pk]), "label": title})
    return {
        "header_title": title,
        "header_icon": "group",
        "breadcrumbs_items": [
            *way,
            {"url": "", "label": f"{subtitle} : {title}" if tender and subtitle else title},
        ],
    }


def readable_tender(request: HttpRequest, pk: UUID) -> Tender:
    """A tender that this person reads, 404 otherwise."""
    rows = Tender.objects.visible_to(request.user).select_related(
        "engagement__operator",
        "engagement__beneficiary",
        "officer__user",
        "assignment",
        "sector",
        "territory",
        "opening",
        "decision",
    )
    return get_object_or_404(rows, pk=pk)


def tender_to_run(request: HttpRequest, pk: UUID) -> Tender:
    """A tender on which this person may act."""
    tender = readable_tender(request, pk)
    can_run(request.user, tender).enforce()
    return tender


def show_tender(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything of one tender, and what is possible now."""
    tender = readable_tender(request, pk)
    context = page_of(request, tender) | skeleton(str(tender))
    return render(request, "tenders/page.html", context)


def act_on_tender(request: HttpRequest, pk: UUID, act: str) -> HttpResponse:
    """One act: its short form, then its service."""
    if act not in ACTS:
        raise Http404
    tender = tender_to_run(request, pk)
    posted = (request.POST, request.FILES) if request.method == "POST" else (None, None)
    form = ACTS[act](*posted, tender=tender, user=request.user, asked=request.GET)
    if request.method != "POST" and request.path not in offered_to(request.user, tender):
        closed = closed_to(tender, phase(tender, database_now()), request.user)
        messages.error(request, closed.get(act, "Ce n’est pas, ou plus, possible."))
        return redirect("tender_page", tender.pk)
    status = 200
    if form.is_bound:
        status = 422
        if came_whole(request, form) and form.is_valid():
            status = run(form)
        if status == 200:
            messages.success(request, form.done)
            return redirect("tender_page", tender.pk)
    context = {"form": form, "tender": tender} | skeleton(str(tender), tender, form.heading)
    return render(request, "tenders/act.html", context, status=status)


def offered_to(user: User, tender: Tender) -> set[str]:
    """The addresses of what the page of a tender offers to this member of the team now."""
    return {act.url for act in acts_of(tender, phase(tender, database_now()), user)}


def run(form: ActForm) -> int:
    """Run an act; 200 when it was done, else the status of the page that says why not."""
    try:
        form.run()
    except PermissionDenied as error:
        form.add_error(None, str(error))
        return 403
    except ValidationError as error:
        place_errors(form, error)
        return 409 if getattr(error, "code", "") in {"changed", "phase"} else 422
    except OUTAGES as error:
        words, status = refusal(error)
        place_errors(form, ValidationError({"file": words}))
        return status
    return 200


def answer_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The answer to one question."""
    rows = Question.objects.visible_to(request.user).select_related(
        "tender__engagement__operator", "invitation__organisation", "asked_by__user"
    )
    question = get_object_or_404(rows, pk=pk)
    tender = tender_to_run(request, question.tender_id)
    form = AnswerForm(request.POST if request.method == "POST" else None)
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            answer_question(question=question, acting_user=request.user, **form.cleaned_data)
        except ValidationError as error:
            place_errors(form, error)
            status = 409 if getattr(error, "code", "") in {"changed", "phase"} else 422
        else:
            messages.success(request, "La réponse est envoyée à tous les sollicités.")
            return redirect("tender_page", tender.pk)
    context = {"form": form, "tender": tender, "question": question}
    context |= skeleton(str(tender), tender, "Répondre à une question")
    return render(request, "tenders/answer.html", context, status=status)


@require_POST
def take_back_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Withdraw a file from a tender, in one click."""
    readable = Tender.objects.visible_to(request.user)
    rows = TenderAttachment.objects.filter(tender__in=readable).select_related("tender")
    attachment = get_object_or_404(rows, pk=pk)
    try:
        withdraw_attachment(attachment=attachment, seen=seen_in(request), acting_user=request.user)
    except (PermissionDenied, ValidationError) as error:
        for sentence in getattr(error, "messages", [str(error)]):
            messages.error(request, sentence)
    else:
        messages.success(request, "La pièce est retirée du dossier.")
    return redirect("tender_page", attachment.tender_id)


def seen_in(request: HttpRequest) -> int:
    """Which revision the person saw; -1 when the form does not say."""
    seen = request.POST.get("seen", "")
    return int(seen) if seen.isdecimal() and seen.isascii() and len(seen) < 9 else -1
