"""A moderated address becomes the login only after its owner confirms it (SPEC M5).

Two links, both signed, both spent by a button only, and no table:

- the new address confirms. Its link names the accepted item and the login it was accepted over. It
  works while that item is the person's latest accepted address, nobody cancelled it, the login is
  still that one, and the contact may act;
- the old address cancels, from the request on and until the new one is confirmed. A cancelled
  change can never be confirmed.
"""

from datetime import timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.directory.edits import set_origins
from ilo_cms.directory.models import Contact, Origin
from ilo_cms.moderation.closing import close_withdrawn
from ilo_cms.moderation.models import ChangeItem, ChangeRequest, Target
from ilo_cms.moderation.referents import answering_officers
from ilo_cms.notifications.services import SIGNATURE, notify, queue_mail
from ilo_cms.referentials.models import PlatformSettings


CONFIRM_SALT = "email-change"
CANCEL_SALT = "email-change-cancel"
LIFETIME = timedelta(days=7)


def warn_of_request(item: ChangeItem) -> None:
    """Tell the current address that another one is asked for, and how to cancel."""
    warn("email.requested", item, item.request.contact)


def ask_to_confirm(item: ChangeItem, contact: Contact) -> None:
    """Mail the link to the accepted address and warn the current one; nothing changes yet."""
    user, email = contact.user, str(item.new)
    token = signing.dumps([str(item.pk), mark_of(user)], salt=CONFIRM_SALT)
    queue_mail(
        recipient=user,
        address=email,
        subject="Confirmez votre nouvelle adresse électronique",
        body=(
            f"Bonjour {user.get_short_name()},\n\nPour vous connecter à ILO avec cette adresse, "
            f"ouvrez ce lien et confirmez, dans les {LIFETIME.days} jours :\n"
            f"{settings.BASE_URL}{reverse('confirm_email', args=[token])}\n\n"
            "Si vous n’attendiez pas ce message, ignorez-le : rien ne changera.\n\n"
            f"{SIGNATURE}\n"
        ),
        holds_link=True,
    )
    warn("email.confirm", item, contact)


def warn(kind: str, item: ChangeItem, contact: Contact) -> None:
    """A notice and a mail to the current address, which lead to the cancelling page."""
    token = signing.dumps(str(item.pk), salt=CANCEL_SALT)
    notify(
        kind,
        recipients=[contact.user],
        organisation_id=contact.organisation_id,
        path=reverse("record"),
        # It acts for whoever holds it, so whoever reads the notices must not find it there.
        mail_path=reverse("cancel_email", args=[token]),
        email=item.new,
    )


def mark_of(user: User) -> str:
    """What a confirming link says of the login it would replace, without showing it."""
    return salted_hmac(CONFIRM_SALT, user.email or "").hexdigest()[:20]


def item_of(token: str, salt: str, max_age: timedelta | None) -> tuple[ChangeItem | None, str]:
    """The item that a link names, None once it is gone, and what else the link says.

    Raises ValidationError when the link is forged or expired.
    """
    try:
        said = signing.loads(token, salt=salt, max_age=max_age)
    except signing.BadSignature as error:
        raise ValidationError(
            "Ce lien n’est plus valable. Demandez de nouveau le changement d’adresse dans "
            "« Mes informations »."
        ) from error
    key, mark = said if isinstance(said, list) else (said, "")
    items = ChangeItem.objects.select_related(
        "request__contact__user", "request__decided_by", "request__organisation__referent__user"
    )
    return items.filter(pk=key).first(), mark


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


def read_confirmation(token: str) -> ChangeItem:
    """The accepted address that a link would confirm.

    Raises ValidationError, with what to do next, when it is forged, expired, spent, cancelled or
    overtaken.
    """
    item, mark = item_of(token, CONFIRM_SALT, LIFETIME)
    contact = item.request.contact if item else None
    if contact is None or item != latest_accepted(contact.user):
        raise ValidationError("Ce lien a été remplacé par un autre, plus récent.")
    if item.cancelled_at:
        raise ValidationError(
            "Ce changement a été annulé depuis l’ancienne adresse, qui reste l’identifiant."
        )
    if mark != mark_of(contact.user):
        raise ValidationError("Ce lien a déjà servi : connectez-vous avec la nouvelle adresse.")
    if not contact.user.is_active or contact.is_former or not contact.has_access:
        raise ValidationError(
            "Votre accès a pris fin : adressez-vous à votre chargé·e d’accompagnement."
        )
    return item


