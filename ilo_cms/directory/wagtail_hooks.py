"""Registers the screens of the directory with Wagtail."""

from django.urls import path
from wagtail import hooks

from ilo_cms.directory.admin import DirectoryGroup
from ilo_cms.directory.admin.activation import send_link
from ilo_cms.directory.admin.bulk_activation import provider_activation
from ilo_cms.directory.admin.choosers import (
    contact_chooser,
    establishment_chooser,
    officer_chooser,
    organisation_chooser,
)
from ilo_cms.directory.admin.moves import move_contact
from ilo_cms.directory.admin.people import reset_factor


@hooks.register("register_admin_viewset")
def register_viewsets() -> list:
    """The choosers, then the lists whose forms use them."""
    return [
        organisation_chooser,
        establishment_chooser,
        contact_chooser,
        officer_chooser,
        DirectoryGroup(),
    ]


@hooks.register("register_admin_urls")
def register_activation() -> list:
    """Sending one activation link, activating providers in bulk, and other acts of one page."""
    return [
        path("contacts/<uuid:pk>/lien-d-activation/", send_link, name="contact_activation"),
        path("contacts/<uuid:pk>/changer-de-structure/", move_contact, name="contact_move"),
        path("personnes/<uuid:pk>/second-facteur/", reset_factor, name="second_factor_reset"),
        path("activation-des-comptes/", provider_activation, name="provider_activation"),
    ]
