"""Serves the published snapshot: the new file as soon as it is there, with its own definitions.

A publication renames another file over the snapshot (etl/reporting/snapshot.py). Datasette would
keep its open connections to the old one, so its database object is replaced by one that looks at
the file before each query. Written for Datasette 0.65, whose `Database.execute_fn` it overrides.
"""

import asyncio
import json
import os
import sqlite3
import threading
from contextlib import closing
from datetime import datetime
from zoneinfo import ZoneInfo

from datasette import hookimpl
from datasette.database import Database


class Snapshot(Database):
    """An immutable database that is reopened, thread by thread, once its file was replaced."""

    def __init__(self, datasette, path):
        super().__init__(datasette, path, is_mutable=False)
        self.thread = threading.local()
        self.known = (None, {}, {})

    def stamp(self):
        """What changes when another file takes this one's place."""
        found = os.stat(self.path)
        return found.st_ino, found.st_mtime_ns

    async def execute_fn(self, fn):
        """Run a function on this thread's connection to the file now in service."""
        # The stamp is taken before opening: if the file changes in between, we only reopen twice.
        stamp = self.stamp()

        def in_thread():
            held, connection = getattr(self.thread, "held", (None, None))
            if held != stamp:
                if connection:
                    self._all_file_connections.remove(connection)
                    connection.close()
                connection = self.connect()
                self.ds._prepare_connection(connection, self.name)
                self.thread.held = (stamp, connection)
            return fn(connection)

        return await asyncio.get_running_loop().run_in_executor(self.ds.executor, in_thread)

    def documentation(self):
        """Datasette's metadata for this database and its row counts, read again with each file."""
        stamp = self.stamp()
        if self.known[0] != stamp:
            with closing(sqlite3.connect(f"file:{self.path}?immutable=1", uri=True)) as connection:
                connection.row_factory = sqlite3.Row
                # A publication that finds nothing new only dates the file: its date is what counts.
                checked = datetime.fromtimestamp(stamp[1] / 1e9, ZoneInfo("Europe/Paris"))
                known = metadata(connection) | {"checked": f"{checked:%d/%m/%Y à %H h %M}"}
                self.known = (stamp, known, row_counts(connection))
        return self.known[1]

    @property
    def cached_table_counts(self):
        """Rows per table, as the publication counted them."""
        self.documentation()
        return self.known[2]

    @property
    def hash(self):
        """None: it would mean reading the whole file, and nothing here needs it."""
        return None

    @property
    def size(self):
        """The size of the file now in service."""
        return os.stat(self.path).st_size


def row_counts(connection):
    """Rows per table: those of the reports are written in the file, the others are few."""
    counts = {row["name"]: row["rows"] for row in connection.execute("SELECT * FROM _tables")}
    for name in ("_tables", "_columns", "_queries", "_snapshot"):
        counts[name] = connection.execute(f"SELECT COUNT(*) FROM {name}").fetchone()[0]  # noqa: S608
    return counts


def metadata(connection):
    """Titles, definitions and ready queries, in the form that Datasette merges with its own."""
    tables = {
        row["name"]: {
            "title": row["title"],
            "description": row["description"],
            "columns": {},
            "fields": {},
        }
        for row in connection.execute("SELECT * FROM _tables ORDER BY position")
    }
    for row in connection.execute("SELECT * FROM _columns ORDER BY table_name, position"):
        table = tables[row["table_name"]]
        unit = f" Unité : {row['unit']}." if row["unit"] else ""
        table["columns"][row["name"]] = f"{row['title']} : {row['description']}{unit}"
        table["fields"][row["name"]] = dict(row)
    queries = {
        row["name"]: {
            "title": row["title"],
            "description": row["description"],
            "sql": row["sql"],
            "hide_sql": True,
            "parameters": json.loads(row["parameters"]),
            "params": [parameter["name"] for parameter in json.loads(row["parameters"])],
            "chart": json.loads(row["chart"]),
        }
        for row in connection.execute("SELECT * FROM _queries ORDER BY position")
    }
    hidden = {name: {"hidden": True} for name in ("_tables", "_columns", "_queries", "_snapshot")}
    return {
        "tables": tables | hidden,
        "queries": queries,
    }


@hookimpl
def startup(datasette):
    """Put our database object in the place of Datasette's."""
    for name, database in list(datasette.databases.items()):
        if database.path and not database.is_mutable:
            datasette.remove_database(name)
            datasette.add_database(Snapshot(datasette, database.path), name=name)


@hookimpl
def get_metadata(datasette):
    """What the snapshots say of themselves."""
    return {
        "databases": {
            name: database.documentation()
            for name, database in datasette.databases.items()
            if hasattr(database, "documentation")
        }
    }
