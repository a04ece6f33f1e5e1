"""A plain rush: 1,000 authors deposit with a file of 200 kB, 80 at a time, over real HTTP (T7).

Beside it the same gunicorn takes the same files raw (`raw_deposits`): no session, no check, no
lock, no receipt. Two lines: file and deposit together, as in the last minute; the deposit alone of
drafts whose files were sent as soon as they were chosen, as the page does. Both are durable before
the answer. `ours` is deposits a second. `DATABASE_URL` chooses the database, else SQLite.
"""

import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone, rush
from tests.helpers.forms import multipart
from tests.helpers.rush import Answer, Author, Share


SMALL = os.environ.get("BENCH_SIZE") == "small"
AUTHORS, CLIENTS, SIZE = (8, 4, 20_000) if SMALL else (1_000, 80, 200_000)
SENDERS = 2
#: The most that the slowest hundredth of deposits may wait, in seconds.
LIMIT = 3.5


def send_raw(port: int, tender: str, author: Author, content: bytes) -> Answer:
    """Send the file to the raw application."""
    browser = rush.Browser(port, tender, author)
    return answered(author, lambda: browser.post("/", *multipart({}, content))[0])


def send_file(port: int, tender: str, author: Author, content: bytes) -> Answer:
    """Put the file into the draft of an offer."""
    browser = rush.Browser(port, tender, author)
    return answered(author, lambda: browser.upload(content))


def answered(author: Author, ask: Callable[[], int]) -> Answer:
    """What one request was answered, and its seconds."""
    began = time.monotonic()
    status = ask()
    took = time.monotonic() - began
    return Answer(author.acting_as, status, status, "", took, took, time.time())


def measured(port: int, tender: str, authors: list[Author], **said) -> tuple[float, dict]:
    """Deposits a second, and the seconds that one waits. Raises SystemExit on any other answer."""
    start = time.time() + (2 if SMALL else 20)  # by then the clients have made their files
    size = -(-len(authors) // SENDERS)
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(SENDERS, mp_context=spawn) as pool:
        jobs = [
            pool.submit(
                rush.run_share,
                Share(
                    port,
                    tender,
                    authors[at : at + size],
                    first=at,
                    clients=CLIENTS // SENDERS,
                    start=start,
                    **said,
                ),
            )
            for at in range(0, len(authors), size)
        ]
        answers = [answer for job in jobs for answer in job.result()]
    if odd := [each for each in answers if each.status not in {200, 201, 302}]:
        raise SystemExit(f"bench_deadline_rush: {len(odd)} were refused, as {odd[0]}")
    seconds = max(each.ended for each in answers) - start
    return len(answers) / seconds, rush.percentiles(each.seconds for each in answers)


def raw(folder: str, authors: list[Author]) -> float:
    """Files a second that the same server keeps without the platform."""
    port = rush.free_port()
    server = rush.serve(folder, port, "tests.bench.raw_deposits")
    try:
        measured(port, "", authors[:8], size=SIZE, act=send_raw)
        return measured(port, "", authors, size=SIZE, act=send_raw)[0]
    finally:
        server.terminate()
        server.wait(30)


def line(name: str, rate: float, waits: dict, limit: float) -> None:
    """Print what was measured as one line of JSON."""
    row = {
        "name": f"{name}: p50 {waits['p50']} s, p99 {waits['p99']} s",
        "ours": round(rate, 1),
        "peer": round(limit, 1),
        "limit": round(limit, 1),
        "unit": "1/s",
        "ratio_to_peer": round(rate / limit, 3),
        "ratio_to_limit": round(rate / limit, 3),
        "aim": f"p99 at most {LIMIT} s for {CLIENTS} at once",
        "met": waits["p99"] <= LIMIT,
    }
    sys.stdout.write(json.dumps(row, ensure_ascii=False) + "\n")


def main() -> None:
    """Print two lines of JSON."""
    with tempfile.TemporaryDirectory() as folder:
        alone.start(folder, any_engine=True)
        from django.db import connection

        authors = rush.people(AUTHORS)
        limit = raw(folder, authors)
        port = rush.free_port()
        server = rush.serve(folder, port)
        try:
            rush.warm_up(port, authors, SIZE)
            together = measured(port, str(rush.call(authors).pk), authors, size=SIZE)
            tender = rush.call(authors)
            measured(port, str(tender.pk), authors, size=SIZE, act=send_file)
            alone_ = measured(port, str(tender.pk), authors, size=0)
        finally:
            server.terminate()
            server.wait(30)
        line(f"file and deposit ({connection.vendor})", *together, limit)
        line(f"deposit alone ({connection.vendor})", *alone_, limit)
        connection.close()


if __name__ == "__main__":
    main()
