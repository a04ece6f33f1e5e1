"""Bulk writes do not reach Wagtail's search index: this adds the new rows, after the load."""

from wagtail.search import index
from wagtail.search.backends import get_search_backends

from etl.enee.store import Table


BATCH = 500


def index_new(tables: list[Table]) -> int:
    """Index the new rows of every model that is searched; return how many."""
    count = 0
    for table in tables:
        if not issubclass(table.model, index.Indexed):
            continue
        keys = [row[0] for row in table.rows]
        for start in range(0, len(keys), BATCH):
            rows = list(table.model._default_manager.filter(pk__in=keys[start : start + BATCH]))
            for backend in get_search_backends(with_auto_update=True):
                backend.add_bulk(table.model, rows)
            count += len(rows)
    return count
