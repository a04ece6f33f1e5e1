"""Everything the platform ever says: each kind of notice, its words, its mail.

Texts are French format strings; the fields they name must be given to `notify`. Whether a notice is
still true is for the apps above to say (ilo_cms.notifications.conditions).
"""

from ilo_cms.notifications.kinds import engagements, records, tenders
from ilo_cms.notifications.kinds.kind import Kind


__all__ = ["KINDS", "SEALED_KINDS", "Kind"]

KINDS = {kind.name: kind for kind in [*records.KINDS, *engagements.KINDS, *tenders.KINDS]}
#: The kinds whose notices and mails the intranet never lists (SPEC T9).
SEALED_KINDS = [kind.name for kind in KINDS.values() if kind.is_sealed]
