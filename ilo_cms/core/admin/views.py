"""What stands before every view of our viewsets, whatever view Wagtail adds.

A row that the person may not see is answered 404, an act that they may not do is refused, and a
field that is not theirs to read is blank in lists, exports and inspection alike.
"""

import copy
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django import forms
from django.contrib.admin.utils import unquote
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.text import capfirst
from wagtail.admin.ui.tables import BooleanColumn, Column

from ilo_cms.core.admin.buttons import buttons_of
from ilo_cms.core.admin.policies import visible
from ilo_cms.core.admin.search import search
from ilo_cms.core.exports import list_exported, spreadsheet
from ilo_cms.core.identifiers import readable_phone


def field_at(model: type[models.Model], path: str) -> models.Field | None:
    """The model field at a dotted path, or None when the path ends on a property."""
    field = None
    for name in path.split("."):
        try:
            field = model._meta.get_field(name)
        except FieldDoesNotExist:
            return None
        model = field.related_model
    return field


def value_at(record: models.Model, path: str) -> Any:
    """The value at a dotted path as a person reads it; None when something on the way is empty."""
    *way, name = path.split(".")
    for step in way:
        record = getattr(record, step)
        if record is None:
            return None
    value = getattr(record, f"get_{name}_display", None) or getattr(record, name)
    if isinstance(value, models.Manager):
        return ", ".join(str(row) for row in value.all())
    if "phone" in name and value:
        return readable_phone(value)
    return value() if callable(value) else value


def value_in_words(record: models.Model, path: str) -> Any:
    """The same, a truth value as oui or non."""
    value = value_at(record, path)
    return {True: "oui", False: "non"}[value] if isinstance(value, bool) else value


class Guard:
    """Before any view: the row named in the address must be visible, the act allowed on it."""

    viewset = None
    model = None
    record = None

    def setup(self, request, *args, **kwargs):
        if "pk" in kwargs:
            rows = visible(self.viewset.model._default_manager.all(), request.user)
            self.record = get_object_or_404(
                rows.select_related(*self.viewset.related), pk=unquote(str(kwargs["pk"]))
            )
        super().setup(request, *args, **kwargs)

    def user_has_permission(self, permission: str) -> bool:
        """Wagtail's generic views ask about the model; we answer about the row."""
        if self.record is None:
            return super().user_has_permission(permission)
        return self.user_has_permission_for_instance(permission, self.record)

    def user_has_any_permission(self, permissions) -> bool:
        """As above, for any of several acts."""
        if self.record is None:
            return super().user_has_any_permission(permissions)
        return any(self.user_has_permission(permission) for permission in permissions)

    def hides(self, path: str, record: models.Model) -> bool:
        """Whether a field of this row is not this person's to read."""
        return path in self.viewset.private_fields and not (
            self.viewset.may_read_private(self.request.user, record)
        )

    def label_of(self, path: str) -> str:
        """The French name of a field or property."""
        if path in self.viewset.labels:
            return self.viewset.labels[path]
        field = field_at(self.viewset.model, path)
        name = field.verbose_name if field else path
        return capfirst(str(self.viewset.model._meta.verbose_name if name == "__str__" else name))


