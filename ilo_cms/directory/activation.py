"""Activation: a link by mail, spent once, by which a contact opens their account (SPEC A3).

A person who cannot sign in yet gets a link; one who can is only told of their new access. The
latest link of a person is the only one that works, and only the button of its page spends it.
"""

from datetime import timedelta

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged
from ilo_cms.audit.services import record as log
from ilo_cms.core import french
from ilo_cms.directory.models import Activation, Contact, Officer, Organisation
from ilo_cms.directory.models.activation import Access, access_of, lifetime
from ilo_cms.directory.policies import (
    NO_LINK,
    can_be_invited,
    can_edit_record,
    can_send_activation,
)
from ilo_cms.notifications.services import SIGNATURE, queue_mail


SALT = "activation"
#: How many links an hour a person gets by asking for them; officers are not limited.
REQUESTS_PER_HOUR = 3

#: What the page of a refused link says, by the name of the case.
REFUSALS = {
    "forged": "Ce lien est incomplet ou inexact. Recopiez-le en entier depuis le courriel reçu. "
    "S’il ne fonctionne toujours pas, demandez-en un autre à votre chargé·e d’accompagnement.",
    Access.OPEN.name: "Votre compte est déjà ouvert : ce lien ne sert plus. Connectez-vous, ou "
    "choisissez un nouveau mot de passe si vous avez oublié le vôtre.",
    Access.CLOSED.name: "Votre compte est fermé. Si vous en avez besoin, demandez sa réouverture.",
    Access.NONE.name: "Votre accès au titre de cette structure a pris fin.",
    Access.FORMER.name: "Votre accès a pris fin quand vous avez quitté cette structure.",
    Access.NO_ADDRESS.name: "Votre adresse électronique a été retirée depuis l’envoi de ce lien.",
    Access.GENERIC.name: "L’adresse qui a reçu ce lien est lue par plusieurs personnes : un "
    "compte demande une adresse nominative.",
    "changed": "Votre adresse électronique a changé depuis l’envoi de ce lien.",
    "overtaken": "Un lien plus récent vous a été envoyé, et lui seul fonctionne. Ouvrez le "
    "dernier courriel reçu, ou demandez un nouveau lien.",
    "expired": "Le délai de ce lien est passé. Demandez-en un nouveau.",
}
#: The cases in which the person may ask for another link by themselves.
RENEWABLE = {"overtaken", "expired"}


class LinkRefused(ValidationError):
    """A link that opens nothing, and why; `activation` is None when the link is not ours."""

    def __init__(self, code: str, activation: Activation | None = None) -> None:
        super().__init__(REFUSALS[code], code=code)
        self.activation = activation

    @property
    def is_renewable(self) -> bool:
        """Whether its owner may ask for another one."""
        return self.code in RENEWABLE


def give_access(*, contact: Contact, acting_user: User) -> None:
    """Tell a person that a contact of theirs now has access: by a link, or in plain words.

    To be called in the transaction that gives the access. Whoever may have no link (account
    closed, generic address) gets no mail. Raises PermissionDenied when the user may not edit the
    record.
    """
    can_edit_record(acting_user, contact.organisation).enforce()
    access = access_of(contact)
    if access == Access.OPEN:
        tell_of_access(contact)
    elif access not in NO_LINK:
        send_link(contact, acting_user)


@logged
def send_activation(*, contact: Contact, acting_user: User) -> Activation:
    """Send a link, or a new one that overtakes it, to a contact.

    Raises PermissionDenied, with the reason, when the user is no officer or the contact has no
    access, no address of their own, or an open account.
    """
    contact = Contact.objects.select_for_update(of=("self",)).get(pk=contact.pk)
    can_send_activation(acting_user, contact).enforce()
    return send_link(contact, acting_user)


def send_link(contact: Contact, sent_by: User | None) -> Activation:
    """Write a link and its mail. Callers hold the log's lock and have asked the policy."""
    now = timezone.now()
    last = Activation.objects.of(contact.user).first()
    # A clock that was set back must not leave an older link the latest.
    sent_at = max(now, last.sent_at + timedelta(microseconds=1)) if last else now
    link = Activation(contact=contact, address=contact.user.email, sent_at=sent_at, sent_by=sent_by)
    link.mail = queue_mail(
        recipient=contact.user,
        address=link.address,
        subject=f"Ouvrez votre compte ILO : {contact.organisation}",
        body=link_mail(link),
        holds_link=True,
    )
    link.save(force_insert=True)
    log(
        "account.activation_sent",
        actor=sent_by,
        target=contact,
        organisation=contact.organisation,
        address=link.address,
    )
    return link


