"""Whether the notices of this app are still true when their mail leaves (SPEC N3)."""

from uuid import UUID

from django.db.models import QuerySet

from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact
from ilo_cms.evaluations.models import Evaluation, SatisfactionRequest
from ilo_cms.notifications.conditions import rows_about
from ilo_cms.notifications.models import Notification


def still_shared(notice: Notification) -> Decision:
    """The evaluation is shared, and the reader a contact of its provider."""
    rows = Evaluation.objects.filter(pk=notice.about_id, shared_at__isnull=False)
    readers = Contact.objects.current().filter(
        user=notice.recipient_id, has_access=True, organisation__in=rows.values("provider")
    )
    return ALLOWED if readers.exists() else refused("L’évaluation n’est plus partagée.")


def waiting_forms() -> QuerySet[SatisfactionRequest]:
    """Forms that are not answered, and that the person asked can still answer."""
    return SatisfactionRequest.objects.waiting().filter(
        contact__ended_on=None, contact__has_access=True
    )


forms_waiting = rows_about(waiting_forms)


def still_waits(notice: Notification, waiting: dict[UUID, SatisfactionRequest]) -> Decision:
    """The form is not answered, and the person asked can still answer."""
    if notice.about_id in waiting:
        return ALLOWED
    return refused("Le formulaire n’attend plus de réponse.")
