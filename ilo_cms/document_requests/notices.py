"""Whom requests tell, and whether it is still so when the mail leaves (SPEC N3)."""

from uuid import UUID

from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.absences import deputies_on, is_available, today
from ilo_cms.directory.models import Contact, Officer
from ilo_cms.document_requests.models import DocumentRequest, Reminder, expiring_documents
from ilo_cms.documents.models import Document
from ilo_cms.notifications.conditions import rows_about
from ilo_cms.notifications.models import Notification


SETTLED = "Plus rien n’est attendu de la structure."


def answering(request: DocumentRequest) -> list[User]:
    """Who is told of answers: who asked, their deputy while they are absent, who follows after.

    After somebody left: the referent of the record, or the engagement's officer.
    """
    asker = Officer.objects.filter(user=request.asked_by).first()
    if asker is None:
        return [request.asked_by] if request.asked_by.is_active else []
    if not asker.is_in_post:
        engagement = request.engagement
        heir = engagement.officer if engagement else request.organisation.referent
        if heir is None or not heir.is_in_post:
            colleagues = Officer.objects.active().filter(operator=asker.operator_id)
            return [officer.user for officer in colleagues.select_related("user")]
        asker = heir
    if is_available(asker, today()):
        return [asker.user]
    return [deputy.user for deputy in deputies_on(asker, today())] or [asker.user]


waiting_requests = rows_about(lambda: DocumentRequest.objects.waiting())
ending_documents = rows_about(lambda: expiring_documents(timezone.localdate()))


def request_still_waits(notice: Notification, waiting: dict[UUID, DocumentRequest]) -> Decision:
    """Documents are asked for while they are missing."""
    if notice.about_id in waiting:
        return ALLOWED
    return refused(SETTLED)


def reminder_still_serves(notice: Notification) -> Decision:
    """A reminder leaves while one of its requests still waits."""
    waiting = DocumentRequest.objects.waiting().values("pk")
    if Reminder.objects.filter(pk=notice.about_id, requests__in=waiting).exists():
        return ALLOWED
    return refused(SETTLED)


def answers_still_wait(notice: Notification) -> Decision:
    """An officer is told of what nobody checked yet, and only while it is theirs."""
    request = DocumentRequest.objects.to_check().filter(pk=notice.about_id).first()
    if request is None:
        return refused("Les pièces ont été vérifiées entre-temps.")
    if notice.recipient not in answering(request):
        return refused("Ces pièces attendent désormais quelqu’un d’autre.")
    return ALLOWED


def current_structures(notices: list[Notification]) -> set[UUID]:
    """The organisations to which the reader of these notices belongs today."""
    contacts = Contact.objects.filter(user=notices[0].recipient_id, ended_on=None, has_access=True)
    return set(contacts.values_list("organisation_id", flat=True))


def reader_is_current_contact(notice: Notification, structures: set[UUID]) -> Decision:
    """A request is for those who belong to the organisation today."""
    if notice.organisation_id in structures:
        return ALLOWED
    return refused("La personne a quitté cette structure.")


def document_still_expires(notice: Notification, ending: dict[UUID, Document]) -> Decision:
    """The end of a validity is told while nothing renews the document."""
    if notice.about_id in ending:
        return ALLOWED
    return refused("La pièce a été renouvelée ou retirée entre-temps.")
