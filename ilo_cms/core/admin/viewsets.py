"""The viewsets that every list of the intranet is made of.

A subclass names its model, columns, filters and forms, and may answer `may_edit` and
`may_read_private` with the domain's policies. It gets for nothing: rows filtered by the model's
`visible_to` in list, search, export and every view of one row (404 otherwise), constant queries,
CSV and XLSX of what is filtered, inspection, history, and no deletion or copy.
"""

from django.db import models
from django.utils.text import slugify
from wagtail.admin.views import generic
from wagtail.admin.viewsets.model import ModelViewSet
from wagtail.snippets.views.snippets import SnippetViewSet

from ilo_cms.core.admin.choosers import RecordSnippetChooserViewSet
from ilo_cms.core.admin.policies import RecordPolicy
from ilo_cms.core.admin.search import Search
from ilo_cms.core.admin.views import FormGuard, Guard, InspectGuard, ListGuard


class Guarded:
    """The rules shared by our viewsets. Attributes below are what a subclass may set."""

    #: Views that are not offered. "Utilisation" would be wrong: Wagtail's index of references
    #: does not follow many-to-many fields.
    closed_views = frozenset({"delete", "copy", "usage"})
    copy_view_enabled = False
    inspect_view_enabled = True
    add_to_reference_index = False
    list_per_page = 30
    #: Foreign keys that columns show, joined in one query.
    related: tuple[str, ...] = ()
    #: Many-to-many fields that the export shows.
    prefetched: tuple[str, ...] = ()
    #: How the search box searches (see core.admin.search); empty for no search box.
    search: Search = {}
    #: Names of properties, or better names of fields, by path.
    labels: dict[str, str] = {}
    #: The button that adds a row.
    add_label = "Ajouter"
    #: Fields that only some may read on some rows.
    private_fields: frozenset[str] = frozenset()

    def may_edit(self, user, record: models.Model) -> bool:
        """Whether this person may change this row, beyond the permission on its kind."""
        return True

    def may_read_private(self, user, record: models.Model) -> bool:
        """Whether this person may read `private_fields` of this row."""
        return True

    def annotated(self, rows: models.QuerySet) -> models.QuerySet:
        """The list's rows with what its columns compute."""
        return rows

    def inspection_label(self, record: models.Model, name: str, label: str) -> str:
        """How inspection names a field of this row."""
        return label

    @property
    def export_filename(self) -> str:
        """What a spreadsheet of the list is called: the rows' French name."""
        return slugify(self.model._meta.verbose_name_plural)

    @property
    def permission_policy(self) -> RecordPolicy:
        """Permissions by kind of act, then by row."""
        return RecordPolicy(self.model, self.may_edit)

    def construct_view(self, view_class, **kwargs):
        """Put the guard before the view, whichever it is."""
        guard = Guard
        if issubclass(view_class, generic.IndexView):
            guard = ListGuard
        elif issubclass(view_class, generic.InspectView):
            guard = InspectGuard
        elif issubclass(view_class, generic.CreateView | generic.EditView):
            guard = FormGuard
        guarded = type(view_class.__name__, (guard, view_class), {"viewset": self})
        return super().construct_view(guarded, **kwargs)

    def get_common_view_kwargs(self, **kwargs):
        """No link to a view that is not offered."""
        closed = {f"{name}_url_name": None for name in self.closed_views}
        return super().get_common_view_kwargs(**{**kwargs, **closed})

    def get_urlpatterns(self) -> list:
        """The addresses of the views that are offered."""
        return [route for route in super().get_urlpatterns() if route.name not in self.closed_views]

    def register_admin_url_finder(self) -> None:
        """Tell Wagtail where a row is edited, if it can be."""
        if "edit" not in self.closed_views:
            super().register_admin_url_finder()


class RecordViewSet(Guarded, ModelViewSet):
    """Screens of plain rows."""


class ReadOnlyViewSet(RecordViewSet):
    """Screens of rows that nobody edits here: list, search, export, inspection."""

    closed_views = Guarded.closed_views | {"add", "edit", "history", "history_results"}
    form_fields: tuple[str, ...] = ()


class WorkflowViewSet(Guarded, SnippetViewSet):
    """Screens of rows under a Wagtail workflow."""

    chooser_viewset_class = RecordSnippetChooserViewSet
    #: Not that of snippets, which offers to delete in bulk.
    index_template_name = "wagtailadmin/generic/index.html"

    @property
    def breadcrumbs_items(self) -> list[dict]:
        """Without the list of all snippets, which is no screen of ours."""
        return super().breadcrumbs_items[:1]
