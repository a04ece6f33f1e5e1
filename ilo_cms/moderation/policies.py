"""Who may decide a change request (SPEC M3, M4, M6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Officer, Organisation
from ilo_cms.directory.policies import active_officer


if TYPE_CHECKING:
    from ilo_cms.moderation.models import ChangeRequest


def has_available_referent(organisation: Organisation) -> bool:
    """Whether the record has a referent who can still answer."""
    referent = organisation.referent
    return bool(referent and referent.is_active and referent.user.is_active)


def can_become_referent(user: User, organisation: Organisation) -> Decision:
    """An officer of the provider's territory may register where no referent can answer (M4)."""
    officer = active_officer(user)
    if officer is None:
        return refused("Seul·es les chargé·es d’accompagnement deviennent référent·es.")
    if has_available_referent(organisation):
        return refused(f"Cette structure a déjà un·e référent·e, {organisation.referent}.")
    has_place = organisation.establishments.exclude(department=None).exists()
    if has_place and not Officer.objects.covering(organisation).filter(pk=officer.pk).exists():
        return refused("Cette structure n’a pas d’établissement sur votre territoire.")
    return ALLOWED


def can_decide(user: User, change_request: ChangeRequest) -> Decision:
    """The referent of the record decides, and never on their own request (M3, M6)."""
    if not change_request.is_pending:
        return refused(f"Cette demande est déjà {change_request.state}.")
    if change_request.contact.user_id == user.pk:
        return refused("Personne n’accepte sa propre demande.")
    officer = active_officer(user)
    if officer is None:
        return refused("Seul·es les chargé·es d’accompagnement traitent les demandes.")
    organisation = change_request.organisation
    if organisation.referent_id != officer.pk:
        return refused(
            f"Cette demande attend sa ou son référent·e, {organisation.referent}."
            if organisation.referent
            else "Cette structure n’a pas de référent·e : inscrivez-vous comme tel pour décider."
        )
    return ALLOWED
