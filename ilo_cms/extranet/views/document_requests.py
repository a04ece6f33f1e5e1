"""A request for documents as its organisation answers it (SPEC D4–D7).

One address shows the page and takes one file, as the record's own documents do; the other acts
have each their address.
"""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse

from ilo_cms.core.policies import Decision
from ilo_cms.document_requests.answers import (
    cannot_provide,
    deposit,
    reusable,
    reuse,
    send,
    take_back,
)
from ilo_cms.document_requests.models import DocumentRequest, DocumentRequestItem, ItemState
from ilo_cms.document_requests.policies import can_answer
from ilo_cms.documents.models import Document
from ilo_cms.documents.services import log_refusal
from ilo_cms.documents.uploads import REFUSALS, no_file, refusal
from ilo_cms.extranet.access import acting_contact_required, acting_form
from ilo_cms.extranet.kept_forms import ACTING_AS, restore
from ilo_cms.extranet.views.documents import OTHER_TAB, UploadForm
from ilo_cms.referentials.models import DocumentType


KINDS = {
    ItemState.MISSING: "wait",
    ItemState.DRAFT: "info",
    ItemState.SENT: "info",
    ItemState.ACCEPTED: "good",
    ItemState.REFUSED: "bad",
}
GONE = "Cette pièce n’est plus demandée. Rechargez la page."


