"""Copies the result of a report's query from the product's database into the snapshot.

Both sources are read in one read-only transaction of their own, so that all tables of a snapshot
show the same instant, whatever is written meanwhile.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from django.db import connection

from etl.reporting.definitions import Table


class SqliteSource:
    """The product's SQLite file, attached read-only to the snapshot under construction."""

    name = "SQLite"

    def __init__(self, snapshot: sqlite3.Connection) -> None:
        self.snapshot = snapshot

    def names(self, sql: str) -> list[str]:
        """The columns that a query gives."""
        cursor = self.snapshot.execute(f"SELECT * FROM ({sql}) AS report LIMIT 0")  # noqa: S608
        return [cell[0] for cell in cursor.description]

    def count(self, table: str) -> int:
        """The rows of one of the product's tables."""
        return self.snapshot.execute(f'SELECT COUNT(*) FROM source."{table}"').fetchone()[0]  # noqa: S608

    def copy(self, table: Table) -> int:
        """Fill one table, in the order of its key; return its rows."""
        return self.snapshot.execute(f"{insert(table)} {select(table)}").rowcount


class PostgresSource:
    """The product's PostgreSQL database, read with COPY on a connection of our own."""

    name = "PostgreSQL"

    def __init__(self, snapshot: sqlite3.Connection, product: psycopg.Connection) -> None:
        self.snapshot = snapshot
        self.product = product

    def names(self, sql: str) -> list[str]:
        """The columns that a query gives."""
        cursor = self.product.execute(f"SELECT * FROM ({sql}) AS report LIMIT 0")  # noqa: S608
        return [cell.name for cell in cursor.description]

    def count(self, table: str) -> int:
        """The rows of one of the product's tables."""
        return self.product.execute(f'SELECT COUNT(*) FROM "{table}"').fetchall()[0][0]  # noqa: S608

    def copy(self, table: Table) -> int:
        """Fill one table, in the order of its key; return its rows."""
        marks = ", ".join("?" * len(table.columns))
        with self.product.cursor().copy(f"COPY ({select(table)}) TO STDOUT") as copy:
            cursor = self.snapshot.executemany(f"{insert(table)} VALUES ({marks})", copy.rows())
        return cursor.rowcount


def insert(table: Table) -> str:
    """The INSERT that fills a table."""
    return f'INSERT INTO main."{table.name}" ({table.column_list})'


def select(table: Table) -> str:
    """A table's query, its columns in the order of the table, its rows in that of the key."""
    key = ", ".join(f'"{name}"' for name in table.key)
    return f"SELECT {table.column_list} FROM ({table.sql}) AS report ORDER BY {key}"  # noqa: S608


@contextmanager
def open_source(snapshot: sqlite3.Connection) -> Iterator[SqliteSource | PostgresSource]:
    """The product's database as a source for one snapshot."""
    if connection.vendor == "sqlite":
        address = Path(connection.settings_dict["NAME"]).resolve().as_uri()
        snapshot.execute("ATTACH DATABASE ? AS source", [f"{address}?mode=ro"])
        snapshot.execute("BEGIN")
        yield SqliteSource(snapshot)
        snapshot.execute("COMMIT")
        snapshot.execute("DETACH DATABASE source")
        return
    with psycopg.connect(**connection.get_connection_params()) as product:
        product.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        product.read_only = True
        snapshot.execute("BEGIN")
        yield PostgresSource(snapshot, product)
        snapshot.execute("COMMIT")
