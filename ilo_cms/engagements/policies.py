"""Who may do what with engagements and assignments in the intranet (SPEC A10)."""

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.policies import active_officer
from ilo_cms.engagements.models import Assignment, Engagement


def can_create_engagement(user: User) -> Decision:
    """Officers open engagements, for their operator."""
    if active_officer(user):
        return ALLOWED
    return refused("Seul·es les chargé·es d’accompagnement ouvrent des accompagnements.")


def can_edit_engagement(user: User, engagement: Engagement) -> Decision:
    """The operator's team edits."""
    officer = active_officer(user)
    if officer and officer.operator_id == engagement.operator_id:
        return ALLOWED
    return refused(f"Seule l’équipe de {engagement.operator} modifie cet accompagnement.")


def can_edit_assignment(user: User, assignment: Assignment) -> Decision:
    """Who edits the engagement edits its assignments."""
    return can_edit_engagement(user, assignment.engagement)


def can_read_assignment_details(user: User, assignment: Assignment) -> Decision:
    """The operator's team and administrators read everything.

    Other officers see that the assignment exists: label, beneficiary, status, dates.
    """
    if user.is_administrator:
        return ALLOWED
    return can_edit_engagement(user, assignment.engagement)


def assignment_faults(assignment: Assignment) -> dict[str, str]:
    """What does not hold together, by field: the place and the person belong to the provider."""
    faults = {}
    for name in ("establishment", "contact"):
        row = getattr(assignment, name)
        if row and row.organisation_id != assignment.provider_id:
            faults[name] = "Cette fiche n’est pas de la structure prestataire."
    return faults
