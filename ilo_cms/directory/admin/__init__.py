"""Screens of the directory, one file per noun."""

from wagtail.admin.viewsets.model import ModelViewSetGroup

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
        PersonViewSet,
    )