class AnswerForm(UploadForm):
    """The file of one row and, where its validity runs from it, the date it bears."""

    issued_on = forms.DateField(
        label="Date du document",
        required=False,
        help_text="À indiquer avant de choisir le fichier. Sans elle, la validité court à partir "
        "d’aujourd’hui.",
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    field_order = ["issued_on", "file"]

    def __init__(
        self, document_type: DocumentType, has_one: bool, error: str, issued_on: str
    ) -> None:
        super().__init__(document_type, has_one, error)
        if not document_type.validity_months:
            del self.fields["issued_on"]
        if error:  # the date goes with the next file too
            self.data = {"issued_on": issued_on}


@dataclass(frozen=True)
class Row:
    """One document asked for, and what may be done about it now."""

    item: DocumentRequestItem
    reusable: list[Document]
    may_answer: Decision
    error: str = ""
    reason: str = ""
    issued_on: str = ""
    is_kept: bool = False

    @property
    def badge(self) -> str:
        """The colour of its state."""
        return KINDS[self.item.state]

    @property
    def open(self) -> bool:
        """Whether it may be answered, or answered again, by this person."""
        return bool(self.may_answer) and self.item.waits

    @property
    def is_draft(self) -> bool:
        """Whether its answer is ready and not sent."""
        return self.item.state == ItemState.DRAFT

    @property
    def is_refused(self) -> bool:
        """Whether it has to be answered again."""
        return self.item.state == ItemState.REFUSED

    @property
    def form(self) -> AnswerForm:
        """The upload field, with what is wrong."""
        return AnswerForm(self.item.type, bool(self.item.document_id), self.error, self.issued_on)


def own_request(request: HttpRequest, pk: UUID) -> DocumentRequest:
    """A request made to the organisation the person acts for; 404 to others, and a log line."""
    items = DocumentRequestItem.objects.select_related(
        "type", "document__type", "answered_by", "decided_by"
    )
    rows = (
        DocumentRequest.objects.known_to(request.contact)
        .select_related("organisation", "asked_by", "engagement", "assignment", "cancelled_by")
        .prefetch_related(Prefetch("items", queryset=items))
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        log_refusal(asked=pk, acting_user=request.user, acting_as=request.contact)
        raise Http404
    return found


def rows_of(
    request: HttpRequest,
    found: DocumentRequest,
    item: UUID | None = None,
    error: str = "",
    kept: QueryDict | None = None,
) -> list[Row]:
    """The page's rows; `error` stands at one of them, and what was `kept` of one at its own."""
    typed = kept or request.POST
    kept_at = kept.get("item", "") if kept else ""
    may = can_answer(request.contact, found)
    types = [row.type_id for row in found.items.all()]
    offered = list(reusable(found.organisation).filter(type__in=types)) if may else []
    return [
        Row(
            item=row,
            reusable=[
                document
                for document in offered
                if document.type_id == row.type_id and document.pk != row.document_id
            ],
            may_answer=may,
            error=error if row.pk == item else "",
            reason=(
                typed.get("reason", "")
                if row.pk == item or str(row.pk) == kept_at
                else row.cannot_reason
            ),
            issued_on=typed.get("issued_on", "") if row.pk == item else "",
            is_kept=str(row.pk) == kept_at,
        )
        for row in found.items.all()
    ]


@acting_contact_required
def document_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """One request; a POST brings one file."""
    found = own_request(request, pk)
    if request.method == "POST":
        return take_file(request, found)
    kept = restore(request, reverse("document_request_cannot", args=[pk]))
    return show(request, found, kept=kept)


def show(
    request: HttpRequest,
    found: DocumentRequest,
    item: UUID | None = None,
    error: str = "",
    status: int = 200,
    kept: QueryDict | None = None,
) -> HttpResponse:
    """The page, with what is wrong at one row or, without one, above them all."""
    rows = rows_of(request, found, item, error, kept)
    at_row = any(row.error for row in rows)
    context = {
        "document_request": found,
        "rows": rows,
        "error": "" if at_row else error,
        "may_answer": can_answer(request.contact, found),
        **summary(found),
    }
    return render(request, "extranet/document_request.html", context, status=status)


def summary(found: DocumentRequest) -> dict:
    """What is ready to send and what still waits, for the box below the rows."""
    states = [item.state for item in found.items.all()]
    return {
        "ready": states.count(ItemState.DRAFT),
        "missing": states.count(ItemState.MISSING) + states.count(ItemState.REFUSED),
    }


def item_of(request: HttpRequest, found: DocumentRequest) -> DocumentRequestItem | None:
    """The row that a form is about."""
    asked = request.POST.get("item", "")
    return next((item for item in found.items.all() if str(item.pk) == asked), None)


def take_file(request: HttpRequest, found: DocumentRequest) -> HttpResponse:
    """Take one file as the answer of its row."""
    if request.POST.get(ACTING_AS) != str(request.contact.pk):
        return answer(request, found, None, OTHER_TAB, 409)
    item = item_of(request, found)
    if item is None:
        return answer(request, found, None, GONE, 422)
    file = request.FILES.get("file")
    if file is None:
        return answer(request, found, item, *no_file(request, item.type))
    try:
        row, changed = deposit(
            item=item,
            file=file,
            acting_user=request.user,
            acting_as=request.contact,
            issued_on=issue_date(request),
        )
    except REFUSALS as error:
        return answer(request, found, item, *refusal(error))
    return answer(request, found, item, said(row, changed), 200)


def issue_date(request: HttpRequest) -> date | None:
    """The date typed beside the file, if any. Raises ValidationError when it is none."""
    return AnswerForm.base_fields["issued_on"].clean(request.POST.get("issued_on", ""))


def said(row: DocumentRequestItem, changed: bool) -> str:
    """What became of a file."""
    if not changed:
        return "Ce fichier était déjà prêt à envoyer : rien n’a changé."
    if row.is_reused:
        return "Ce fichier est déjà dans votre fiche : il est repris, prêt à envoyer."
    return "Votre fichier est prêt à envoyer."


def answer(
    request: HttpRequest,
    found: DocumentRequest,
    item: DocumentRequestItem | None,
    words: str,
    status: int,
) -> HttpResponse:
    """Tell what became of a file: to the script the row's new content, else a page."""
    error = words if status != 200 else ""
    key = item.pk if item else None
    found = own_request(request, found.pk)
    if request.headers.get("X-Requested-With") == "upload":
        html = below = ""
        if item:
            row = next(row for row in rows_of(request, found, key, error) if row.item.pk == key)
            context = {"document_request": found, "row": row}
            html = render_to_string("extranet/_request_row.html", context, request)
            below = render_to_string("extranet/_request_summary.html", summary(found), request)
        return JsonResponse({"said": words, "html": html, "summary": below}, status=status)
    if error:
        return show(request, found, key, error, status)
    messages.success(request, words)
    return redirect(f"{request.path}#piece-{key}")


def act(request: HttpRequest, pk: UUID, service, success: str, **words: object) -> HttpResponse:
    """Run a service on the row that the form names, and come back to it."""
    found = own_request(request, pk)
    item = item_of(request, found)
    if item is None:
        return show(request, found, None, GONE, 422)
    item.request = found
    try:
        service(item=item, acting_as=request.contact, **words)
    except ValidationError as error:
        return show(request, own_request(request, pk), item.pk, *refusal(error))
    except PermissionDenied as error:  # cancelled or completed in between: the text is shown again
        now = own_request(request, pk)
        return show(request, now, item.pk, *refusal(error), kept=request.POST)
    messages.success(request, success)
    return redirect(f"{reverse('document_request', args=[pk])}#piece-{item.pk}")


@acting_form(page="document_request")
def reuse_document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer with a document that is on file (SPEC D6)."""
    own = reusable(request.contact.organisation)
    try:
        document = own.filter(pk=UUID(request.POST.get("document", ""))).first()
    except ValueError:
        document = None
    if document is None:
        words = "Cette pièce n’est plus valable, ou vient d’être remplacée."
        return show(request, own_request(request, pk), None, words, 409)
    words = "La pièce de votre fiche est prête à envoyer."
    return act(request, pk, reuse, words, document=document)


@acting_form(page="document_request")
def cannot_provide_document(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Answer with the reason why there will be no file (SPEC D7)."""
    words = "Votre motif est prêt à envoyer."
    return act(request, pk, cannot_provide, words, reason=request.POST.get("reason", ""))


@acting_form(page="document_request")
def take_back_answer(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take back an answer that was not sent."""
    return act(request, pk, take_back, "Votre réponse est retirée : rien n’a été envoyé.")


@acting_form(page="document_request")
def send_answers(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Send all that is prepared."""
    found = own_request(request, pk)
    try:
        sent = send(request=found, acting_as=request.contact)
    except ValidationError as error:
        return show(request, own_request(request, pk), None, error.messages[0], 422)
    except PermissionDenied as error:
        return show(request, own_request(request, pk), None, *refusal(error))
    count = len(sent)
    words, them = ("réponse est envoyée", "la") if count == 1 else ("réponses sont envoyées", "les")
    messages.success(
        request, f"{count} {words}. {found.asked_by} {them} vérifie, puis vous serez prévenu·e."
    )
    return redirect("document_request", pk=pk)
