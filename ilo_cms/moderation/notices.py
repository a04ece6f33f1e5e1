"""What moderation asks before the mail of a notice leaves: is it still so? (SPEC N3)"""

from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.moderation.services import answering_officers
from ilo_cms.notifications.models import Notification


def request_still_waits(notice: Notification) -> Decision:
    """An officer is asked to decide only what waits, and only while it is theirs to answer."""
    request = ChangeRequest.objects.filter(pk=notice.about_id).first()
    if request is None or not request.is_pending:
        return refused("La demande a été traitée ou retirée entre-temps.")
    if notice.recipient not in answering_officers(request):
        return refused("La demande attend désormais quelqu’un d’autre.")
    return ALLOWED


def decision_is_theirs(notice: Notification) -> Decision:
    """A decision is told to the person who asked, wherever the contact belongs now."""
    decided = ChangeRequest.objects.exclude(decided_at=None)
    if decided.filter(pk=notice.about_id, contact__user=notice.recipient).exists():
        return ALLOWED
    return refused("Cette demande n’est plus celle de la personne.")
