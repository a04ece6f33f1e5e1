"""The moderation queue in the intranet (SPEC M4, O2), and the menu entry."""

import django_filters
from django import forms
from django.db import models
from django.urls import reverse, reverse_lazy
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html, format_html_join
from wagtail.admin.admin_url_finder import ModelAdminURLFinder, register_admin_url_finder
from wagtail.admin.menu import MenuItem
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.viewsets.model import ModelViewSetGroup
from wagtail.admin.widgets.button import HeaderButton
from wagtail.snippets.views.snippets import IndexView

from ilo_cms.accounts.models import User
from ilo_cms.core.admin.filters import RecordFilterSet
from ilo_cms.core.admin.viewsets import Guarded, WorkflowViewSet
from ilo_cms.directory.models import Organisation
from ilo_cms.directory.policies import active_officer
from ilo_cms.moderation.models import ChangeRequest
from ilo_cms.moderation.policies import can_set_rules
from ilo_cms.moderation.querysets import ChangeRequestQuerySet
from ilo_cms.referentials.models import Territory


STATES = {
    "en-attente": ("En attente", ChangeRequestQuerySet.pending),
    "sans-reponse": ("Sans référent·e disponible", ChangeRequestQuerySet.vacant),
    "en-retard": ("En attente au-delà du délai", ChangeRequestQuerySet.overdue),
    "traitees": ("Traitées", lambda rows: rows.exclude(decided_at=None)),
    "retirees": ("Retirées", lambda rows: rows.exclude(withdrawn_at=None)),
    "toutes": ("Toutes", ChangeRequestQuerySet.all),
}


