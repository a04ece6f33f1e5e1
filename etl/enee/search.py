"""Bulk writes do not reach Wagtail's search index: this adds what it lacks, after the load."""

from django.contrib.contenttypes.models import ContentType
from wagtail.search import index
from wagtail.search.backends import get_search_backends
from wagtail.search.models import IndexEntry

from etl.enee.store import Table


BATCH = 500


def index_missing(tables: list[Table]) -> int:
    """Index the rows that the index lacks, of every model that is searched; return how many.

    Not only the rows just written: a load killed before this step is completed by the next one.
    """
    count = 0
    for table in tables:
        if not issubclass(table.model, index.Indexed):
            continue
        keys = missing(table.model)
        for start in range(0, len(keys), BATCH):
            rows = list(table.model._default_manager.filter(pk__in=keys[start : start + BATCH]))
            for backend in get_search_backends(with_auto_update=True):
                backend.add_bulk(table.model, rows)
            count += len(rows)
    return count


def missing(model: type[index.Indexed]) -> list:
    """The keys of a model's rows that have no entry in the index."""
    kind = ContentType.objects.get_for_model(model)
    entries = IndexEntry.objects.filter(content_type=kind)
    indexed = set(entries.values_list("object_id", flat=True))
    keys = model._default_manager.order_by("pk").values_list("pk", flat=True)
    return [key for key in keys if str(key) not in indexed]