class ListGuard(Guard):
    """Before a list: its rows, its buttons, its columns, its search and its export."""

    list_export = ()

    @property
    def add_item_label(self) -> str:
        """The button that adds a row: Wagtail's words put a gender in brackets."""
        return self.viewset.add_label

    @cached_property
    def no_results_message(self) -> str:
        """As above, where nothing is found."""
        if self.is_searching or self.is_filtering:
            return "Rien ne correspond à votre recherche ou à vos filtres."
        return super().no_results_message

    def get_base_queryset(self):
        """Visible rows, with the rows that columns show joined in."""
        rows = visible(super().get_base_queryset(), self.request.user)
        return self.viewset.annotated(rows.select_related(*self.viewset.related))

    def get_edit_url(self, instance):
        """No link to an edit that would be refused."""
        allowed = self.user_has_permission_for_instance("change", instance)
        return super().get_edit_url(instance) if allowed else None

    def get_delete_url(self, instance):
        """As above, for deletion."""
        allowed = self.user_has_permission_for_instance("delete", instance)
        return super().get_delete_url(instance) if allowed else None

    @cached_property
    def is_searchable(self) -> bool:
        """Whether the viewset says how to search."""
        return bool(self.viewset.search)

    def search_queryset(self, queryset):
        """Our search, which combines with filters and finds rows with UUID keys."""
        if not self.is_searching:
            return queryset
        return search(queryset, self.search_query, self.viewset.search)

    def _get_custom_column(self, field_name, column_class=Column, **kwargs):
        """A column named by a path: oui/non as an icon, choices and phones in words."""
        field = field_at(self.viewset.model, field_name)
        read = value_in_words
        if isinstance(field, models.BooleanField):
            column_class, read = BooleanColumn, value_at
        return column_class(
            field_name,
            label=self.label_of(field_name),
            sort_key=field_name.replace(".", "__") if field else None,
            accessor=lambda record: read(record, field_name),
            **kwargs,
        )

    def order_queryset(self, queryset):
        """The order asked for, then the key, so that pages neither repeat nor skip a row."""
        ordered = super().order_queryset(queryset)
        return ordered.order_by(*(ordered.query.order_by or ordered.model._meta.ordering), "pk")

    @cached_property
    def columns(self) -> list:
        """The columns, blank where hidden, without the boxes of Wagtail's own bulk actions."""
        return [self.guarded(column) for column in super().columns if isinstance(column, Column)]

    def guarded(self, column):
        """One column that shows nothing instead of None or of a private value.

        A private column cannot be sorted: the order would tell.
        """
        column, read = copy.copy(column), column.get_value
        column.header = column.Header(column)  # the copy's own, or it would keep the sort link
        private = column.name in self.viewset.private_fields
        if private:
            column.sort_key = None

        def get_value(record):
            if private and self.hides(column.name, record):
                return ""
            value = read(record)
            return "" if value is None else value

        column.get_value = get_value
        return column

    def get(self, request, *args, **kwargs):
        """The page, or the spreadsheet of exactly what is filtered."""
        if not self.is_export:
            return super().get(request, *args, **kwargs)
        rows = self.get_queryset().prefetch_related(*self.viewset.prefetched)
        list_exported.send(
            sender=self.viewset.model,
            user=request.user,
            count=rows.count(),
            filters=self.filters_in_words(),
        )
        return spreadsheet(
            name=self.export_filename,
            kind=request.GET["export"],
            headings=[self.label_of(path) for path in self.list_export],
            rows=self.export_rows(rows),
        )

    def filters_in_words(self) -> list[str]:
        """How the list is narrowed, without what was typed: it may name a person."""
        typed = {
            field.auto_id
            for field in (self.filters.form if self.filters else ())
            if isinstance(field.field, forms.CharField)
        }
        words = ["Recherche"] if self.is_searching else []
        for mark in self.active_filters:
            value = "" if mark.auto_id in typed else f" : {mark.value}"
            words.append(f"{mark.field_label}{value}")
        return words

    def export_rows(self, rows: models.QuerySet) -> Iterator[list]:
        """The cells of each row, read in chunks."""
        for record in rows.iterator(chunk_size=2000):
            yield [
                "" if self.hides(path, record) else value_at(record, path)
                for path in self.list_export
            ]


class FormGuard(Guard):
    """Before a form: words that fit any noun, where Wagtail's put a gender in brackets."""

    error_message = "La fiche n’est pas enregistrée : corrigez les champs signalés."

    def get_breadcrumbs_items(self) -> list[dict]:
        """The last step is "Ajout" when nothing exists yet."""
        items = super().get_breadcrumbs_items()
        return items if self.record else [*items[:-1], {"url": "", "label": "Ajout"}]

    def get_success_message(self, instance=None) -> str:
        """Said after saving."""
        return f"« {instance or self.object} » : fiche enregistrée."


class InspectGuard(Guard):
    """Before an inspection: only the fields that this person may read, in words."""

    @property
    def page_title(self) -> str:
        """What kind of record is read, where Wagtail says “Inspecting”."""
        return capfirst(self.model._meta.verbose_name)

    @cached_property
    def header_buttons(self) -> list:
        """What the apps above let this person start from the row."""
        return [*super().header_buttons, *buttons_of(self.record, self.request.user)]

    def get_fields(self) -> list[str]:
        """The viewset's fields, without those hidden on this row."""
        return [name for name in super().get_fields() if not self.hides(name, self.record)]

    def get_field_label(self, field_name, field) -> str:
        """The field's French name, with what the viewset adds to it."""
        return self.viewset.inspection_label(self.record, field_name, self.label_of(field_name))

    def get_field_display_value(self, field_name, field) -> Any:
        """The value in words: an empty one is said, a truth value is oui or non."""
        own = getattr(self, f"show_{field_name}", None)
        value = own() if own else value_in_words(self.object, field_name)
        if value is None or value == "":
            return "non renseigné"
        if isinstance(value, datetime):
            return timezone.localtime(value)  # the page writes an instant as it is given
        return value
