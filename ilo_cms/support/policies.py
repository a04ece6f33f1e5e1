"""Who helps whom, and how far (SPEC A12, A13)."""

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import assistant
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact
from ilo_cms.directory.policies import active_officer
from ilo_cms.support.models import SupportRequest


def can_answer(user: User, found: SupportRequest) -> Decision:
    """Administrators answer a request, once."""
    if not (user.is_administrator and user.is_active):
        return refused("Seule l’administration nationale répond aux demandes d’assistance.")
    if found.handled_at:
        return refused(f"Cette demande est déjà traitée, par {found.handled_by or 'quelqu’un'}.")
    return ALLOWED


def can_act_as(user: User, contact: Contact) -> Decision:
    """Administrators act as somebody of the extranet, in one structure, not through another."""
    if not (user.is_administrator and user.is_active):
        return refused("Seule l’administration nationale peut agir comme une personne.")
    if assistant.get():
        return refused("Une assistance est déjà en cours : mettez-y fin d’abord.")
    return is_helped(contact)


def is_helped(contact: Contact) -> Decision:
    """Whether the support may act through a contact: somebody of the extranet and no one else."""
    person = contact.user
    if not person.is_active:
        return refused("Le compte de cette personne est fermé.")
    if contact.is_former:
        return refused("Cette personne a quitté cette structure.")
    if not contact.has_access:
        return refused("Ce contact n’a pas accès à l’extranet.")
    roles = [person.is_superuser, person.is_administrator, person.is_analyst, person.is_staff]
    if any(roles) or active_officer(person):
        return refused(
            "Cette personne travaille aussi dans l’intranet ou dans les rapports : personne n’agit "
            "à sa place."
        )
    return ALLOWED
