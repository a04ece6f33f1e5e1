"""Filters of the lists."""

import django_filters
from wagtail.admin.active_filters import BaseFilterAdapter, filter_adapter_class_registry
from wagtail.admin.filters import WagtailFilterSet


class BooleanFilterAdapter(BaseFilterAdapter):
    """Says oui or non of an active filter, not True or False."""

    def get_active_filters(self):
        """The filter's one mark above the list."""
        for mark in super().get_active_filters():
            yield mark._replace(value="oui" if self.value else "non")


filter_adapter_class_registry.register(django_filters.BooleanFilter, value=BooleanFilterAdapter)


class RecordFilterSet(WagtailFilterSet):
    """The filters of a list; `self.user` is who looks."""

    @property
    def user(self):
        """The person whose list this is."""
        return self.request.user