class ChangeRequestFilterSet(RecordFilterSet):
    """Requests by state, by what the person may do, and by place. Those that wait come first."""

    etat = django_filters.ChoiceFilter(
        label="État",
        method="filter_state",
        choices=[(value, label) for value, (label, _) in STATES.items()],
        empty_label=None,
        initial="en-attente",
        widget=forms.RadioSelect,
    )
    pour_moi = django_filters.ChoiceFilter(
        label="Pour moi",
        method="filter_mine",
        choices=[("a-traiter", "Que je peux traiter"), ("a-reprendre", "Que je peux reprendre")],
        empty_label="Toutes",
        widget=forms.RadioSelect,
    )
    territoire = django_filters.ModelChoiceFilter(
        label="Territoire",
        queryset=Territory.objects.all(),
        method="filter_territory",
    )

    class Meta:
        model = ChangeRequest
        fields = []

    def __init__(self, data=None, *args, **kwargs) -> None:
        if data is not None and "etat" not in data:
            data = data.copy()
            data["etat"] = self.base_filters["etat"].extra["initial"]
        super().__init__(data, *args, **kwargs)

    def filter_state(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """The requests in one state."""
        return STATES[value][1](rows)

    def filter_mine(self, rows: models.QuerySet, name: str, value: str) -> models.QuerySet:
        """The requests that this person may decide, or take over."""
        if value == "a-traiter":
            return rows.decidable_by(self.user)
        return rows.takeable_by(self.user)

    def filter_territory(self, rows: models.QuerySet, name: str, value) -> models.QuerySet:
        """The requests of one place; a région stands for its départements (P2)."""
        return rows.in_territories(Territory.objects.filter(pk=value.pk).departments())


def age_in_words(request: ChangeRequest) -> str:
    """How long ago it was made: a calendar's days."""
    return {0: "aujourd’hui", 1: "hier"}.get(request.age, f"il y a {request.age} jours")


def age_cell(request: ChangeRequest) -> str:
    """The age, with the date for who wants it."""
    return format_html(
        '<span title="le {}">{}</span>',
        f"{timezone.localtime(request.created_at):%d/%m/%Y}",
        age_in_words(request),
    )


def warnings(request: ChangeRequest) -> list[str]:
    """What keeps a pending request from being answered, in words (see `with_waiting`)."""
    if not request.is_pending:
        return []
    referent = request.organisation.referent
    words = []
    if referent is None:
        words.append("sans référent·e")
    elif not referent.is_in_post:
        words.append("parti·e")
    elif request.absent_until:
        words.append(f"absent·e jusqu’au {request.absent_until:%d/%m/%Y}")
    if request.is_overdue:
        words.append(f"sans réponse depuis {request.age} jours")
    return words


def referent_cell(request: ChangeRequest) -> str:
    """The referent's name and the warnings."""
    referent = request.organisation.referent
    badges = format_html_join(
        " ", '<span class="w-status">{}</span>', ((word,) for word in warnings(request))
    )
    return format_html("{} {}", referent.user if referent else "", badges)


class QueueView(IndexView):
    """The list, with the button that accepts what it shows."""

    @cached_property
    def header_buttons(self) -> list:
        """For officers only: nobody else decides."""
        if not active_officer(self.request.user):
            return []
        query = self.request.GET.copy()
        for name in (self.page_kwarg, "_w_filter_fragment", "export"):
            query.pop(name, None)
        url = f"{reverse('change_request_accept_all')}?{query.urlencode()}"
        return [HeaderButton("Tout accepter…", url=url, icon_name="check")]


class DecisionURLFinder(ModelAdminURLFinder):
    """Tells Wagtail's panels that a request is opened on our decision page."""

    def construct_edit_url(self, instance: ChangeRequest) -> str:
        """The decision page."""
        return instance.decision_path


class ChangeRequestViewSet(WorkflowViewSet):
    """The queue. Requests are opened on the decision page; Wagtail's own views stay closed."""

    model = ChangeRequest
    icon = "clipboard-list"
    menu_label = "Demandes"
    #: The decision pages lie below it, so that the menu marks the right entry.
    base_url_path = "moderation/demandes"
    index_view_class = QueueView
    #: Of a snippet's many views only the list is offered: the rest would show or act on a request
    #: outside `decisions.decide`.
    open_views = frozenset({"list", "list_results"})
    closed_views = Guarded.closed_views | {
        "add",
        "edit",
        "inspect",
        "history",
        "lock",
        "unlock",
        "unpublish",
        "revisions_view",
        "revisions_revert",
        "revisions_compare",
        "revisions_unschedule",
        "workflow_history",
        "workflow_history_detail",
    }
    related = (
        "organisation__referent__user",
        "organisation__referent__operator",
        "contact__user",
        "decided_by",
    )
    list_display = [
        TitleColumn("organisation", label="Structure", get_url=lambda row: row.decision_path),
        "contact.user",
        Column("created_at", label="Déposée", accessor=age_cell, sort_key="created_at"),
        "territory",
        Column("referent", label="Référent·e", accessor=referent_cell),
        "state",
    ]
    list_export = [
        "created_at",
        "age",
        "organisation",
        "territory",
        "contact.user",
        "organisation.referent",
        "absent_until",
        "is_overdue",
        "state",
        "decided_at",
        "decided_by",
    ]
    labels = {
        "age": "Ancienneté (jours)",
        "contact.user": "Demandée par",
        "territory": "Territoire",
        "organisation.referent": "Référent·e",
        "absent_until": "Référent·e absent·e jusqu’au",
        "is_overdue": "Au-delà du délai de réponse",
        "state": "État",
    }
    filterset_class = ChangeRequestFilterSet
    search = {"organisation": Organisation, "contact__user": User}
    ordering = "created_at"

    def annotated(self, rows: ChangeRequestQuerySet) -> ChangeRequestQuerySet:
        """With what the columns say of the referent and of places."""
        return rows.with_waiting().prefetch_related("organisation__establishments__department")

    def filtered(self, request) -> ChangeRequestQuerySet:
        """Exactly the rows that the list shows for the same address: filters, search, order."""
        view = self.index_view.view_class(**self.index_view.view_initkwargs)
        view.setup(request)
        return view.get_queryset()

    def get_urlpatterns(self) -> list:
        """The list's addresses, and no other."""
        return [route for route in super().get_urlpatterns() if route.name in self.open_views]

    def register_admin_url_finder(self) -> None:
        """Open requests on the decision page from Wagtail's panels too."""
        register_admin_url_finder(self.model, DecisionURLFinder)


class RulesMenuItem(MenuItem):
    """The way to the list of moderated fields, for those who may change it."""

    def is_shown(self, request) -> bool:
        """Administrators only."""
        return bool(can_set_rules(request.user))


change_requests = ChangeRequestViewSet()


class ModerationGroup(ModelViewSetGroup):
    """The menu entry."""

    menu_label = "Modération"
    menu_icon = "clipboard-list"
    menu_order = 300
    items = (change_requests,)

    def get_submenu_items(self) -> list[MenuItem]:
        """The queue, and the list of moderated fields, which is a page and not rows."""
        rules = RulesMenuItem(
            "Champs modérés", reverse_lazy("moderation_rules"), icon_name="cogs", order=200
        )
        return [*super().get_submenu_items(), rules]
