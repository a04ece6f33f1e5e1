"""Helping somebody who lost their second factor (SPEC A11)."""

from allauth.mfa.models import Authenticator
from django.core.exceptions import ValidationError
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.notifications.services import notify


def can_reset_second_factor(user: User, person: User) -> Decision:
    """Administrators help others, never themselves; a superuser is helped by a superuser."""
    if not (user.is_administrator or user.is_superuser):
        return refused("Seule l’administration nationale réinitialise une double authentification.")
    if user.pk == person.pk:
        return refused(
            "Votre propre double authentification se gère depuis votre compte. "
            "Si vous l’avez perdue, demandez à une autre personne de l’administration."
        )
    if person.is_superuser and not user.is_superuser:
        return refused(
            "La double authentification de ce compte technique ne se réinitialise pas ici."
        )
    return ALLOWED


@logged
def reset_second_factor(*, person: User, reason: str, acting_user: User) -> None:
    """Remove every second factor of a person, who signs in by password and adds another one.

    `reason` goes into the log: how the person was recognised. They are told by mail. Raises
    PermissionDenied when the user may not, ValidationError without reason or without factor.
    """
    person = User.objects.select_for_update().get(pk=person.pk)
    can_reset_second_factor(acting_user, person).enforce()
    if not reason.strip():
        raise ValidationError(
            "Dites pourquoi, et comment vous avez vérifié que la demande vient de cette personne."
        )
    deleted, _ = Authenticator.objects.filter(user=person).delete()
    if not deleted:
        raise ValidationError("Cette personne n’a pas de double authentification.")
    log(
        "account.second_factor_reset",
        actor=acting_user,
        target=person,
        reason=reason.strip(),
    )
    notify(
        "account.second_factor_reset",
        recipients=[person],
        organisation_id=None,
        path=reverse("mfa_index"),
        administrator=acting_user,
    )
