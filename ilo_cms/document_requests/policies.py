"""Who may ask for documents, answer, check and remind (SPEC A10, A12, D4–D7)."""

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.policies import can_commit_as, can_edit_record
from ilo_cms.document_requests.models import DocumentRequest, State
from ilo_cms.engagements.models import Engagement
from ilo_cms.engagements.policies import can_edit_engagement


def can_ask(user: User, organisation: Organisation, engagement: Engagement | None) -> Decision:
    """Any officer asks from a record; for an engagement, its operator's team alone."""
    if engagement is None:
        decision = can_edit_record(user, organisation)
    else:
        decision = can_edit_engagement(user, engagement)
    if decision and not organisation.is_active:
        return refused(
            f"{organisation} est inactive : ses contacts ne peuvent rien envoyer. Réactivez sa "
            "fiche avant de lui demander des pièces."
        )
    return decision


def can_follow(user: User, request: DocumentRequest) -> Decision:
    """Who might have made a request checks, reminds, cancels, and deposits in its place."""
    if request.engagement is None:
        return can_edit_record(user, request.organisation)
    return can_edit_engagement(user, request.engagement)


def is_standing(request: DocumentRequest) -> Decision:
    """Whether anything of a request can still change."""
    if request.state == State.CANCELLED:
        return refused("Cette demande a été annulée : rien n’a été changé.")
    if request.state == State.COMPLETE:
        return refused("Cette demande est complète : toutes ses pièces sont validées.")
    return ALLOWED


def can_answer(contact: Contact | None, request: DocumentRequest) -> Decision:
    """A current contact of the organisation, never the support in somebody's place."""
    decision = can_commit_as(contact)
    if not decision:
        return decision
    if contact is None or contact.organisation_id != request.organisation_id:
        return refused("Cette demande est faite à une autre structure que la vôtre.")
    return is_standing(request)
