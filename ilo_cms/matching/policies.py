"""Who may search for providers."""

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.policies import active_officer


def can_search_providers(user: User) -> Decision:
    """Every officer and administrator: they see every provider record (SPEC A10)."""
    if user.is_active and (user.is_administrator or active_officer(user)):
        return ALLOWED
    return refused("La recherche de prestataires est réservée aux chargé·es d’accompagnement.")
