"""Publishing row-level reports from SQLite: ours, pandas, and INSERT … SELECT with keys alone.

Ours is the whole publication in place of an older snapshot: DDL, copy, counts, quick_check,
comparison, documentation, fsync, swap. The limit only copies into keyed tables and syncs.
`ratio_to_peer` says how many times faster than the peer, `ratio_to_limit` how many times the limit.
"""

import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path


ROOT = Path(__file__).resolve().parents[2]
ROWS = 2_000 if os.environ.get("BENCH_SIZE") == "small" else 100_000
AIM = 1.2
COLUMNS = {
    "id": "TEXT", "year": "INTEGER", "operator": "TEXT", "theme": "TEXT", "status": "TEXT",
    "territory": "TEXT", "days": "REAL", "amount": "REAL", "need": "TEXT",
}  # fmt: skip
SELECT = f"SELECT {', '.join(COLUMNS)} FROM bench_assignment"  # noqa: S608


def make_source(path: Path) -> None:
    """A product database with one large table of mixed columns."""
    with closing(sqlite3.connect(path)) as source:
        source.execute("PRAGMA journal_mode = WAL")
        names = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        source.execute(f"CREATE TABLE bench_assignment ({names}, PRIMARY KEY (id))")
        words = "diagnostic partagé plan accompagnement structure associative modèle économique"
        rows = (
            (f"{n:032x}", 2015 + n % 12, f"Structure porteuse {n % 97}", f"theme-{n % 30}",
             f"statut-{n % 6}", f"{n % 95 + 1:02}", n % 40 / 2, n * 37 % 20_000 + 0.5,
             f"{words} {n} {words}")
            for n in range(ROWS)
        )  # fmt: skip
        source.executemany("INSERT INTO bench_assignment VALUES (?,?,?,?,?,?,?,?,?)", rows)
        source.commit()


def setup(folder: Path) -> None:
    """Django on that database, for the code under test."""
    os.environ |= {
        "VAR_DIR": str(folder),
        "DATABASE_URL": f"sqlite:///{folder / 'source.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
    }
    sys.path[:0] = [str(ROOT), str(ROOT / "site")]
    import django

    django.setup()


def report(folder: Path) -> None:
    """The table as one report file."""
    lines = [
        f"-- column: {name} | {kind} | {name} | | Pour la mesure." for name, kind in COLUMNS.items()
    ]
    head = ["-- title: Mesure", "-- description: Pour la mesure.", "-- key: id", *lines]
    (folder / "bench.sql").write_text("\n".join([*head, SELECT]), encoding="utf-8")


def ours(folder: Path) -> None:
    """Build, check, compare and swap, as `publish` does, without its log row."""
    from etl.reporting import definitions, publish, snapshot

    served, built = folder / "ilo.db", folder / "ilo.db.new"
    tables = definitions.tables(folder)
    publication = publish.build(built, served, tables, [], time.monotonic())
    if publication.rows != ROWS or not publication.changed:
        raise SystemExit(f"bench_publish: unexpected publication: {publication}")
    snapshot.replace(built, served)


def peer(folder: Path) -> None:
    """pandas, in pieces of 50,000 rows, without key."""
    import pandas

    (folder / "peer.db").unlink(missing_ok=True)
    with (
        closing(sqlite3.connect(folder / "source.sqlite3")) as source,
        closing(sqlite3.connect(folder / "peer.db")) as target,
    ):
        for piece in pandas.read_sql(SELECT, source, chunksize=50_000):
            piece.to_sql("bench", target, if_exists="append", index=False)


def limit(folder: Path) -> None:
    """ATTACH, real DDL, INSERT … SELECT, fsync: nothing checked."""
    path = folder / "limit.db"
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path, isolation_level=None)) as target:
        target.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")
        target.execute("ATTACH DATABASE ? AS source", [str(folder / "source.sqlite3")])
        names = ", ".join(f"{name} {kind} NOT NULL" for name, kind in COLUMNS.items())
        target.execute(f"CREATE TABLE bench ({names}, PRIMARY KEY (id)) STRICT")
        target.execute("INSERT INTO bench SELECT * FROM source.bench_assignment ORDER BY id")
    with path.open("rb") as file:
        os.fsync(file.fileno())


def change_one_row(folder: Path) -> None:
    """So that each publication has something to publish."""
    with closing(sqlite3.connect(folder / "source.sqlite3")) as source:
        source.execute("UPDATE bench_assignment SET amount = amount + 1 WHERE rowid = ?", [ROWS])
        source.commit()


def measure(folder: Path) -> dict[str, float]:
    """Medians of three rounds, the three side by side in each; one round before to warm up."""
    times: dict[str, list[float]] = {"ours": [], "peer": [], "limit": []}
    for number in range(4):
        change_one_row(folder)
        for run in (ours, peer, limit):
            started = time.perf_counter()
            run(folder)
            if number:
                times[run.__name__].append(time.perf_counter() - started)
    return {name: statistics.median(values) for name, values in times.items()}


def main() -> None:
    """Print one line of JSON."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_source(folder / "source.sqlite3")
        setup(folder)
        report(folder)
        medians = measure(folder)
    ratio = medians["ours"] / medians["limit"]
    line = {"name": f"publish {ROWS} rows from SQLite"}
    line |= {name: round(seconds, 4) for name, seconds in medians.items()}
    line |= {
        "unit": "s",
        "ratio_to_peer": round(medians["peer"] / medians["ours"], 2),
        "ratio_to_limit": round(ratio, 2),
        "aim": f"at most {AIM} x INSERT ... SELECT with keys",
        "met": ratio <= AIM,
    }
    print(json.dumps(line))  # noqa: T201


if __name__ == "__main__":
    main()
