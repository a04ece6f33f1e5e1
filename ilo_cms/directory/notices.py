"""What the directory asks before the mail of a notice leaves: may its reader still read it?"""

from uuid import UUID

from ilo_cms.core.policies import ALLOWED, Decision, refused
from ilo_cms.directory.policies import active_officer
from ilo_cms.notifications.models import Notification


def open_structures(notices: list[Notification]) -> set[UUID]:
    """The organisations that the reader of these notices may still choose."""
    contacts = notices[0].recipient.contacts.choosable()
    return set(contacts.values_list("organisation_id", flat=True))


def reader_has_access(notice: Notification, structures: set[UUID]) -> Decision:
    """A notice that concerns an organisation is for those who may still choose it (SPEC A6, A7)."""
    reader = notice.recipient
    if notice.organisation_id is None or reader.is_administrator or active_officer(reader):
        return ALLOWED
    if notice.organisation_id in structures:
        return ALLOWED
    return refused("La personne n’a plus accès à cette structure.")
