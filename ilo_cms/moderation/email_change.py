"""A moderated address becomes the login only after its owner confirms it (SPEC M5).

The link carries a signed token that names the person, the old address and the new one: changing
the address spends it, so no table of tokens is needed.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import transaction
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import record
from ilo_cms.directory.models import Contact
from ilo_cms.notifications.services import SIGNATURE, notify, queue_mail


SALT = "email-change"
LIFETIME = timedelta(days=7)


def ask_to_confirm(*, user: User, email: str, contact: Contact) -> None:
    """Mail the link to the new address and warn the old one; nothing changes yet."""
    token = signing.dumps([str(user.pk), user.email, User.normal_email(email)], salt=SALT)
    link = settings.BASE_URL + reverse("confirm_email", args=[token])
    queue_mail(
        recipient=user,
        address=email,
        subject="Confirmez votre nouvelle adresse électronique",
        body=(
            f"Bonjour {user.get_short_name()},\n\nPour vous connecter à ILO avec cette adresse, "
            f"ouvrez ce lien et confirmez, dans les {LIFETIME.days} jours :\n{link}\n\n"
            "Si vous n’attendiez pas ce message, ignorez-le : rien ne changera.\n\n"
            f"{SIGNATURE}\n"
        ),
    )
    notify(
        "email.confirm",
        recipients=[user],
        organisation_id=contact.organisation_id,
        path=reverse("record"),
        email=email,
    )


def read_token(token: str) -> tuple[User, str]:
    """The person and the address that a link names.

    Raises ValidationError, with what to do next, when it is forged, expired or spent.
    """
    try:
        user_id, old, new = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature as error:
        raise ValidationError(
            "Ce lien n’est plus valable. Demandez de nouveau le changement d’adresse dans "
            "« Mes informations »."
        ) from error
    user = User.objects.filter(pk=user_id, email=old, is_active=True).first()
    if user is None:
        raise ValidationError("Ce lien a déjà servi : connectez-vous avec la nouvelle adresse.")
    return user, new


@transaction.atomic
def confirm(token: str) -> User:
    """Make the confirmed address the login and tell the old one.

    Raises ValidationError when the link is not valid or the address has been taken meanwhile.
    """
    user, new = read_token(token)
    user = User.objects.select_for_update().get(pk=user.pk)
    if User.objects.filter(email=new).exclude(pk=user.pk).exists():
        raise ValidationError(
            "Cette adresse ne peut pas être utilisée. Écrivez à votre référent·e."
        )
    old, user.email = user.email, new
    user.save(update_fields=["email", "updated_at"])
    # allauth also signs in with the addresses it remembers: the old one must be forgotten.
    EmailAddress.objects.filter(user=user).delete()
    record("account.email_changed", actor=user, target=user, before=old, after=new)
    if old:
        queue_mail(
            recipient=user,
            address=old,
            subject="Votre identifiant ILO a changé",
            body=(
                f"Bonjour {user.get_short_name()},\n\nVotre compte ILO s’ouvre désormais avec une "
                "autre adresse. Si vous n’êtes pas à l’origine de ce changement, prévenez tout de "
                f"suite votre chargé·e d’accompagnement.\n\n{SIGNATURE}\n"
            ),
        )
    return user
