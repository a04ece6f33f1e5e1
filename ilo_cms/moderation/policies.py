"""Who may decide a change request, and who may step in (SPEC M3, M4, M6).

Each rule has a twin in `querysets.py`; a test on random worlds holds them equal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.absences import absence_on, deputies_on, today
from ilo_cms.directory.models import Officer
from ilo_cms.directory.policies import active_officer
from ilo_cms.moderation.querysets import answer_deadline


if TYPE_CHECKING:
    from ilo_cms.moderation.models import ChangeRequest


OWN_REQUEST = "Personne ne décide de sa propre demande."


def vacancy(change_request: ChangeRequest) -> str:
    """Why nobody available answers for a request, in words; empty when somebody does (M4).

    The referent answers while present, their deputy while they are absent. Neither answers for what
    they asked for themselves.
    """
    referent = change_request.organisation.referent
    author = change_request.contact.user
    if referent is None:
        return "Cette structure n’a pas de référent·e."
    if not referent.is_in_post:
        return f"{referent.user} n’est plus en poste."
    absence = absence_on(referent, today())
    if absence is None:
        return f"{author} ne décide pas de sa propre demande." if referent.user == author else ""
    if any(deputy.user != author for deputy in deputies_on(referent, today())):
        return ""
    until = f"{absence.ends_on:%d/%m/%Y}"
    return f"{referent.user} est absent·e jusqu’au {until}, sans remplaçant·e disponible."


def unanswered(change_request: ChangeRequest) -> str:
    """Why others may take a request over, in words: nobody answers, or not in time (M4)."""
    if reason := vacancy(change_request):
        return reason
    if change_request.created_at < answer_deadline():
        return f"La demande attend sans réponse depuis {change_request.age} jours."
    return ""


def can_take_over(user: User, change_request: ChangeRequest) -> Decision:
    """An officer of the provider's territory may register as referent where nobody answers (M4)."""
    officer = active_officer(user)
    if officer is None:
        return refused("Seul·es les chargé·es d’accompagnement deviennent référent·es.")
    if not change_request.is_pending:
        return refused(f"Cette demande est déjà {change_request.state}.")
    if change_request.contact.user_id == user.pk:
        return refused(OWN_REQUEST)
    organisation = change_request.organisation
    if organisation.referent_id == officer.pk:
        return refused("Vous êtes déjà référent·e de cette structure.")
    if not unanswered(change_request):
        return refused(f"Cette demande attend sa ou son référent·e, {organisation.referent}.")
    has_place = organisation.establishments.exclude(department=None).exists()
    if has_place and not Officer.objects.covering(organisation).filter(pk=officer.pk).exists():
        return refused("Cette structure n’a pas d’établissement sur votre territoire.")
    return ALLOWED


def can_decide(user: User, change_request: ChangeRequest) -> Decision:
    """The referent decides, or their deputy while they are absent; never on one's own request."""
    if not change_request.is_pending:
        return refused(f"Cette demande est déjà {change_request.state}.")
    if change_request.contact.user_id == user.pk:
        return refused(OWN_REQUEST)
    officer = active_officer(user)
    if officer is None:
        return refused("Seul·es les chargé·es d’accompagnement traitent les demandes.")
    referent = change_request.organisation.referent
    if referent is None:
        return refused("Cette structure n’a pas de référent·e.")
    if officer in {referent, *deputies_on(referent, today())}:
        return ALLOWED
    return refused(f"Cette demande attend sa ou son référent·e, {referent}.")


def can_set_rules(user: User) -> Decision:
    """Administrators say which fields are moderated (M1)."""
    if user.is_superuser or user.is_administrator:
        return ALLOWED
    return refused("Seule l’administration nationale choisit les champs modérés.")
