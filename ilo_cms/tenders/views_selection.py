"""What officers take away of a tender: its opening record and its whole file (SPEC T9, T16)."""

from io import BytesIO
from typing import IO
from uuid import UUID

from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_GET

from ilo_cms.documents.checks.names import clean_name
from ilo_cms.tenders.archive import opening_pdf, tender_archive
from ilo_cms.tenders.phases import related
from ilo_cms.tenders.views import readable_tender


def attached(content: IO[bytes], name: str) -> FileResponse:
    """A download that nothing keeps."""
    headers = {"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"}
    return FileResponse(content, as_attachment=True, filename=clean_name(name), headers=headers)


@require_GET
def opening_record(request: HttpRequest, pk: UUID) -> FileResponse:
    """The opening record as a PDF; 404 before the opening, and where nothing was sealed."""
    tender = readable_tender(request, pk)
    opening = related(tender, "opening")
    if opening is None or not opening.was_sealed:
        raise Http404
    return attached(BytesIO(opening_pdf(opening)), f"ouverture-{tender.title}.pdf")


@require_GET
def whole_file(request: HttpRequest, pk: UUID) -> FileResponse:
    """Everything of a tender that this person may read, as a ZIP."""
    tender = readable_tender(request, pk)
    return attached(tender_archive(tender, request.user), f"dossier-{tender.title}.zip")
