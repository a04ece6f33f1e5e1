"""Choosers: the window in which a form picks one row of a large table."""

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404
from wagtail.admin.forms.choosers import BaseFilterForm
from wagtail.admin.ui.tables import Column
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets import BaseChooser
from wagtail.snippets.views.chooser import SnippetChooserViewSet

from ilo_cms.core.admin.policies import visible
from ilo_cms.core.admin.search import Search, search


class SearchForm(BaseFilterForm):
    """The search box of a chooser."""

    through: Search = {}
    q = forms.CharField(
        label="Rechercher",
        required=False,
        widget=forms.TextInput(attrs={"placeholder": "Rechercher"}),
    )

    def filter(self, objects):
        """The rows that hold the words typed."""
        self.search_query = self.cleaned_data.get("q")
        self.is_searching = bool(self.search_query)
        return search(objects, self.search_query or "", self.through)


class VisibleRows:
    """Before each view of a chooser: only the rows that this person may reach."""

    viewset = None

    def get_object_list(self):
        """The rows to choose from."""
        rows = visible(self.model_class._default_manager.all(), self.request.user)
        rows = rows.select_related(*self.viewset.related)
        return self.viewset.offered(rows, self.request.user)

    @property
    def columns(self):
        """Each row's name, and what tells two of one name apart."""
        return [*super().columns, *self.viewset.more_columns]

    def get_object(self, pk):
        """One chosen row, 404 when it is not this person's."""
        try:
            return self.get_object_list().get(pk=pk)
        except ValidationError as error:
            raise Http404 from error

    def get_objects(self, pks):
        """Several chosen rows, without those that are not this person's."""
        return self.get_object_list().filter(pk__in=pks)

    def get_filter_form_class(self):
        """Our search instead of Wagtail's."""
        return type("SearchForm", (SearchForm,), {"through": self.viewset.search})


class KeyChooser(BaseChooser):
    """The field of a chooser; a form shown again after a key that is none shows nothing chosen."""

    def get_instance(self, value):
        """The chosen row, None without one."""
        try:
            return super().get_instance(value)
        except (ValidationError, ValueError):  # of a UUID, of a number
            return None


class VisibleChooser:
    """The rules shared by our choosers. `search` says how the box searches."""

    base_widget_class = KeyChooser
    related: tuple[str, ...] = ()
    #: Columns beside the row's name.
    more_columns: tuple[Column, ...] = ()
    search: Search = {}
    choose_another_text = "Choisir une autre fiche"
    edit_item_text = "Ouvrir la fiche"

    def offered(self, rows, user):
        """The rows that this user may still choose."""
        return rows

    def construct_view(self, view_class, **kwargs):
        """Put our rows before the view, whichever it is."""
        view = type(view_class.__name__, (VisibleRows, view_class), {"viewset": self})
        return super().construct_view(view, **kwargs)

    def get_urlpatterns(self) -> list:
        """Nothing is created from a chooser."""
        return [route for route in super().get_urlpatterns() if route.name != "create"]


class RecordChooserViewSet(VisibleChooser, ChooserViewSet):
    """A chooser of plain rows."""


class RecordSnippetChooserViewSet(VisibleChooser, SnippetChooserViewSet):
    """A chooser of snippets."""
