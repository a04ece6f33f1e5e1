"""Every act that the intranet's page of a tender offers, by its name in the address."""

from ilo_cms.tenders.forms import CALL_ACTS, ActForm
from ilo_cms.tenders.forms_selection import SELECTION_ACTS


ACTS: dict[str, type[ActForm]] = {**SELECTION_ACTS, **CALL_ACTS}