def link_mail(link: Activation) -> str:
    """What the mail of a link says."""
    contact = link.contact
    token = signing.dumps(str(link.pk), salt=SALT)
    until = french.date(timezone.localtime(link.sent_at + lifetime()), "DATETIME_FORMAT")
    referent = whom_to_ask(contact.organisation)
    ask = f"{referent.user}, {referent.user.email}" if referent else "votre structure porteuse"
    return (
        f"Bonjour {contact.user.get_short_name()},\n\n"
        "Un accès à ILO, la plateforme de travail du dispositif local d’accompagnement (DLA), "
        f"vous est ouvert au titre {french.of(contact.organisation)}.\n\n"
        f"Pour choisir votre mot de passe, ouvrez ce lien avant le {until} :\n"
        f"{settings.BASE_URL}{reverse('activate', args=[token])}\n\n"
        f"Votre identifiant sera l’adresse qui reçoit ce message : {link.address}\n\n"
        "Ce lien ne sert qu’une fois et remplace ceux que vous auriez reçus auparavant. "
        f"Une question ? Adressez-vous à {ask}.\n"
        "Si vous n’attendiez pas ce message, ignorez-le : rien ne sera ouvert.\n\n"
        f"{SIGNATURE}\n"
    )


def whom_to_ask(organisation: Organisation) -> Officer | None:
    """The referent of a record, while they are in post and can be written to."""
    rows = Officer.objects.active().exclude(user__email=None).select_related("user")
    return rows.filter(pk=organisation.referent_id).first()


def tell_of_access(contact: Contact) -> None:
    """Mail a person who already signs in that one more organisation is open to them."""
    queue_mail(
        recipient=contact.user,
        address=contact.user.email,
        subject=f"Vous avez désormais accès à {contact.organisation} sur ILO",
        body=(
            f"Bonjour {contact.user.get_short_name()},\n\n"
            f"Vous avez désormais accès à {contact.organisation} sur ILO, avec votre adresse et "
            "votre mot de passe habituels :\n"
            f"{settings.BASE_URL}{reverse('account_login')}\n\n"
            "Si vous agissez pour plusieurs structures, vous choisissez laquelle à chaque "
            f"connexion.\n\n{SIGNATURE}\n"
        ),
    )


def read_link(token: str) -> Activation:
    """The link that a token names, if it still opens an account. Raises LinkRefused."""
    try:
        key = signing.loads(token, salt=SALT)
    except signing.BadSignature as error:
        raise LinkRefused("forged") from error
    rows = Activation.objects.select_related("contact__user", "contact__organisation")
    link = rows.filter(pk=key).first()
    if link is None:
        raise LinkRefused("forged")
    if fault := fault_of(link):
        raise LinkRefused(fault, link)
    return link


def fault_of(link: Activation) -> str:
    """Why a link opens nothing: a key of REFUSALS; empty while it works."""
    access = access_of(link.contact)
    user = link.contact.user
    if access in NO_LINK:
        return access.name
    if link.address != user.email:
        return "changed"
    if Activation.objects.of(user).first() != link:
        return "overtaken"
    return "" if access == Access.INVITED else "expired"


def activate(*, token: str, password: str) -> User:
    """Open an account with the password its owner chose, which spends the link.

    The password must be validated already. Raises LinkRefused when the link opens nothing: of two
    simultaneous requests exactly one wins.
    """
    # Hashing is slow on purpose and must not hold the log's lock.
    return spend(token=token, encoded=make_password(password))


@logged
def spend(*, token: str, encoded: str) -> User:
    """Set a hashed password and mark the link as spent, together."""
    link = read_link(token)
    user = User.objects.select_for_update().get(pk=link.contact.user_id)
    user.password = encoded
    user.save(update_fields=["password", "updated_at"])
    link.spent_at = timezone.now()
    link.save(update_fields=["spent_at"])
    log("account.activated", actor=user, target=user, organisation=link.contact.organisation)
    return user


@logged
def renew(*, token: str) -> None:
    """Send another link to the owner of one that expired or was overtaken, at their request.

    Raises LinkRefused when the link is of another kind. Says nothing of whether a mail left: too
    many requests send none.
    """
    try:
        read_link(token)
    except LinkRefused as refusal:
        if refusal.activation is None or not refusal.is_renewable:
            raise
        send_on_request(refusal.activation.contact)


def send_on_request(contact: Contact) -> None:
    """Send a link that the person asked for, unless they asked too often or may have none."""
    asked = Activation.objects.of(contact.user).filter(
        sent_by=None, sent_at__gt=timezone.now() - timedelta(hours=1)
    )
    if can_be_invited(contact) and asked.count() < REQUESTS_PER_HOUR:
        send_link(contact, None)
