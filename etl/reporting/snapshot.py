"""The snapshot file: built beside the one in service, checked, compared, then put in its place.

The file is swapped whole by a rename, so that a reader sees the old rows or the new ones and a
kill at any moment leaves one good file (SPEC R1). Datasette notices the new file by itself: see
datasette/plugins/snapshot.py.
"""

import json
import os
import re
import sqlite3
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from django.apps import apps
from django.utils import timezone

from etl.reporting.definitions import Query, Table
from etl.reporting.sources import PostgresSource, SqliteSource


#: The documentation that travels with the rows; Datasette's titles and definitions come from it.
DOCUMENTATION = """
CREATE TABLE main._tables (
    name TEXT PRIMARY KEY, position INTEGER NOT NULL, title TEXT NOT NULL,
    description TEXT NOT NULL, rows INTEGER NOT NULL, sources TEXT NOT NULL,
    source_rows INTEGER NOT NULL
) STRICT;
CREATE TABLE main._columns (
    table_name TEXT NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL,
    title TEXT NOT NULL, unit TEXT NOT NULL, description TEXT NOT NULL,
    PRIMARY KEY (table_name, name)
) STRICT;
CREATE TABLE main._queries (
    name TEXT PRIMARY KEY, position INTEGER NOT NULL, title TEXT NOT NULL,
    description TEXT NOT NULL, sql TEXT NOT NULL, parameters TEXT NOT NULL, chart TEXT NOT NULL
) STRICT;
CREATE TABLE main._snapshot (
    built_at TEXT NOT NULL, source TEXT NOT NULL, source_rows INTEGER NOT NULL,
    rows INTEGER NOT NULL, duration_ms INTEGER NOT NULL
) STRICT;
"""


class SnapshotError(Exception):
    """The snapshot under construction is not fit to be served: the message says why."""


def create(path: Path) -> sqlite3.Connection:
    """An empty snapshot with its documentation tables. Not durable until `replace`: it is fast."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    snapshot = sqlite3.connect(path.resolve().as_uri(), uri=True, isolation_level=None, timeout=20)
    snapshot.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + DOCUMENTATION)
    return snapshot


def fill(
    snapshot: sqlite3.Connection,
    source: SqliteSource | PostgresSource,
    table: Table,
    position: int,
) -> int:
    """Create one table, fill it, check it, document it; return its rows. Raises SnapshotError."""
    declared = [column.name for column in table.columns]
    given = source.names(table.sql)
    if sorted(given) != sorted(declared):
        raise SnapshotError(
            f"the query gives {', '.join(given)}; the header describes {', '.join(declared)}."
        )
    snapshot.execute(table.ddl)
    copied = source.copy(table)
    rows = snapshot.execute(f'SELECT COUNT(*) FROM main."{table.name}"').fetchone()[0]  # noqa: S608
    if rows != copied:
        raise SnapshotError(f"{copied} rows were copied, {rows} are there.")
    sources = tables_read_by(table.sql)
    source_rows = sum(source.count(name) for name in sources)
    snapshot.execute(
        "INSERT INTO main._tables VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            table.name,
            position,
            table.title,
            table.description,
            rows,
            ", ".join(sources),
            source_rows,
        ],
    )
    snapshot.executemany(
        "INSERT INTO main._columns VALUES (?, ?, ?, ?, ?, ?, ?)",
        [
            (table.name, number, *vars(column).values())
            for number, column in enumerate(table.columns)
        ],
    )
    return rows


def tables_read_by(sql: str) -> list[str]:
    """The product's tables that a query names."""
    models = apps.get_models(include_auto_created=True)
    known = {model._meta.db_table for model in models}
    return sorted(known & set(re.findall(r"\w+", sql)))


def document(snapshot: sqlite3.Connection, queries: list[Query]) -> None:
    """Write the ready queries into the snapshot, each tried once. Raises SnapshotError."""
    for position, query in enumerate(queries):
        try:
            for parameter in query.parameters:
                if parameter.choices:
                    snapshot.execute(parameter.choices)
            blanks = {parameter.name: "" for parameter in query.parameters}
            names = [cell[0] for cell in snapshot.execute(query.sql, blanks).description]
        except sqlite3.Error as error:
            raise SnapshotError(f"queries/{query.name}.sql: {error}") from error
        if not set(query.chart) <= set(names):
            raise SnapshotError(f"queries/{query.name}.sql: the chart names no column it gives.")
        parameters = [vars(parameter) for parameter in query.parameters]
        snapshot.execute(
            "INSERT INTO main._queries VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                query.name,
                position,
                query.title,
                query.description,
                query.sql,
                json.dumps(parameters, ensure_ascii=False),
                json.dumps(query.chart, ensure_ascii=False),
            ],
        )


def check(snapshot: sqlite3.Connection) -> None:
    """Raise SnapshotError unless SQLite finds the file sound."""
    answer = snapshot.execute("PRAGMA main.quick_check").fetchone()[0]
    if answer != "ok":
        raise SnapshotError(f"the file is damaged: {answer}")


def is_same(built: Path, served: Path) -> bool:
    """Whether the file in service already says exactly this, the date of building aside.

    The same rows written in the same order make the same file, page by page, but for the page of
    `_snapshot`. Equal bytes are equal contents; should another SQLite write them otherwise, we only
    publish once more.
    """
    if not served.exists() or served.stat().st_size != built.stat().st_size:
        return False
    with closing(sqlite3.connect(built)) as snapshot:
        (page,) = snapshot.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = '_snapshot'"
        ).fetchone()
        (size,) = snapshot.execute("PRAGMA page_size").fetchone()
    with built.open("rb") as ours, served.open("rb") as theirs:
        for number, block in enumerate(iter(lambda: ours.read(size), b""), start=1):
            if block != theirs.read(size) and number != page:
                return False
    return True


def replace(built: Path, served: Path) -> None:
    """Put a closed snapshot in service: on disk first, then in place of the old one."""
    sync(built)
    os.replace(built, served)
    sync(served.parent)


def sync(path: Path) -> None:
    """Wait until a file or folder is on disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def snapshot_age(path: Path) -> timedelta | None:
    """How long ago the file in service was last known to be up to date; None without file.

    Each publication that changes nothing touches the file, so its date answers the question.
    """
    if not path.exists():
        return None
    written = datetime.fromtimestamp(path.stat().st_mtime, tz=timezone.get_current_timezone())
    return timezone.now() - written
