"""Trial: in the last ten seconds everybody deposits, and an officer opens at the deadline (T6–T9).

Each author sends a PDF of 200 kB and deposits, 80 at a time, over real HTTP to gunicorn's threads.
Another process asks for the opening until it is let in. Passes when what was acknowledged as
deposited is exactly what opened, what was acknowledged as late is exactly what was kept as late, no
deposit bears a moment at or after the deadline, every file is there under its digest, and no answer
is a server error. Prints one JSON line, with what was measured. DATABASE_URL says which database;
TRIAL_RUNS how often; TRIAL_AUTHORS how many; TRIAL_SECONDS how long before the deadline.
TRIAL_SIZE=small is for the suite.
"""

import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from datetime import timedelta
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone, rush
from tests.helpers.rush import Answer, Author, Share


SMALL = os.environ.get("TRIAL_SIZE") == "small"
AUTHORS, CLIENTS, SIZE = (12, 6, 20_000) if SMALL else (1_000, 80, 200_000)
AUTHORS = int(os.environ.get("TRIAL_AUTHORS", AUTHORS))
SECONDS = float(os.environ.get("TRIAL_SECONDS", "3" if SMALL else "10"))
RUNS = int(os.environ.get("TRIAL_RUNS", "1"))
#: Processes that hold the clients.
SENDERS = 2


def open_at_deadline(tender) -> object:
    """Ask for the opening until it is let in, as an officer who cannot wait for the last second."""
    from django.core.exceptions import ValidationError

    from ilo_cms.core.clock import database_now
    from ilo_cms.tenders.opening import open_tender

    early = timedelta(seconds=0.3)
    time.sleep(max(0, (tender.deposit_deadline - early - database_now()).total_seconds()))
    while True:
        try:
            return open_tender(tender=tender, acting_user=tender.officer.user)
        except ValidationError:
            time.sleep(0.05)


def one_rush(port: int, pool: ProcessPoolExecutor, authors: list[Author], run: int) -> dict:
    """One rush: everybody deposits, the officer opens; what was seen and what is wrong."""
    from ilo_cms.core.clock import database_now
    from ilo_cms.tenders.models import Tender

    tender = rush.call(authors)
    start = time.time() + (2 if SMALL else 20)  # by then the senders have made their files
    deadline = database_now() + timedelta(seconds=start - time.time() + SECONDS)
    Tender.objects.filter(pk=tender.pk).update(deposit_deadline=deadline)
    tender.refresh_from_db()
    size = -(-len(authors) // SENDERS)
    shares = [
        Share(
            port,
            str(tender.pk),
            authors[at : at + size],
            first=run * AUTHORS + at,
            clients=CLIENTS // SENDERS,
            size=SIZE,
            start=start,
        )
        for at in range(0, len(authors), size)
    ]
    jobs = [pool.submit(rush.run_share, share) for share in shares]
    opening = open_at_deadline(tender)
    answers = [answer for job in jobs for answer in job.result()]
    return verdict(tender, opening, answers, max(each.ended for each in answers) - start)


def verdict(tender, opening, answers: list[Answer], seconds: float) -> dict:
    """Compare what was acknowledged with what is in the database and on disk."""
    from ilo_cms.documents import storage
    from ilo_cms.tenders.models import Deposit, LateAttempt

    deposits = {
        f"/mises-en-concurrence/recus/{row.pk}/": row
        for row in Deposit.objects.filter(offer__invitation__tender=tender)
    }
    late = LateAttempt.objects.filter(offer__invitation__tender=tender)
    kept_late = Counter(f"/mises-en-concurrence/offres/{row.offer_id}/" for row in late)
    told = Counter(each.place for each in answers if each.status == 302)
    acknowledged = {place for place in told if "/recus/" in place}
    opened = {line["offer"] for line in opening.record["offers"] if line["stands"]}
    statuses = Counter(each.status for each in answers)
    files = [file["digest"] for row in deposits.values() for file in row.content["files"]]
    wrong = {
        "lost": sorted(acknowledged - deposits.keys()),
        "unopened": sorted({str(row.offer_id) for row in deposits.values()} ^ opened),
        "late told otherwise": sorted((kept_late - told) + (late_of(told) - kept_late)),
        "late accepted": [str(row.pk) for row in deposits.values() if row.at >= opening.at]
        + [str(row.pk) for row in deposits.values() if row.at >= tender.deposit_deadline],
        "files gone": [digest for digest in files if not storage.exists(digest)],
        "errors": [f"{each.upload} {each.status} {each.place}" for each in answers if bad(each)],
    }
    return {
        "answers": dict(statuses),
        "acknowledged": len(acknowledged),
        "opened": len(opened),
        "late": sum(kept_late.values()),
        "opened_after": round((opening.at - tender.deposit_deadline).total_seconds(), 3),
        "seconds": round(seconds, 1),
        "per_second": round(len(answers) / seconds, 1),
        "file_and_deposit": rush.percentiles(each.seconds for each in answers),
        "deposit": rush.percentiles(each.deposit_seconds for each in answers),
        "wrong": {name: found[:5] for name, found in wrong.items() if found},
    }


def late_of(told: Counter) -> Counter:
    """The acknowledgments of late acts."""
    return Counter({place: count for place, count in told.items() if "/offres/" in place})


def bad(answer: Answer) -> bool:
    """Whether an author was answered anything but a receipt or that they were late."""
    return answer.upload >= 500 or answer.status != 302


def main() -> int:
    """Run the trial; exit code 1 when something was lost, let in late, or failed."""
    with tempfile.TemporaryDirectory() as folder:
        alone.start(folder, any_engine=True)
        from django.db import connection

        authors, port = rush.people(AUTHORS), rush.free_port()
        server = rush.serve(folder, port)
        try:
            rush.warm_up(port, authors, SIZE)
            spawn = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(SENDERS, mp_context=spawn) as pool:
                runs = [one_rush(port, pool, authors, run) for run in range(RUNS)]
        finally:
            server.terminate()
            server.wait(30)
        line = {"trial": "deadline_rush", "database": connection.vendor, "runs": runs}
        connection.close()
    passed = not any(run["wrong"] for run in runs)
    print(json.dumps(line | {"passed": passed}))
    return not passed


if __name__ == "__main__":
    sys.exit(main())
