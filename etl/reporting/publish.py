"""Publishes the reports: the one service that builds, checks, compares and puts in service."""

import fcntl
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from django.conf import settings
from django.utils import timezone

from etl.reporting import definitions, snapshot
from etl.reporting.definitions import DefinitionError, Query, Table
from etl.reporting.sources import open_source
from ilo_cms.audit.services import record


class PublishError(Exception):
    """Nothing was published and the old snapshot still serves: the message says why."""


@dataclass(frozen=True)
class Publication:
    """What one publication did."""

    changed: bool
    tables: int
    rows: int
    source_rows: int
    seconds: float


def publish(
    *,
    served: Path | None = None,
    tables: list[Table] | None = None,
    queries: list[Query] | None = None,
) -> Publication:
    """Build a snapshot of every report and put it in service, unless it would change nothing.

    Raises PublishError, naming the report, when anything fails: bad SQL, a value of the wrong type,
    a full disk, another publication under way.
    """
    started = time.monotonic()
    served = served or settings.SNAPSHOT_PATH
    built = served.with_name(f"{served.name}.new")
    try:
        served.parent.mkdir(parents=True, exist_ok=True)
        with alone(served.with_name(f"{served.name}.lock")):
            try:
                tables = definitions.tables() if tables is None else tables
                queries = definitions.queries() if queries is None else queries
                publication = build(built, served, tables, queries, started)
                put_in_service(built, served, publication)
            finally:
                built.unlink(missing_ok=True)
    except (
        DefinitionError,
        snapshot.SnapshotError,
        sqlite3.Error,
        psycopg.Error,
        OSError,
    ) as error:
        raise PublishError(str(error)) from error
    return publication


def build(
    built: Path, served: Path, tables: list[Table], queries: list[Query], started: float
) -> Publication:
    """Write the new snapshot beside the old one and say whether it differs."""
    with closing(snapshot.create(built)) as target:
        with open_source(target) as source:
            for position, table in enumerate(tables):
                with naming(table):
                    snapshot.fill(target, source, table, position)
        snapshot.document(target, queries)
        snapshot.check(target)
        rows, source_rows = target.execute(
            "SELECT COALESCE(SUM(rows), 0), COALESCE(SUM(source_rows), 0) FROM main._tables"
        ).fetchone()
        seconds = time.monotonic() - started
        target.execute(
            "INSERT INTO main._snapshot VALUES (?, ?, ?, ?, ?)",
            [
                timezone.localtime().isoformat(),
                source.name,
                source_rows,
                rows,
                round(seconds * 1000),
            ],
        )
    changed = not snapshot.is_same(built, served)
    return Publication(changed, len(tables), rows, source_rows, seconds)


def put_in_service(built: Path, served: Path, publication: Publication) -> None:
    """Swap the files and log it; when nothing changed only date the one in service."""
    if not publication.changed:
        served.touch()
        return
    snapshot.replace(built, served)
    record(
        "reports.published",
        actor=None,
        tables=publication.tables,
        rows=publication.rows,
        source_rows=publication.source_rows,
        milliseconds=round(publication.seconds * 1000),
    )


@contextmanager
def naming(table: Table) -> Iterator[None]:
    """Let a failure say which report it comes from."""
    try:
        yield
    except (snapshot.SnapshotError, sqlite3.Error, psycopg.Error) as error:
        raise PublishError(f"tables/{table.name}.sql: {error}") from error


@contextmanager
def alone(path: Path) -> Iterator[None]:
    """Refuse to build twice at the same time. The system drops the lock if we are killed."""
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PublishError("another publication is under way.") from None
        yield
