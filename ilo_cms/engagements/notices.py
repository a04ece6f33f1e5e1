"""Whether what engagements tell is still so when the mail leaves (SPEC N3)."""

from uuid import UUID

from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.notifications.conditions import rows_about
from ilo_cms.notifications.models import Notification


def engagement_is_theirs(notice: Notification) -> Decision:
    """An officer is told of an engagement while they work for its operator."""
    officer = active_officer(notice.recipient)
    operator = officer.operator_id if officer else None
    engagements = Engagement.objects.filter(operator=operator)
    theirs = engagements.filter(pk=notice.about_id) | engagements.filter(
        assignments=notice.about_id
    )
    if officer and theirs.exists():
        return ALLOWED
    return refused("La personne ne travaille plus pour la structure porteuse.")


assignments_told = rows_about(lambda: Assignment.objects.all())


def status_still_holds(notice: Notification, assignments: dict[UUID, Assignment]) -> Decision:
    """A party is told of a state while the assignment is in it."""
    assignment = assignments.get(notice.about_id)
    status = assignment.get_status_display().lower() if assignment else ""
    if status == notice.fields.get("status"):
        return ALLOWED
    return refused("La prestation a changé de statut entre-temps.")
