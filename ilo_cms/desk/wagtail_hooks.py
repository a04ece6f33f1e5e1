"""The desk: home page, menu and looks of the intranet."""

from django.templatetags.static import static
from django.urls import path, reverse, reverse_lazy
from django.utils.html import format_html
from wagtail import hooks
from wagtail.admin.menu import MenuItem, admin_menu
from wagtail.admin.search import admin_search_areas
from wagtail.admin.ui.components import Component
from wagtail.admin.viewsets.model import ModelViewSetGroup

from ilo_cms.audit.admin import audit_viewset
from ilo_cms.desk.todo import todos
from ilo_cms.desk.views import remove_list_filter, save_list_filter
from ilo_cms.notifications.admin import notification_viewset, outbox_viewset
from ilo_cms.notifications.policies import can_edit_mail_texts


#: Menus that nobody uses here, and those that only superusers do.
UNUSED_MENUS = {"documents", "images", "help", "reports", "snippets"}
SUPERUSER_MENUS = {"explorer", "settings"}


class TodoPanel(Component):
    """What waits for the person."""

    order = 100
    template_name = "desk/todo.html"

    def get_context_data(self, parent_context) -> dict:
        return {"todos": todos(parent_context["request"].user)}


@hooks.register("construct_homepage_panels")
def replace_panels(request, panels: list) -> None:
    """Our to-do list instead of Wagtail's panels on pages."""
    panels[:] = [TodoPanel()]


@hooks.register("construct_homepage_summary_items")
def drop_summary(request, items: list) -> None:
    """No count of pages and images."""
    items.clear()


@hooks.register("construct_main_menu")
def hide_menus(request, menu_items: list) -> None:
    """Only what serves."""
    hidden = UNUSED_MENUS | (set() if request.user.is_superuser else SUPERUSER_MENUS)
    menu_items[:] = [item for item in menu_items if item.name not in hidden]
    ask_no_more()


class ForSuperusers:
    """Before an item that only superusers see: nobody else's permissions are read for it."""

    def __init__(self, item: MenuItem) -> None:
        self.item = item

    def __getattr__(self, name: str):
        return getattr(self.item, name)

    def is_shown(self, request) -> bool:
        return request.user.is_superuser and self.item.is_shown(request)


def ask_no_more() -> None:
    """Keep the hidden entries from reading permissions on pages and images for every page shown.

    Wagtail asks each entry, then lets us hide it; it collects them at the first page shown.
    """
    items = admin_menu.registered_menu_items
    if any(item.name in UNUSED_MENUS for item in items):
        items[:] = [
            ForSuperusers(item) if item.name in SUPERUSER_MENUS else item
            for item in items
            if item.name not in UNUSED_MENUS
        ]
        admin_search_areas.registered_search_areas = []  # of pages and images, which have no screen


@hooks.register("register_admin_menu_item")
def register_home() -> MenuItem:
    """The way back to the desk."""
    return MenuItem(
        "Accueil", reverse_lazy("wagtailadmin_home"), name="desk", icon_name="home", order=1
    )


class MailTextsItem(MenuItem):
    """The way to the mails' texts, for those who may change them."""

    def is_shown(self, request) -> bool:
        return bool(can_edit_mail_texts(request.user))


class FollowUpGroup(ModelViewSetGroup):
    """The menu entry "Suivi"."""

    menu_label = "Suivi"
    menu_icon = "history"
    menu_order = 500
    items = (notification_viewset, outbox_viewset, audit_viewset)

    def get_submenu_items(self) -> list[MenuItem]:
        """The lists, then the mails' texts, which are no list of rows."""
        items = super().get_submenu_items()
        texts = MailTextsItem(
            "Textes des courriels", reverse_lazy("mail_texts"), icon_name="edit", order=100
        )
        return [*items, texts]


@hooks.register("register_admin_viewset")
def register_viewsets() -> FollowUpGroup:
    """Notices, mails and journal: they come from several apps below."""
    return FollowUpGroup()


@hooks.register("register_admin_urls")
def register_pages() -> list:
    """Where filters are kept and removed."""
    return [
        path("filtres/", save_list_filter, name="list_filter_save"),
        path("filtres/<uuid:pk>/retirer/", remove_list_filter, name="list_filter_remove"),
    ]


@hooks.register("register_account_menu_item")
def link_password(request) -> dict:
    """From the page on one's account to the one door where the password is changed."""
    return {
        "url": reverse("account_change_password"),
        "label": "Mot de passe",
        "help_text": "Changer le mot de passe de connexion à ILO.",
    }


@hooks.register("register_account_menu_item")
def link_second_factor(request) -> dict:
    """As above, for the second factor."""
    return {
        "url": reverse("mfa_index"),
        "label": "Double authentification",
        "help_text": "Application, clés de sécurité et codes de secours.",
    }


@hooks.register("insert_global_admin_css")
def admin_css() -> str:
    """The brand's accents."""
    return format_html('<link rel="stylesheet" href="{}">', static("ilo/admin.css"))
