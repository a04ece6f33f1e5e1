"""Triggers that tell the journal which organisations changed, whoever writes and however.

`save()`, a many-to-many `set`, `queryset.update`, `bulk_create` and plain SQL are all seen, in the
transaction that writes. They are dropped before migrations and installed after: SQLite remakes a
table to alter it, which would lose its triggers, and refuses to rename one that a trigger names.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import connections, models, router
from django.db.transaction import TransactionManagementError, get_connection

from ilo_cms.matching.models import Change


EVENTS = {"INSERT": ("NEW",), "UPDATE": ("NEW", "OLD"), "DELETE": ("OLD",)}
#: What marks a row of the journal, by database.
MARKS = {"sqlite": "random()", "postgresql": "pg_current_xact_id()::text::bigint"}
#: PostgreSQL's triggers are silent while this is set, in the transaction that sets it.
SILENT = "ilo.matching_silent"


@dataclass(frozen=True)
class Watch:
    """A table that the index reads.

    `organisations` is a SELECT of the organisations that a row concerns, in which {row} stands for
    the row; a NULL means all of them. `columns`: those whose change matters (empty: all).
    """

    table: str
    organisations: str
    columns: tuple[str, ...] = ()


WATCHES: list[Watch] = []


def watch(model: type[models.Model], organisations: str, *columns: str) -> None:
    """Have a table watched; called once per table, when the apps are loaded."""
    WATCHES.append(Watch(model._meta.db_table, organisations, columns))


def trigger_name(watched: Watch, event: str) -> str:
    """A name within PostgreSQL's 63 characters."""
    return f"matching_{watched.table}_{event.lower()}"


def statements(watched: Watch, event: str, vendor: str) -> Iterator[str]:
    """The SQL that makes one trigger."""
    name = trigger_name(watched, event)
    rows = " UNION ".join(watched.organisations.format(row=row) for row in EVENTS[event])
    note = (
        f"INSERT INTO {Change._meta.db_table} (organisation_id, mark) "  # noqa: S608 (our names)
        f"SELECT changed.*, {MARKS[vendor]} FROM ({rows}) AS changed"
    )
    head = f"CREATE TRIGGER {name} AFTER {event} ON {watched.table} FOR EACH ROW"
    when = conditions(watched, event, vendor)
    head += f" WHEN ({' AND '.join(when)})" if when else ""
    if vendor == "sqlite":
        yield f"{head} BEGIN {note}; END"
        return
    yield (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {note}; RETURN NULL; END $$"
    )
    yield f"{head} EXECUTE FUNCTION {name}()"


def conditions(watched: Watch, event: str, vendor: str) -> list[str]:
    """What must be true for a trigger to note a row."""
    differs = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    changed = " OR ".join(f"OLD.{name} {differs} NEW.{name}" for name in watched.columns)
    found = [f"({changed})"] if changed and event == "UPDATE" else []
    if vendor == "postgresql":
        found.append(f"current_setting('{SILENT}', true) IS DISTINCT FROM 'on'")
    return found


@contextmanager
def silenced() -> Iterator[None]:
    """Around a load of many organisations, in its transaction: all is read again after it.

    One row of the journal instead of one a row written. On SQLite, which has one writer, the
    triggers are gone meanwhile, for this transaction alone; PostgreSQL would have to lock the
    tables against their readers for that, so that there they look at a setting. Undone with the
    transaction.
    """
    connection = get_connection()
    if not connection.in_atomic_block:
        raise TransactionManagementError("silenced() belongs inside a transaction.")
    if connection.vendor == "sqlite":
        drop_triggers(connection.alias)
        yield
        install_triggers(connection.alias)
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, 'on', true)", [SILENT])
    yield
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config(%s, '', true)", [SILENT])
    read_all_again(connection.alias)


def drop_triggers(using: str, **kwargs) -> None:
    """Before migrations: no trigger stands in their way."""
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        for watched in WATCHES:
            for event in EVENTS if watched.table in tables else ():
                place = "" if connection.vendor == "sqlite" else f" ON {watched.table}"
                cursor.execute(f"DROP TRIGGER IF EXISTS {trigger_name(watched, event)}{place}")


def install_triggers(using: str, **kwargs) -> None:
    """After migrations: every watched table has its triggers, and all is read again."""
    if not router.allow_migrate_model(using, Change):
        return
    drop_triggers(using)
    connection = connections[using]
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if Change._meta.db_table not in tables:
            return
        for watched in WATCHES:
            for event in EVENTS if watched.table in tables else ():
                for statement in statements(watched, event, connection.vendor):
                    cursor.execute(statement)
    read_all_again(using)


def read_all_again(using: str) -> None:
    """Have every process build its index anew."""
    connection = connections[using]
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {Change._meta.db_table} (organisation_id, mark) "  # noqa: S608
            f"SELECT NULL, {MARKS[connection.vendor]}"
        )
