"""Trial: many writers at once lose nothing (docs/decisions/0002).

200 writers (8 processes of 25 threads) each add 5 events to the hash-chained log, whose every
insertion reads the head of the chain, then writes it: the pattern that SQLite's defaults refuse or
lose. Passes when each acknowledged event is in the log, none was refused and the chain is whole.
Prints one JSON line. DATABASE_URL chooses another engine; TRIAL_SIZE=small is for the suite.
"""

import json
import multiprocessing
import os
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


PROCESSES, THREADS, WRITES = (2, 3, 2) if os.environ.get("TRIAL_SIZE") == "small" else (8, 25, 5)


def set_up(folder: str) -> None:
    """Django with the product's own database settings, on an empty database."""
    alone.start(folder, any_engine=True)
    from django.db import connections

    connections.close_all()  # each process opens its own


def one_writer(_: int) -> tuple[int, int, list[float]]:
    """Add events one after the other; returns how many were acknowledged, refused, and times."""
    from django.db import OperationalError, connection

    from ilo_cms.audit.actions import ACTIONS
    from ilo_cms.audit.services import record

    acknowledged, refused, seconds = 0, 0, []
    for _ in range(WRITES):
        started = time.perf_counter()
        try:
            record(next(iter(ACTIONS)), actor=None, trial=True)
            acknowledged += 1
        except OperationalError:
            refused += 1
        seconds.append(time.perf_counter() - started)
    connection.close()
    return acknowledged, refused, seconds


def one_process(_: int) -> list[tuple[int, int, list[float]]]:
    """All writers of one process, at once."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(one_writer, range(THREADS)))


def main() -> int:
    """Run the trial; exit code 1 when something was lost or refused."""
    with tempfile.TemporaryDirectory() as folder:
        set_up(folder)
        started = time.perf_counter()
        with multiprocessing.get_context("fork").Pool(PROCESSES) as pool:
            results = [row for rows in pool.map(one_process, range(PROCESSES)) for row in rows]
        elapsed = time.perf_counter() - started
        from django.db import connection

        from ilo_cms.audit.models import AuditEvent
        from ilo_cms.audit.services import faults

        acknowledged = sum(row[0] for row in results)
        seconds = [value for row in results for value in row[2]]
        figures = {
            "trial": "concurrent_writes",
            "engine": connection.vendor,
            "writers": PROCESSES * THREADS,
            "asked": PROCESSES * THREADS * WRITES,
            "acknowledged": acknowledged,
            "refused": sum(row[1] for row in results),
            "lost": acknowledged - AuditEvent.objects.count(),
            "faults_in_chain": len(list(faults())),
            "writes_per_second": round(acknowledged / elapsed),
            "p50_ms": round(statistics.median(seconds) * 1000),
            "max_ms": round(max(seconds) * 1000),
        }
        connection.close()
    print(json.dumps(figures))
    return int(bool(figures["refused"] or figures["lost"] or figures["faults_in_chain"]))


if __name__ == "__main__":
    sys.exit(main())
