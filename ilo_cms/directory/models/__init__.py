"""Tables of the directory, one file per noun."""

from ilo_cms.directory.models.contact import Contact
from ilo_cms.directory.models.establishment import Establishment
from ilo_cms.directory.models.legacy import LegacyValue
from ilo_cms.directory.models.officer import Officer
from ilo_cms.directory.models.organisation import Organisation, Origin


__all__ = ["Contact", "Establishment", "LegacyValue", "Officer", "Organisation", "Origin"]
