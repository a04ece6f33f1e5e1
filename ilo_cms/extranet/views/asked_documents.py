"""Every request for documents made to an organisation, past ones too (SPEC D4)."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from ilo_cms.document_requests.models import DocumentRequest, State
from ilo_cms.extranet.access import acting_contact_required


#: A state as the organisation reads it, with its colour.
STATES = {
    State.CANCELLED: ("annulée", ""),
    State.COMPLETE: ("complète", "good"),
    State.TO_CHECK: ("en cours de vérification", "info"),
    State.LATE: ("en retard", "bad"),
    State.WAITING: ("à envoyer", "wait"),
}


def standing(asked: DocumentRequest) -> tuple[str, str]:
    """Where a request stands for its organisation: what it has to send comes first."""
    if asked.waits:
        return STATES[State.LATE if asked.is_late else State.WAITING]
    return STATES[asked.state]


@require_safe
@acting_contact_required
def document_requests(request: HttpRequest) -> HttpResponse:
    """The requests made to the organisation the person acts for, the latest first."""
    rows = (
        DocumentRequest.objects.known_to(request.contact)
        .select_related("asked_by", "engagement", "assignment")
        .prefetch_related("items__type")
        .order_by("-created_at", "pk")
    )
    page = Paginator(rows, 20).get_page(request.GET.get("page"))
    lines = [(asked, *standing(asked)) for asked in page]
    context = {"page_obj": page, "lines": lines, "contact": request.contact}
    return render(request, "extranet/document_requests.html", context)
