"""Registers the search for providers with Wagtail."""

from django.urls import path
from wagtail import hooks
from wagtail.admin.menu import MenuItem

from ilo_cms.matching.admin import search_item, search_providers


@hooks.register("register_admin_urls")
def register_search() -> list:
    """The one screen."""
    return [path("prestataires/rechercher/", search_providers, name="provider_search")]


@hooks.register("register_admin_menu_item")
def register_search_item() -> MenuItem:
    """Its entry in the menu, above the directory."""
    return search_item
