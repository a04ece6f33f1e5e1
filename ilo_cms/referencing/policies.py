"""Who deals with a request of the public page."""

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.policies import active_officer
from ilo_cms.referencing.models import ReferencingRequest


def can_handle(user: User, found: ReferencingRequest) -> Decision:
    """Officers and administrators deal with a request, once; any territory's, to stand in."""
    if not (user.is_administrator or active_officer(user)):
        return refused("Seul·es les chargé·es d’accompagnement traitent les demandes.")
    if found.handled_at:
        return refused(f"Cette demande est déjà traitée, par {found.handled_by or 'quelqu’un'}.")
    return ALLOWED
