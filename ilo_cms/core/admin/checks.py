"""A system check: no screen offers a plain <select> over a large table.

A select of 100,000 rows took 16 s and 15 MB. Rows with a UUID are records, hence many; other large
tables are those that have a chooser.
"""

from collections.abc import Iterator

from django import forms
from django.core.checks import Error
from django.urls import get_resolver
from wagtail.admin.viewsets import viewsets
from wagtail.admin.viewsets.chooser import ChooserViewSet
from wagtail.admin.widgets import BaseChooser

from ilo_cms.core.admin.viewsets import Guarded
from ilo_cms.core.models import UUIDModel


def check_large_selects(app_configs, **kwargs) -> list[Error]:
    """`ilo.E010`: a form or filter lists a large table; give it a chooser or a text filter."""
    get_resolver().url_patterns  # noqa: B018 (loading the addresses registers the viewsets)
    with_chooser = {item.model for item in viewsets.viewsets if isinstance(item, ChooserViewSet)}
    return [
        Error(f"{viewset.model.__name__}: {name} lists every {model.__name__}.", id="ilo.E010")
        for viewset in viewsets.viewsets
        if isinstance(viewset, Guarded)
        for name, model in listed(viewset)
        if model in with_chooser or issubclass(model, UUIDModel)
    ]


def listed(viewset) -> Iterator[tuple[str, type]]:
    """The fields and filters of a viewset that list a whole table."""
    form = viewset.get_form_class() if viewset._edit_handler else forms.Form
    for name, field in form.base_fields.items():
        if isinstance(field, forms.ModelChoiceField) and not isinstance(field.widget, BaseChooser):
            yield name, field.queryset.model
    filterset = viewset.index_view.view_class.filterset_class
    for name, item in getattr(filterset, "base_filters", {}).items():
        if item.extra.get("queryset") is not None and "widget" not in item.extra:
            yield f"le filtre {name}", item.extra["queryset"].model
