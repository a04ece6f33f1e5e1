"""A moderated address becomes the login only after its owner confirms it (SPEC M5).

The link names the accepted item of the change request. It works while that item is the person's
latest accepted address, the login is still the one it was asked from, and the contact may act: a
later acceptance, a confirmation or the end of the membership spends it, and no table is needed.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.models import Contact
from ilo_cms.moderation.models import ChangeItem, Target
from ilo_cms.notifications.services import SIGNATURE, notify, queue_mail


SALT = "email-change"
LIFETIME = timedelta(days=7)


def ask_to_confirm(item: ChangeItem, contact: Contact) -> None:
    """Mail the link to the new address and warn the old one; nothing changes yet."""
    user, email = contact.user, str(item.new)
    link = settings.BASE_URL + reverse(
        "confirm_email", args=[signing.dumps(str(item.pk), salt=SALT)]
    )
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
        about_id=item.pk,
        email=email,
    )


def read_token(token: str) -> tuple[User, str]:
    """The person and the address that a link names.

    Raises ValidationError, with what to do next, when it is forged, expired, spent or overtaken.
    """
    try:
        item_id = signing.loads(token, salt=SALT, max_age=LIFETIME)
    except signing.BadSignature as error:
        raise ValidationError(
            "Ce lien n’est plus valable. Demandez de nouveau le changement d’adresse dans "
            "« Mes informations »."
        ) from error
    item = ChangeItem.objects.select_related("request__contact__user").filter(pk=item_id).first()
    contact = item.request.contact if item else None
    if contact is None or item != latest_accepted(contact.user):
        raise ValidationError("Ce lien a été remplacé par un autre, plus récent.")
    if contact.user.email != (item.old or None):
        raise ValidationError("Ce lien a déjà servi : connectez-vous avec la nouvelle adresse.")
    if not contact.user.is_active or contact.is_former or not contact.has_access:
        raise ValidationError(
            "Votre accès a pris fin : adressez-vous à votre chargé·e d’accompagnement."
        )
    return contact.user, str(item.new)


def latest_accepted(user: User) -> ChangeItem | None:
    """The address accepted last for a person, whichever of their contacts asked for it."""
    return (
        ChangeItem.objects.filter(
            request__contact__user=user,
            target=Target.CONTACT,
            field="email",
            verdict=ChangeItem.Verdict.APPROVED,
        )
        .order_by("-request__decided_at")
        .first()
    )


@logged
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
