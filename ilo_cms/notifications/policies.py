"""Who may act on mails: the administrators (SPEC N3, N4)."""

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused


def can_resend(user: User) -> Decision:
    """Whether this person may try a failed mail anew."""
    if user.is_administrator and user.is_active:
        return ALLOWED
    return refused("Seule l’administration nationale renvoie un courriel.")


def can_edit_mail_texts(user: User) -> Decision:
    """Whether this person may change what mails say."""
    if user.is_administrator and user.is_active:
        return ALLOWED
    return refused("Seule l’administration nationale modifie les textes des courriels.")
