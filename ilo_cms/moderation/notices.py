"""What moderation asks before the mail of a notice leaves: is it still so? (SPEC N3)"""

from uuid import UUID

from django.db.models import QuerySet

from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.moderation.services import answering_officers
from ilo_cms.notifications.conditions import rows_about
from ilo_cms.notifications.models import Notification


def request_still_waits(notice: Notification) -> Decision:
    """An officer is asked to decide only what waits, and only while it is theirs to answer."""
    request = ChangeRequest.objects.filter(pk=notice.about_id).first()
    if request is None or not request.is_pending:
        return refused("La demande a été traitée ou retirée entre-temps.")
    if notice.recipient not in answering_officers(request):
        return refused("La demande attend désormais quelqu’un d’autre.")
    return ALLOWED


def decided() -> QuerySet[ChangeRequest]:
    """Requests with an answer, and whose they are."""
    return ChangeRequest.objects.exclude(decided_at=None).select_related("contact")


decided_requests = rows_about(decided)


def decision_is_theirs(notice: Notification, requests: dict[UUID, ChangeRequest]) -> Decision:
    """A decision is told to the person who asked, wherever the contact belongs now."""
    request = requests.get(notice.about_id)
    if request and request.contact.user_id == notice.recipient_id:
        return ALLOWED
    return refused("Cette demande n’est plus celle de la personne.")
