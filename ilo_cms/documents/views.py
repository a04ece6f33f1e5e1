"""The one way out for a file: `/documents/<id>/` (SPEC D3)."""

import logging
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from ilo_cms.documents.models import Document
from ilo_cms.documents.policies import can_read
from ilo_cms.documents.services import log_refusal, open_for_reading


logger = logging.getLogger(__name__)

#: Even opened by mistake the file is alone: it runs nothing, loads nothing, is kept nowhere.
HEADERS = {
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
}


@require_GET
def download(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Serve a document as an attachment to who may read it; 404 to all others, without a hint."""
    visible = Document.objects.visible_to(request.user, request.contact)
    document = visible.select_related("organisation", "type").filter(pk=pk).first()
    decision = can_read(request.contact, document) if document else None
    if not decision:
        log_refusal(asked=pk, acting_user=request.user, acting_as=request.contact)
        if decision is None:
            raise Http404
        decision.enforce()
    try:
        content = open_for_reading(document=document, acting_user=request.user)
    except FileNotFoundError:
        logger.exception("The content of document %s is missing", document.pk)
        return render(request, "documents/missing.html", status=503)
    response = FileResponse(
        content,
        as_attachment=True,
        filename=document.name,
        content_type=document.media_type,
        headers=HEADERS,
    )
    response["Content-Length"] = document.size
    return response
