"""Who may do what in the directory (SPEC A8, A10)."""

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import assistant
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact, Officer, Organisation
from ilo_cms.directory.models.activation import Access, access_of


def active_officer(user: User) -> Officer | None:
    """The person's employment as an officer, while it lasts."""
    officer = getattr(user, "officer", None) if user.is_authenticated else None
    return officer if officer and officer.is_active and user.is_active else None


def can_edit_record(user: User, organisation: Organisation) -> Decision:
    """Every officer and administrator may edit every provider record (SPEC A10)."""
    if user.is_administrator or active_officer(user):
        return ALLOWED
    return refused("Seul·es les chargé·es d’accompagnement modifient les fiches dans l’intranet.")


def can_rename(user: User, person: User) -> Decision:
    """Officers rename contacts; the names of the intranet's own people are the administrators'."""
    if user.is_administrator or user.is_superuser:
        return ALLOWED
    if person.is_administrator or person.is_superuser or active_officer(person):
        return refused("Le nom de cette personne se change auprès de l’administration nationale.")
    return ALLOWED


#: What to do about a contact to whom no link is sent.
NO_LINK = {
    Access.CLOSED: "Le compte de cette personne est fermé.",
    Access.NONE: "Ce contact n’a pas accès à l’extranet : donnez-lui d’abord l’accès.",
    Access.FORMER: "Cette personne a quitté la structure.",
    Access.OPEN: "Son compte est déjà ouvert : elle se connecte, ou choisit un nouveau mot de "
    "passe avec « Mot de passe oublié ».",
    Access.NO_ADDRESS: "Cette personne n’a pas d’adresse électronique : saisissez-la d’abord.",
    Access.GENERIC: "Son adresse est générique, lue par plusieurs personnes : un compte demande "
    "une adresse nominative.",
}


def can_be_invited(contact: Contact) -> Decision:
    """Whether an activation link may be sent to a contact: access, but no password yet (A3)."""
    reason = NO_LINK.get(access_of(contact))
    return refused(reason) if reason else ALLOWED


def can_send_activation(user: User, contact: Contact) -> Decision:
    """Officers send activation links."""
    return can_edit_record(user, contact.organisation) and can_be_invited(contact)


def can_activate_providers(user: User) -> Decision:
    """Administrators invite providers in bulk (SPEC A9)."""
    if user.is_administrator and user.is_active:
        return ALLOWED
    return refused("Seule l’administration nationale active les comptes en nombre.")


def can_write_as(contact: Contact | None) -> Decision:
    """Whether a person may change things in this capacity, or only read (SPEC A7, A8)."""
    if contact is None:
        return refused("Choisissez d’abord au titre de quelle structure vous agissez.")
    if not contact.has_access:
        return refused("Votre accès au titre de cette structure est fermé.")
    if contact.is_former:
        return refused(
            "Vous avez quitté cette structure : vous pouvez lire son historique, sans le modifier."
        )
    if not contact.organisation.is_active:
        return refused(
            "Votre structure est inactive : vous pouvez lire, sans modifier. "
            "Écrivez à votre référent·e pour la réactiver."
        )
    return ALLOWED


def can_commit_as(contact: Contact | None) -> Decision:
    """Whether a person may sign, deposit, decide or confirm in this capacity.

    As `can_write_as`, and never by the support through their account (SPEC A12).
    """
    if assistant.get():
        return refused(
            "L’assistance ne signe, ne dépose, ne décide et ne confirme rien à la place de la "
            "personne : elle seule peut le faire, depuis sa propre connexion."
        )
    return can_write_as(contact)


def can_read_reports(user: User) -> Decision:
    """Analysts, officers and administrators read the reports (SPEC R4)."""
    if user.is_analyst or user.is_administrator or active_officer(user):
        return ALLOWED
    return refused("Les rapports sont réservés aux analystes et aux chargé·es d’accompagnement.")
