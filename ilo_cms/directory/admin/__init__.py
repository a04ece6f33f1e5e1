"""Screens of the directory, one file per noun."""

from wagtail.admin.menu import MenuItem
from wagtail.admin.viewsets.model import ModelViewSetGroup

from ilo_cms.directory.admin.absences import AbsenceViewSet
from ilo_cms.directory.admin.bulk_activation import bulk_activation_item
from ilo_cms.directory.admin.contacts import ContactViewSet
from ilo_cms.directory.admin.establishments import EstablishmentViewSet
from ilo_cms.directory.admin.organisations import OrganisationViewSet
from ilo_cms.directory.admin.people import OfficerViewSet, PersonViewSet


class DirectoryGroup(ModelViewSetGroup):
    """The menu entry "Annuaire"."""

    menu_label = "Annuaire"
    menu_icon = "group"
    menu_order = 100
    items = (
        OrganisationViewSet,
        EstablishmentViewSet,
        ContactViewSet,
        OfficerViewSet,
        AbsenceViewSet,
        PersonViewSet,
    )

    def get_submenu_items(self) -> list[MenuItem]:
        """The lists, then the page that activates accounts in bulk."""
        return [*super().get_submenu_items(), bulk_activation_item]
