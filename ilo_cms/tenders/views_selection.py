"""What officers take away of a tender: its opening record and its whole file (SPEC T9, T16)."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from ilo_cms.documents.checks.names import clean_name
from ilo_cms.tenders.archive import opening_pdf, tender_archive
from ilo_cms.tenders.phases import related
from ilo_cms.tenders.views import readable_tender


def attached(content: bytes, media_type: str, name: str) -> HttpResponse:
    """A download that nothing keeps."""
    header = content_disposition_header(True, clean_name(name))
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": str(header),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )


@require_GET
def opening_record(request: HttpRequest, pk: UUID) -> HttpResponse:
    """The opening record as a PDF; 404 before the opening."""
    tender = readable_tender(request, pk)
    opening = related(tender, "opening")
    if opening is None:
        raise Http404
    return attached(opening_pdf(opening), "application/pdf", f"ouverture-{tender.title}.pdf")


@require_GET
def whole_file(request: HttpRequest, pk: UUID) -> HttpResponse:
    """Everything of a tender that this person may read, as a ZIP."""
    tender = readable_tender(request, pk)
    content = tender_archive(tender, request.user)
    return attached(content, "application/zip", f"dossier-{tender.title}.zip")
