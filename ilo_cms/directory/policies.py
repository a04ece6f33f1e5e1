"""Who may do what in the directory (SPEC A8, A10)."""

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact, Officer, Organisation


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


def can_write_as(contact: Contact | None) -> Decision:
    """Whether a person may change things in this capacity, or only read (SPEC A7, A8)."""
    if contact is None:
        return refused("Choisissez d’abord au titre de quelle structure vous agissez.")
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


def can_read_reports(user: User) -> Decision:
    """Analysts, officers and administrators read the reports (SPEC R4)."""
    if user.is_analyst or user.is_administrator or active_officer(user):
        return ALLOWED
    return refused("Les rapports sont réservés aux analystes et aux chargé·es d’accompagnement.")
