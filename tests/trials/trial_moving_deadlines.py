"""Trial: the officer moves or cancels the deadline while everybody deposits (SPEC T4, T6).

Each run is a rush over real HTTP in which an officer, in another process, extends or shortens the
deadline of deposits, cancels the call, or does nothing, at a random moment. Passes when every
deposit came before the deadline that was committed at its moment, every late attempt at or after
it and bears it, nothing acknowledged is missing, and no answer is a server error. Prints one JSON
line. DATABASE_URL says which database; TRIAL_RUNS how many; TRIAL_SEED which moments.
TRIAL_SIZE=small is for the suite.
"""

import json
import multiprocessing
import os
import random
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone, rush


SMALL = os.environ.get("TRIAL_SIZE") == "small"
RUNS = int(os.environ.get("TRIAL_RUNS", "4" if SMALL else "200"))
SEED = int(os.environ.get("TRIAL_SEED", "2026"))
AUTHORS, CLIENTS, SIZE = (8, 6, 20_000) if SMALL else (24, 24, 200_000)
#: How long authors have in a run, and when in it the officer acts at the latest.
WINDOW, LATEST = timedelta(seconds=1.5), 1.3
ACTS = ["extended", "shortened", "cancelled", "left"]


@dataclass(frozen=True)
class Change:
    """What the officer did: since when, and the deadline from then on; None once cancelled."""

    act: str
    at: datetime | None
    deadline: datetime | None


def change(tender, act: str) -> Change:
    """Move or cancel, as the officer of the call; "too late" when the deadline was faster."""
    from django.core.exceptions import ValidationError

    from ilo_cms.core.clock import database_now
    from ilo_cms.tenders.diffusion import cancel_tender, move_deadlines

    said = {"tender": tender, "seen": tender.revision, "acting_user": tender.officer.user}
    now = database_now()
    moved = {
        "extended": tender.deposit_deadline + timedelta(seconds=0.5),
        # Half of what is left: a moment nearer is past once the rush lets the officer in.
        "shortened": now + (tender.deposit_deadline - now) / 2,
    }
    try:
        if act == "cancelled":
            row = cancel_tender(reason="Le projet s’arrête.", **said)
            return Change(act, row.cancelled_at, None)
        if act in moved:
            deadlines = {"deposit_deadline": moved[act]}
            row = move_deadlines(deadlines=deadlines, message="L’échéance change.", **said)
            return Change(act, row.events.latest("at").at, row.deposit_deadline)
    except ValidationError:
        return Change("too late", None, None)
    return Change(act, None, None)


def one_run(port: int, pool: ProcessPoolExecutor, authors: list, run: int) -> tuple[str, Counter]:
    """One rush with one change; what the officer did, and what is wrong, counted by kind."""
    from ilo_cms.core.clock import database_now
    from ilo_cms.tenders.models import Tender

    chance = random.Random(SEED * 1_000 + run)
    tender = rush.call(authors)
    deadline = database_now() + WINDOW
    Tender.objects.filter(pk=tender.pk).update(deposit_deadline=deadline)
    tender.refresh_from_db()
    said = {"first": run * len(authors), "clients": CLIENTS, "size": SIZE}
    job = pool.submit(rush.run_share, rush.Share(port, str(tender.pk), authors, **said))
    time.sleep(chance.uniform(0.2, LATEST))
    changed = change(tender, ACTS[run % len(ACTS)])
    return changed.act, faults(tender, changed, job.result())


def faults(tender, changed: Change, answers: list) -> Counter:
    """Every act against the deadline that was in force at its moment."""
    from ilo_cms.tenders.models import Deposit, LateAttempt

    def in_force(moment: datetime) -> datetime | None:
        happened = changed.at is not None and changed.at <= moment
        return changed.deadline if happened else tender.deposit_deadline

    found: Counter = Counter()
    deposits = Deposit.objects.filter(offer__invitation__tender=tender)
    for row in deposits:
        deadline = in_force(row.at)
        found["accepted late"] += deadline is None or row.at >= deadline
    for row in LateAttempt.objects.filter(offer__invitation__tender=tender):
        deadline = in_force(row.at)
        found["refused in time"] += deadline is not None and row.at < deadline
        found["told another deadline"] += row.deadline != deadline
    kept = {f"/mises-en-concurrence/recus/{row.pk}/" for row in deposits}
    told = {each.place for each in answers if "/recus/" in each.place}
    found["lost"] += len(told - kept)
    found["errors"] += sum(each.upload >= 500 or each.status not in {302, 409} for each in answers)
    return found + Counter(deposits=len(kept), others=len(answers) - len(kept))


def main() -> int:
    """Run the trial; exit code 1 when a verdict was wrong, or something failed."""
    acts: Counter = Counter()
    found: Counter = Counter()
    with tempfile.TemporaryDirectory() as folder:
        alone.start(folder, any_engine=True)
        from django.db import connection

        authors, port = rush.people(AUTHORS), rush.free_port()
        server = rush.serve(folder, port)
        try:
            rush.warm_up(port, authors, SIZE)
            spawn = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(1, mp_context=spawn) as pool:
                for run in range(RUNS):
                    act, seen = one_run(port, pool, authors, run)
                    acts[act] += 1
                    found += seen
        finally:
            server.terminate()
            server.wait(30)
        line = {"trial": "moving_deadlines", "database": connection.vendor, "seed": SEED}
        connection.close()
    counts = {"deposits": found.pop("deposits", 0), "other_answers": found.pop("others", 0)}
    line |= {"runs": RUNS, "acts": acts, **counts, "wrong": found, "passed": not found}
    print(json.dumps(line))
    return bool(found)


if __name__ == "__main__":
    sys.exit(main())
