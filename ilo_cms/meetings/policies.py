"""Who may do what with meetings (SPEC E8, A10)."""

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import active_officer, can_write_as
from ilo_cms.engagements.models import Engagement
from ilo_cms.engagements.policies import can_edit_engagement
from ilo_cms.meetings.models import Meeting, Participant, State


#: Why a meeting in this state takes no answer and no change.
OVER = {
    State.CONFIRMED: "La date de ce rendez-vous est déjà fixée.",
    State.LAPSED: "Les dates proposées sont passées.",
    State.HELD: "Ce rendez-vous est passé.",
    State.CANCELLED: "Ce rendez-vous est annulé.",
}


def can_propose(user: User, engagement: Engagement) -> Decision:
    """The operator's team proposes meetings while the engagement is open."""
    decision = can_edit_engagement(user, engagement)
    if decision and not engagement.is_open:
        return refused("Cet accompagnement est clos : rouvrez-le avant de proposer un rendez-vous.")
    return decision


def can_manage(user: User, meeting: Meeting) -> Decision:
    """The operator's team fixes, moves and cancels what is not over."""
    decision = can_edit_engagement(user, meeting.engagement)
    if decision and not meeting.can_change:
        return refused(OVER[meeting.state])
    return decision


def can_answer(user: User, acting_as: Contact | None, participant: Participant) -> Decision:
    """Each person invited answers for themself, in the capacity in which they were invited."""
    if participant.officer_id:
        officer = active_officer(user)
        if officer is None or officer.pk != participant.officer_id:
            return refused("Chaque personne invitée répond pour elle-même.")
    else:
        if acting_as is None or acting_as.user_id != user.pk:
            return can_write_as(None)
        if acting_as.pk != participant.contact_id:
            return refused("Chaque personne invitée répond pour elle-même.")
        if not (writing := can_write_as(acting_as)):
            return writing
        if not participant.is_valid:
            return refused("Votre structure ne participe plus à ce rendez-vous.")
    meeting = participant.meeting
    return ALLOWED if meeting.is_open else refused(OVER[meeting.state])
