"""The history of the record, as its contacts read it (SPEC M6)."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from ilo_cms.audit.readable import act, actor
from ilo_cms.extranet.access import acting_contact_required
from ilo_cms.extranet.history import record_history, with_lines


@acting_contact_required
def record_history_page(request: HttpRequest) -> HttpResponse:
    """Who did what to the record, when, with the values before and after."""
    contact = request.contact
    page = Paginator(record_history(contact), 20).get_page(request.GET.get("page"))
    rows = [
        {"at": event.at, "act": act(event), "actor": actor(event), "lines": lines}
        for event, lines in with_lines(contact, list(page))
    ]
    return render(
        request,
        "extranet/record_history.html",
        {"contact": contact, "page_obj": page, "rows": rows},
    )
