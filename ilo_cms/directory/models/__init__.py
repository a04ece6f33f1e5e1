"""Tables of the directory, one file per noun."""

from ilo_cms.directory.models.activation import Activation
from ilo_cms.directory.models.contact import Contact
from ilo_cms.directory.models.establishment import Establishment
from ilo_cms.directory.models.legacy import LegacyValue
from ilo_cms.directory.models.officer import Officer, OfficerAbsence
from ilo_cms.directory.models.organisation import Organisation, Origin


__all__ = [
    "Activation",
    "Contact",
    "Establishment",
    "LegacyValue",
    "Officer",
    "OfficerAbsence",
    "Organisation",
    "Origin",
]
