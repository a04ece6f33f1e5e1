"""What awaits a person on the home page, beside their record (SPEC E5)."""

from django.utils import timezone

from ilo_cms.core.clock import database_now
from ilo_cms.directory.models import Contact
from ilo_cms.document_requests.models import DocumentRequest, expiring_documents
from ilo_cms.documents.models import Document
from ilo_cms.evaluations.models import Evaluation, SatisfactionRequest
from ilo_cms.meetings.models import Meeting
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.tenders.places import running_places


#: How many running tenders the home page lists; the others are a click away.
SHOWN_TENDERS = 5


def waiting(contact: Contact) -> dict[str, list]:
    """The rows of each kind, as the home page names them."""
    places = running_places(contact, database_now())
    return {
        "places": places[:SHOWN_TENDERS],
        "tender_todos": [place for place in places if place.todo],
        "change_requests": list(ChangeRequest.objects.pending().filter(contact=contact)),
        "meetings": list(Meeting.objects.awaiting(contact)[:10]),
        "document_requests": waiting_requests(contact),
        "expiring": expiring_of(contact),
        "satisfactions": waiting_opinions(contact),
        "evaluations": unread_evaluations(contact),
    }


def waiting_requests(contact: Contact) -> list[DocumentRequest]:
    """The documents asked of the person's organisation, the most urgent first."""
    rows = DocumentRequest.objects.known_to(contact).waiting().select_related("asked_by")
    return list(rows.prefetch_related("items__type").order_by("due_on", "pk")[:20])


def waiting_opinions(contact: Contact) -> list[SatisfactionRequest]:
    """The satisfaction forms that wait for the person."""
    rows = SatisfactionRequest.objects.asked_of(contact).waiting()
    return list(rows.select_related("engagement")[:10])


def expiring_of(contact: Contact) -> list[Document]:
    """The documents of the organisation that soon end; former contacts read none."""
    if contact.is_former:
        return []
    rows = expiring_documents(timezone.localdate()).filter(organisation=contact.organisation_id)
    return list(rows.select_related("type")[:10])


def unread_evaluations(contact: Contact) -> list[Evaluation]:
    """Shared evaluations that nobody of the organisation marked as read; none for the former."""
    if contact.is_former:
        return []
    rows = Evaluation.objects.shared_with(contact).filter(read_at=None)
    return list(rows.select_related("assignment")[:10])
