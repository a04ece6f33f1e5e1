"""Whether the notices of this app are still true when their mail leaves (SPEC N3)."""

from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact
from ilo_cms.evaluations.models import Evaluation, SatisfactionRequest
from ilo_cms.notifications.models import Notification


def still_shared(notice: Notification) -> Decision:
    """The evaluation is shared, and the reader a contact of its provider."""
    rows = Evaluation.objects.filter(pk=notice.about_id, shared_at__isnull=False)
    readers = Contact.objects.current().filter(
        user=notice.recipient_id, has_access=True, organisation__in=rows.values("provider")
    )
    return ALLOWED if readers.exists() else refused("L’évaluation n’est plus partagée.")


def still_waits(notice: Notification) -> Decision:
    """The form is not answered, and the person asked can still answer."""
    waiting = SatisfactionRequest.objects.waiting().filter(
        pk=notice.about_id, contact__ended_on=None, contact__has_access=True
    )
    return ALLOWED if waiting.exists() else refused("Le formulaire n’attend plus de réponse.")
