"""The provider's page of a shared evaluation, and the beneficiary's form (SPEC E7, E10)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from ilo_cms.evaluations.answers import lines
from ilo_cms.evaluations.forms import AnswersForm, ReplyForm
from ilo_cms.evaluations.models import Evaluation, SatisfactionRequest
from ilo_cms.evaluations.policies import can_answer, can_mark_read, can_reply
from ilo_cms.evaluations.services.evaluations import mark_read, reply_to
from ilo_cms.evaluations.services.satisfaction import answer
from ilo_cms.extranet.access import acting_form
from ilo_cms.extranet.kept_forms import restore


def shared_evaluation(request: HttpRequest, pk: UUID) -> Evaluation:
    """An evaluation shared with the organisation the person acts for, or 404."""
    rows = Evaluation.objects.shared_with(request.contact).select_related(
        "assignment__engagement__operator",
        "assignment__engagement__beneficiary",
        "version",
        "shared_by",
        "read_by__user",
        "reply__contact__user",
    )
    return get_object_or_404(rows.prefetch_related("answers__question"), pk=pk)


@acting_form()
def evaluation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One shared evaluation; a POST replies, once."""
    found, contact = shared_evaluation(request, pk), request.contact
    may_reply, status = can_reply(contact, found), 200
    form = ReplyForm(request.POST if request.method == "POST" else restore(request))
    if request.method == "POST":
        status = 422 if may_reply else 403
        if not may_reply:
            form.add_error(None, may_reply.reason)
        elif form.is_valid() and replied(found, form, request):
            return redirect(found.path)
        found = shared_evaluation(request, pk)
        may_reply = can_reply(contact, found)
    context = {
        "evaluation": found,
        "lines": lines(found.version, found.answers.all()),
        "form": form,
        "may_reply": may_reply,
        "may_mark_read": can_mark_read(contact, found),
    }
    return render(request, "extranet/evaluation.html", context, status=status)


def replied(found: Evaluation, form: ReplyForm, request: HttpRequest) -> bool:
    """Send a valid reply, and say so; False when it is refused, which the form then says."""
    try:
        reply_to(evaluation=found, text=form.cleaned_data["reply"], acting_as=request.contact)
    except ValidationError as error:
        form.add_error("reply", error)
        return False
    except PermissionDenied as error:  # a colleague replied in between, or the sharing ended
        form.add_error(None, str(error))
        return False
    messages.success(request, "Votre réponse est envoyée à votre chargé·e d’accompagnement.")
    return True


@acting_form(page="evaluation")
def read_evaluation(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Mark an evaluation as read."""
    found = shared_evaluation(request, pk)
    if found.read_at:  # by a second click, or a colleague
        messages.info(request, "L’évaluation est déjà marquée comme lue.")
        return redirect(found.path)
    try:
        mark_read(evaluation=found, acting_as=request.contact)
    except PermissionDenied as error:  # the sharing or the access ended in between
        messages.error(request, str(error))
    else:
        messages.success(request, "L’évaluation est marquée comme lue.")
    return redirect(found.path)


def asked_opinion(request: HttpRequest, pk: UUID) -> SatisfactionRequest:
    """A form asked of the person in the capacity in which they act, or 404."""
    rows = SatisfactionRequest.objects.asked_of(request.contact).select_related(
        "engagement__operator", "version", "sent_by", "contact__user"
    )
    return get_object_or_404(rows.prefetch_related("answers__question"), pk=pk)


@acting_form()
def satisfaction(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The questions asked of this person; once answered, their answers.

    What was typed but may be sent no more (another tab was first) is shown, to be copied.
    """
    found = asked_opinion(request, pk)
    may_answer, status = can_answer(request.contact, found), 200
    form = AnswersForm(
        request.POST if request.method == "POST" else restore(request), version=found.version
    )
    if request.method == "POST":
        status = 422 if may_answer else 403
        if may_answer and form.is_valid() and answered(found, form, request):
            return redirect(found.path)
        found = asked_opinion(request, pk)
        may_answer = can_answer(request.contact, found)
    kept = lines(found.version, found.answers.all())
    context = {
        "found": found,
        "lines": kept,
        "form": form,
        "may_answer": may_answer,
        "unsent": [line for line in form.typed() if line not in kept] if form.is_bound else [],
    }
    return render(request, "extranet/satisfaction.html", context, status=status)


def answered(found: SatisfactionRequest, form: AnswersForm, request: HttpRequest) -> bool:
    """Send valid answers, and say so; False when refused, which the form then says."""
    try:
        answer(request=found, values=form.values(), acting_as=request.contact)
    except ValidationError as error:
        form.add_error(None, error)
        return False
    except PermissionDenied as error:  # another tab answered in between, or the access ended
        form.add_error(None, str(error))
        return False
    messages.success(request, "Merci : vos réponses sont envoyées à l’équipe qui vous accompagne.")
    return True
