"""Who may do what with documents (SPEC D1, D3). Which ones they see is `visible_to`."""

from ilo_cms.accounts.models import User
from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.models import Contact, Organisation
from ilo_cms.directory.policies import can_commit_as, can_edit_record
from ilo_cms.documents.models import READABLE, Document, Scan


def can_deposit(
    user: User, acting_as: Contact | None, organisation: Organisation, owner: Contact | None
) -> Decision:
    """A current contact, for their organisation or themselves; officers for any record."""
    if owner and owner.organisation_id != organisation.pk:
        return refused("Cette personne n’est pas un contact de cette structure.")
    if can_edit_record(user, organisation):
        return ALLOWED
    if acting_as is None or acting_as.user_id != user.pk:
        return can_commit_as(None)
    if acting_as.organisation_id != organisation.pk:
        return refused("Cette pièce jointe est d’une autre structure que la vôtre.")
    if owner and owner.pk != acting_as.pk:
        return refused("Cette pièce jointe est personnelle : seule cette personne la change.")
    return can_commit_as(acting_as)


def can_change(user: User, acting_as: Contact | None, document: Document) -> Decision:
    """Who might have deposited a document may replace or withdraw it."""
    return can_deposit(user, acting_as, document.organisation, document.contact)


def can_read(acting_as: Contact | None, document: Document) -> Decision:
    """Whether a document that a person sees may leave: never an infected one.

    Until the antivirus has answered, only the organisation that sent a file may read it.
    """
    if document.scan == Scan.INFECTED:
        return refused("L’antivirus a refusé ce fichier : personne ne peut plus le télécharger.")
    sender = acting_as is not None and acting_as.organisation_id == document.organisation_id
    if document.scan in READABLE or sender:
        return ALLOWED
    return refused(
        "L’antivirus n’a pas encore analysé ce fichier : réessayez dans quelques minutes."
    )
