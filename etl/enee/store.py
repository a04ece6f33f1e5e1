"""Writes many rows of a model at once: tuples, no model instances (docs: speed of the load).

SQLite takes them by executemany, PostgreSQL by COPY. Identifiers are computed from the source, so
the same row of the export has the same identifier in every run and in every database.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha1
from operator import itemgetter

from django.db import connection, models
from django.utils import timezone


NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "https://ilo.example/enee")
#: RFC 9562: the two highest bits of the seventeenth digit are 10.
VARIANT = {digit: f"{int(digit, 16) & 3 | 8:x}" for digit in "0123456789abcdef"}


def identifier(*parts: str) -> str:
    """The UUID of what these parts name, as both databases take it: uuid5, without its objects."""
    digits = sha1(NAMESPACE.bytes + ":".join(parts).encode(), usedforsecurity=False).hexdigest()
    return f"{digits[:12]}5{digits[13:16]}{VARIANT[digits[16]]}{digits[17:32]}"


def known_identifiers(model: type[models.Model]) -> set[str]:
    """Identifiers that the database already has: their rows are left as they are."""
    return {key.hex for key in model._default_manager.values_list("pk", flat=True)}


@contextmanager
def roomy_cache() -> Iterator[None]:
    """Let SQLite keep 64 MB of pages: with its usual 2 MB, random keys make it reread the disk."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        usual = cursor.execute("PRAGMA cache_size").fetchone()[0]
        cursor.execute("PRAGMA cache_size = -65536")
        try:
            yield
        finally:
            cursor.execute(f"PRAGMA cache_size = {usual}")


class Table:
    """The new rows of one model. Columns that are not named take the model's defaults."""

    def __init__(self, model: type[models.Model], columns: str) -> None:
        self.model = model
        self.columns = columns.split()
        self.rows: list[tuple] = []
        self.add = self.rows.append

    def write(self) -> int:
        """Insert every row; return their number."""
        if not self.rows:
            return 0
        fields = self.model._meta.concrete_fields
        named = {field.attname: field.column for field in fields}
        constants = {
            field.column: default(field)
            for field in fields
            if field.attname not in self.columns and not isinstance(field, models.AutoField)
        }
        tail = tuple(constants.values())
        # In the order of the identifiers an index grows at its end instead of everywhere.
        rows = [row + tail for row in sorted(self.rows, key=itemgetter(0))]
        columns = [str(name) for name in [*(named[name] for name in self.columns), *constants]]
        insert(self.model._meta.db_table, columns, rows)
        return len(rows)


def default(field: models.Field) -> object:
    """What a column holds when nobody says otherwise, as the database stores it."""
    value = timezone.now() if is_stamped(field) else field.get_default()
    return field.get_db_prep_save(value, connection)


def is_stamped(field: models.Field) -> bool:
    """Whether Django writes the moment itself when a row is saved."""
    return getattr(field, "auto_now", False) or getattr(field, "auto_now_add", False)


def insert(table: str, columns: list[str], rows: list[tuple]) -> None:
    """One bulk insert, by the fastest door of the database."""
    quoted = ", ".join(map(connection.ops.quote_name, columns))
    name = connection.ops.quote_name(table)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {name} ({quoted}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            marks = ", ".join(["%s"] * len(columns))
            sql = f"INSERT INTO {name} ({quoted}) VALUES ({marks})"  # noqa: S608 (our own names)
            cursor.executemany(sql, rows)
