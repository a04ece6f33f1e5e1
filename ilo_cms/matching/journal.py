"""Keeping each process's index as fresh as the database: one query per search.

Rows of the journal become visible when their transaction commits, which on PostgreSQL is not the
order of their numbers. So what is read again is all rows of transactions that were not over at the
last reading (`mark` is the transaction's number), minus those already applied. On SQLite one
transaction writes at a time: the rows after the last one. When a row that was applied is no longer
there (a transaction undone, a backup restored, a journal shortened) the index is built anew.
"""

import threading
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from ilo_cms.matching.catalogue import read_catalogue
from ilo_cms.matching.index import Index, NoRoomError, build
from ilo_cms.matching.loading import all_entries, entries
from ilo_cms.matching.models import Change


#: More organisations changed than this: building anew costs less.
MOST = 1000
#: How many rows the nightly task keeps. A process that is further behind builds anew.
KEPT = 20_000
#: A row of the journal: its number and its mark.
Row = tuple[int, int]
XMIN = "pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
ROWS = {
    "sqlite": "SELECT id, mark, organisation_id, 0 FROM matching_change WHERE ",
    "postgresql": f"SELECT id, mark, organisation_id, {XMIN} FROM matching_change WHERE ",  # noqa: S608
}
#: Where to begin: the last row, and those of transactions that are not over.
LAST = "id = (SELECT max(id) FROM matching_change)"
BEGINNING = {"sqlite": LAST, "postgresql": f"{LAST} OR mark >= {XMIN}"}


@dataclass(frozen=True)
class Position:
    """How far the journal was read: rows that must still be there, and where to read on from."""

    applied: frozenset[Row]
    last: int
    horizon: int


def read(position: Position | None) -> tuple[Position, set[UUID] | None]:
    """What changed since; None when everything must be read again."""
    where: str = BEGINNING[connection.vendor]
    values: list[int] = []
    if position and connection.vendor == "sqlite":
        where, values = "id >= %s", [position.last]
    elif position:
        where, values = "mark >= %s OR id >= %s", [position.horizon, position.last]
    with connection.cursor() as cursor:
        cursor.execute(ROWS[connection.vendor] + where, values)
        rows = cursor.fetchall()
    if not rows and position is not None:
        return read(None)
    return position_after(rows), news(rows, position)


def position_after(rows: list[tuple]) -> Position:
    """The position of who has applied these rows."""
    if not rows:
        return Position(frozenset(), 0, 0)
    last, horizon = max(row[0] for row in rows), rows[0][3]
    applied = {row[:2] for row in rows if row[0] == last or (horizon and row[1] >= horizon)}
    return Position(frozenset(applied), last, horizon)


def news(rows: list[tuple], position: Position | None) -> set[UUID] | None:
    """The organisations of rows not yet applied; None when everything must be read again."""
    if position is None or not position.applied <= {row[:2] for row in rows}:
        return None
    keys = {row[2] for row in rows if row[:2] not in position.applied}
    if None in keys or len(keys) > MOST:
        return None
    return {key if isinstance(key, UUID) else UUID(key) for key in keys}


class Keeper:
    """The index of this process, its position in the journal, and who may refresh it."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.position: Position | None = None
        self.index: Index | None = None

    def current(self) -> Index:
        """The index as fresh as what this connection sees. One query when nothing changed."""
        with self.lock:
            position, keys = read(self.position)
            index = self.index
            if index is None or keys is None:
                index = rebuilt()
            elif keys:
                index = refreshed(index, sorted(keys))
            self.index, self.position = index, position
            return index

    def forget(self) -> None:
        """Build anew at the next search."""
        with self.lock:
            self.index = self.position = None


def rebuilt() -> Index:
    """The whole index from the database."""
    catalogue = read_catalogue()
    return build(all_entries(catalogue), catalogue)


def refreshed(index: Index, keys: list[UUID]) -> Index:
    """The index with these organisations read again."""
    if len(index.rewritten) > MOST:
        return rebuilt()
    try:
        return index.changed(keys, entries(keys, index.catalogue))
    except NoRoomError:
        return rebuilt()


def shorten() -> int:
    """Delete the old rows of the journal; returns how many."""
    last = Change.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return Change.objects.filter(id__lte=last - KEPT).delete()[0]


keeper = Keeper()
