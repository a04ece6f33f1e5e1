"""The intranet's pages of requests: asking, checking, reminding, ZIPs (SPEC D4–D7)."""

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from ilo_cms.core.french import to
from ilo_cms.directory.confirmation import people_with_access
from ilo_cms.directory.models import Organisation
from ilo_cms.document_requests.admin import document_requests
from ilo_cms.document_requests.answers import deposit
from ilo_cms.document_requests.decisions import ChangedError, changed, decide
from ilo_cms.document_requests.forms import (
    AskForm,
    CancelForm,
    DecisionForm,
    DepositForm,
    ReopenForm,
    RescheduleForm,
    WholeForm,
)
from ilo_cms.document_requests.models import DocumentRequest, DocumentRequestItem
from ilo_cms.document_requests.policies import can_ask, can_follow
from ilo_cms.document_requests.reminders import MOST, plan, remind, remind_all
from ilo_cms.document_requests.services import (
    ask,
    cancel,
    officer_path,
    parties,
    reopen,
    reschedule,
)
from ilo_cms.documents.archive import archive_response
from ilo_cms.documents.models import Document
from ilo_cms.documents.services import log_refusal
from ilo_cms.documents.uploads import REFUSALS, no_file, refusal
from ilo_cms.engagements.models import Assignment, Engagement


LIST = "document_request_list:index"


def seen_or_404(request: HttpRequest, pk: UUID) -> DocumentRequest:
    """A request that this user may see; 404 to others, and a log line."""
    items = DocumentRequestItem.objects.select_related(
        "type", "document__type", "answered_by", "decided_by"
    )
    rows = (
        DocumentRequest.objects.visible_to(request.user)
        .select_related(
            "organisation", "engagement__operator", "assignment", "asked_by", "cancelled_by"
        )
        .prefetch_related(Prefetch("items", queryset=items))
    )
    found = rows.filter(pk=pk).first()
    if found is None:
        log_refusal(asked=pk, acting_user=request.user, acting_as=None)
        raise Http404
    return found


def page(title: str) -> dict:
    """What the skeleton of a page below the list needs: its title and the way back."""
    return {
        "header_title": title,
        "header_icon": "doc-full-inverse",
        "breadcrumbs_items": [
            {"url": reverse("wagtailadmin_home"), "label": "Accueil"},
            {"url": reverse(LIST), "label": "Demandes de pièces"},
            {"url": "", "label": title},
        ],
    }


# --- asking -----------------------------------------------------------------------------------


def ask_documents(request: HttpRequest) -> HttpResponse:
    """Ask for documents, from the record, engagement or assignment that the address names."""
    organisations, engagement, assignment = origin(request)
    decision = can_ask(request.user, organisations[0], engagement)
    if not decision:
        messages.error(request, decision.reason)
        return redirect(LIST)
    data = request.POST if request.method == "POST" else None
    form = AskForm(data, organisations=organisations)
    if data is not None and form.is_valid():
        try:
            made = ask(
                **form.cleaned_data,
                acting_user=request.user,
                engagement=engagement,
                assignment=assignment,
            )
        except ValidationError as error:
            form.add_error(None, error)
        except PermissionDenied as error:
            form.add_error(None, str(error))
        else:
            count = len(people_with_access(made.organisation))
            told = f"{count} contact{'s prévenus' if count > 1 else ' prévenu'}."
            messages.success(
                request, f"Demande envoyée {to(made.organisation)} : {told if count else NOBODY}"
            )
            return redirect(officer_path(made))
    silent = [row for row in organisations if not people_with_access(row)]
    context = {
        "form": form,
        "organisations": organisations,
        "engagement": engagement,
        "assignment": assignment,
        "silent": silent,
    }
    return render(
        request,
        "document_requests/ask.html",
        context | page("Demander des pièces jointes"),
        status=422 if form.errors else 200,
    )


NOBODY = "aucun contact ne peut se connecter, personne n’est prévenu."