@logged
def confirm(token: str) -> User:
    """Make the confirmed address the login and tell the old one.

    Raises ValidationError when the link is not valid or the address has been taken meanwhile.
    """
    item = read_confirmation(token)
    user = User.objects.select_for_update().get(pk=item.request.contact.user_id)
    if User.objects.filter(email=item.new).exclude(pk=user.pk).exists():
        raise ValidationError(
            "Cette adresse ne peut pas être utilisée. Écrivez à votre référent·e."
        )
    old, user.email = user.email, item.new
    user.save(update_fields=["email", "updated_at"])
    set_origins(user, ["email"], Origin.PROVIDER)
    # allauth also signs in with the addresses it remembers: the old one must be forgotten.
    EmailAddress.objects.filter(user=user).delete()
    record("account.email_changed", actor=user, target=user, before=old, after=user.email)
    if old:
        queue_mail(
            recipient=user,
            address=old,
            subject="Votre identifiant ILO a changé",
            body=(
                f"Bonjour {user.get_short_name()},\n\nVotre compte ILO s’ouvre désormais avec une "
                "autre adresse. Si vous n’êtes pas à l’origine de ce changement, prévenez tout de "
                f"suite {whom_to_tell(item)}.\n\n{SIGNATURE}\n"
            ),
        )
    return user


def whom_to_tell(item: ChangeItem) -> str:
    """Whom a person writes to when somebody else took their account, in words."""
    referent = item.request.organisation.referent
    support = PlatformSettings.current().support_email
    who = "votre chargé·e d’accompagnement"
    if referent and referent.is_in_post:
        who += f", {referent.user} ({referent.user.email})"
    return f"{who}, ou l’assistance ({support})" if support else who


def read_cancellation(token: str) -> ChangeItem:
    """The change of address that a link would cancel.

    Raises ValidationError, with what to do next, when there is nothing left to cancel.
    """
    item, _ = item_of(token, CANCEL_SALT, None)
    if item is None or item.request.withdrawn_at or item.verdict == ChangeItem.Verdict.REFUSED:
        raise ValidationError(
            "Ce changement d’adresse n’est plus demandé : il n’y a rien à annuler, votre "
            "identifiant reste le même."
        )
    if item.cancelled_at:
        raise ValidationError("Ce changement d’adresse est déjà annulé.")
    if item.verdict and item.request.contact.user.email == item.new:
        raise ValidationError(
            "Ce changement d’adresse a déjà été confirmé : il ne peut plus être annulé ici. Si "
            f"vous n’en êtes pas à l’origine, prévenez tout de suite {whom_to_tell(item)}."
        )
    if item.verdict and item != latest_accepted(item.request.contact.user):
        raise ValidationError(
            "Un autre changement d’adresse, plus récent, a remplacé celui-ci. Pour l’annuler, "
            "ouvrez le lien du message le plus récent."
        )
    return item


@logged
def cancel(token: str) -> None:
    """Undo a change of address that is asked for or accepted, and tell the person and the officer.

    A field still waiting is withdrawn, with its request when it was its only one; an accepted one
    can no longer be confirmed. Raises ValidationError when nothing is left to cancel.
    """
    item = read_cancellation(token)
    request = ChangeRequest.objects.select_for_update().get(pk=item.request_id)
    person = item.request.contact.user
    officers = answering_officers(request) if request.is_pending else [request.decided_by]
    record(
        "email.cancelled",
        actor=person,
        target=request,
        organisation=request.organisation,
        email=item.new,
    )
    if request.is_pending and request.items.exclude(pk=item.pk).exists():
        item.delete()
    else:
        item.cancelled_at = timezone.now()
        item.save(update_fields=["cancelled_at"])
        if request.is_pending:
            close_withdrawn(request, person)
    for recipients, organisation_id, path in (
        ([person], request.organisation_id, reverse("change_request", args=[request.pk])),
        (officers, None, request.decision_path),
    ):
        notify(
            "email.cancelled",
            recipients=recipients,
            organisation_id=organisation_id,
            path=path,
            person=person,
            email=item.new,
        )
