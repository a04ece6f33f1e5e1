"""Choosers of the directory."""

from ilo_cms.accounts.models import User
from ilo_cms.core.admin.choosers import RecordChooserViewSet
from ilo_cms.directory.models import Contact, Establishment, Officer, Organisation


class OrganisationChooserViewSet(RecordChooserViewSet):
    """A chooser of organisations."""

    model = Organisation
    icon = "group"
    search = {"pk": Organisation}
    choose_one_text = "Choisir une structure"
    choose_another_text = "Choisir une autre structure"


class PartChooserViewSet(RecordChooserViewSet):
    """A chooser of what belongs to an organisation, limited to it when the form says which."""

    preserve_url_parameters = ["multiple", "organisation"]
    url_filter_parameters = ["organisation"]


class EstablishmentChooserViewSet(PartChooserViewSet):
    """A chooser of establishments."""

    model = Establishment
    icon = "home"
    related = ("organisation",)
    search = {"organisation": Organisation, "name": None, "city": None, "nic": None}
    choose_one_text = "Choisir un établissement"
    choose_another_text = "Choisir un autre établissement"


class ContactChooserViewSet(PartChooserViewSet):
    """A chooser of contacts."""

    model = Contact
    icon = "user"
    related = ("user", "organisation")
    search = {"user": User, "organisation": Organisation}
    choose_one_text = "Choisir un contact"
    choose_another_text = "Choisir un autre contact"

    def offered(self, rows, user):
        """People who have left are not chosen."""
        return rows.current()


class OfficerChooserViewSet(RecordChooserViewSet):
    """A chooser of officers who still work here."""

    model = Officer
    icon = "user"
    related = ("user", "operator")
    search = {"user": User, "operator": Organisation}
    choose_one_text = "Choisir un·e chargé·e d’accompagnement"
    choose_another_text = "Choisir quelqu’un d’autre"

    def offered(self, rows, user):
        """Officers in post."""
        return rows.active()


organisation_chooser = OrganisationChooserViewSet("organisation_chooser")
establishment_chooser = EstablishmentChooserViewSet("establishment_chooser")
contact_chooser = ContactChooserViewSet("contact_chooser")
officer_chooser = OfficerChooserViewSet("officer_chooser")