def origin(
    request: HttpRequest,
) -> tuple[list[Organisation], Engagement | None, Assignment | None]:
    """Of whom documents may be asked, and for what; 404 when the address names nothing seen."""
    user = request.user
    if key := request.GET.get("prestation"):
        rows = Assignment.objects.visible_to(user).exclude(provider=None)
        found = one(rows.select_related("engagement__operator", "provider"), key)
        if not can_ask(user, found.provider, found.engagement):
            # That the assignment exists is known to all; whose it is, is not (SPEC A10).
            raise Http404
        return [found.provider], found.engagement, found
    if key := request.GET.get("accompagnement"):
        rows = Engagement.objects.visible_to(user).select_related("beneficiary", "operator")
        found = one(rows, key)
        if not can_ask(user, found.beneficiary, found) and user != getattr(
            found.officer, "user", None
        ):
            raise Http404
        return parties(found), found, None
    found = one(Organisation.objects.visible_to(user), request.GET.get("structure", ""))
    return [found], None, None


def one(rows: QuerySet, key: str):
    """The row of this key, or 404."""
    try:
        return get_object_or_404(rows, pk=UUID(key))
    except ValueError as error:
        raise Http404 from error


# --- one request ------------------------------------------------------------------------------


def check_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Show a request; on POST decide the rows that were chosen."""
    found = seen_or_404(request, pk)
    if request.method != "POST":
        return request_page(request, found)
    form = DecisionForm(request.POST, items=list(found.items.all()))
    decision = can_follow(request.user, found)
    if not decision:
        return request_page(request, found, form, unsaved=decision.reason, status=403)
    if form.moved:
        return request_page(request, found, form, unsaved=changed(form.moved[0]), status=409)
    if not form.is_valid():
        return request_page(request, found, form, status=422)
    try:
        decide(request=found, verdicts=form.verdicts(), acting_user=request.user)
    except ChangedError as error:
        found = seen_or_404(request, pk)
        data = request.POST.copy()
        data.update({f"seen_{item.pk}": item.stamp for item in found.items.all()})
        form = DecisionForm(data, items=list(found.items.all()))
        return request_page(request, found, form, unsaved=error.messages[0], status=409)
    except ValidationError as error:
        form.add_error(None, error)
        return request_page(request, found, form, status=422)
    messages.success(request, f"Décision enregistrée : {found.organisation} est prévenue.")
    return redirect(officer_path(found))


def request_page(
    request: HttpRequest,
    found: DocumentRequest,
    form: DecisionForm | None = None,
    *,
    unsaved: str = "",
    refused: WholeForm | None = None,
    status: int = 200,
) -> HttpResponse:
    """The request with its rows, their decisions, and what may be done with the whole.

    `refused` is one of the forms on the whole, shown again as it was typed.
    """
    form = form or DecisionForm(items=list(found.items.all()))
    context = {
        "document_request": found,
        "form": form,
        "lines": form.lines(),
        "has_accepted": bool(accepted(found)),
        "unsaved": unsaved,
        "may_follow": can_follow(request.user, found),
        "refused": refused,
        "deposit_form": DepositForm(request=found),
        "cancel_form": CancelForm(),
        "reschedule_form": RescheduleForm(due_on=found.due_on),
        "reopen_form": ReopenForm(),
        "reminders": found.reminders.select_related("sent_by")[:5],
        "reachable": people_with_access(found.organisation),
    }
    if refused:
        context[refused.place] = refused
        context["typed"] = "" if refused.is_offered(found) else refused.data.get("reason", "")
    title = f"Pièces demandées : {found.organisation}"
    return render(request, "document_requests/request.html", context | page(title), status=status)


def changed_whole(request: HttpRequest, pk: UUID, form: WholeForm, service, done: str):
    """Do with a whole request what a form says; refused, it stands there again as it was typed."""
    found = seen_or_404(request, pk)
    status = 422
    if form.is_valid():
        try:
            service(request=found, acting_user=request.user, **form.cleaned_data)
        except PermissionDenied as error:
            form.add_error(None, str(error))
            status = 403
        except ValidationError as error:
            form.add_error(None, error)
        else:
            messages.success(request, done)
            return redirect(officer_path(found))
    found = seen_or_404(request, pk)
    form.look_again(found)
    return request_page(request, found, refused=form, status=status)


@require_POST
def cancel_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Stop asking, with a reason."""
    done = "La demande est annulée, la structure est prévenue."
    return changed_whole(request, pk, CancelForm(request.POST), cancel, done)


@require_POST
def reopen_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Ask again what was cancelled."""
    done = "La demande est rouverte, la structure est prévenue."
    return changed_whole(request, pk, ReopenForm(request.POST), reopen, done)


@require_POST
def reschedule_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Move the due date."""
    done = "La date est changée, la structure est prévenue."
    return changed_whole(request, pk, RescheduleForm(request.POST), reschedule, done)


@require_POST
def remind_request(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Remind its organisation, once a day at most."""

    found = seen_or_404(request, pk)
    try:
        remind(requests=[found], acting_user=request.user)
    except REFUSALS as error:
        messages.error(request, refusal(error)[0])
    else:
        messages.success(request, "Le rappel est parti.")
    return redirect(officer_path(found))


@require_POST
def deposit_on_behalf(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Take one file in the organisation's place; the page and the log say so (SPEC A10)."""

    found = seen_or_404(request, pk)
    form = DepositForm(request.POST, request.FILES, request=found)
    status = 422
    if form.is_valid():
        key, file = form.cleaned_data["item"], form.cleaned_data["file"]
        item = next(row for row in found.items.all() if str(row.pk) == key)
        try:
            if file is None:
                raise ValidationError(no_file(request, item.type)[0])
            deposit(item=item, file=file, acting_user=request.user, acting_as=None)
        except REFUSALS as error:
            words, status = refusal(error)
            form.add_error("file", words)
        else:
            messages.success(request, "Le fichier est déposé à la place de la structure.")
            return redirect(officer_path(found))
    found = seen_or_404(request, pk)
    form.look_again(found)
    return request_page(request, found, refused=form, status=status)


def accepted(found: DocumentRequest) -> list[Document]:
    """The documents of a request that were accepted."""
    return [
        item.document for item in found.items.all() if item.verdict == "accepted" and item.document
    ]


@require_safe
def request_archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All accepted documents of a request, as one ZIP."""
    found = seen_or_404(request, pk)
    documents = accepted(found)
    for document in documents:
        document.organisation = found.organisation
    return archive_response(f"pieces-{found.organisation}", documents, request.user)


@require_safe
def organisation_archive(request: HttpRequest, pk: UUID) -> HttpResponse:
    """All documents in force of an organisation that this officer may read, as one ZIP."""
    organisation = one(Organisation.objects.visible_to(request.user), str(pk))
    documents = Document.objects.visible_to(request.user).current()
    documents = documents.filter(organisation=organisation).select_related("type", "organisation")
    return archive_response(f"pieces-{organisation}", list(documents), request.user)


# --- reminding many ---------------------------------------------------------------------------


def remind_requests(request: HttpRequest) -> HttpResponse:
    """Show whom a reminder of the filtered list would tell; on POST tell those shown."""
    if request.method == "POST":
        keys = []
        for value in request.POST.getlist("shown"):
            try:
                keys.append(UUID(value))
            except ValueError:
                continue
        told, left_out = remind_all(requests=keys, acting_user=request.user)
        context = {"told": told, "left_out": left_out, "is_done": True}
        return render(request, "document_requests/remind.html", context | page("Rappels envoyés"))
    candidates = plan(document_requests.filtered(request), request.user)
    ready = [each for each in candidates if not each.obstacle]
    context = {
        "ready": ready[:MOST],
        "later": len(ready[MOST:]),
        "others": [each for each in candidates if each.obstacle],
        "people": sum(each.people for each in ready[:MOST]),
        "list_url": f"{reverse(LIST)}?{request.GET.urlencode()}",
    }
    return render(
        request, "document_requests/remind.html", context | page("Relancer les structures")
    )
