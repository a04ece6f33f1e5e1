"""Trial: in the last ten seconds everybody deposits, and an officer opens at the deadline (T6–T9).

Each author sends a PDF of 200 kB and deposits, 80 at a time, over real HTTP to gunicorn's threads.
Another process asks for the opening until it is let in. Passes when what was acknowledged as
deposited is exactly what opened, what was acknowledged as late is exactly what was kept as late, no
deposit bears a moment at or after the deadline, every file is there under its digest, and no answer
is a server error. Prints one JSON line, with what was measured. DATABASE_URL says which database;
TRIAL_RUNS how often; TRIAL_AUTHORS how many; TRIAL_SECONDS how long before the deadline.
TRIAL_SIZE=small is for the suite.
"""

import http.client
import json
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4


sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from tests.helpers import alone


SMALL = os.environ.get("TRIAL_SIZE") == "small"
AUTHORS, CLIENTS, SIZE = (12, 6, 20_000) if SMALL else (1_000, 80, 200_000)
AUTHORS = int(os.environ.get("TRIAL_AUTHORS", AUTHORS))
SECONDS = float(os.environ.get("TRIAL_SECONDS", "3" if SMALL else "10"))
RUNS = int(os.environ.get("TRIAL_RUNS", "1"))
#: Processes that hold the clients, so that their work is not counted as the server's.
SENDERS = 2
TOKEN = "a" * 32


@dataclass(frozen=True)
class Author:
    """What one client needs to deposit as one organisation."""

    session: str
    acting_as: str
    establishment: str


@dataclass(frozen=True)
class Answer:
    """What one author was answered, how long file and deposit took, and when it was over."""

    acting_as: str
    upload: int
    status: int
    place: str
    seconds: float
    deposit_seconds: float
    ended: float


def people() -> list[Author]:
    """Organisations with one signed-in contact each."""
    from django.test import Client

    from tests.factories import ContactFactory
    from tests.tenders.offers import offer_type

    offer_type()
    found = []
    for _ in range(AUTHORS):
        contact, client = ContactFactory(), Client()
        client.force_login(contact.user)
        session = client.cookies["sessionid"].value
        found.append(Author(session, str(contact.pk), str(contact.establishment_id)))
    return found


def call(authors: list[Author]):
    """A tender that all of them accepted, whose deposits end soon."""
    from django.utils import timezone

    from ilo_cms.directory.models import Contact
    from ilo_cms.tenders.models import Invitation, Participation, Tender
    from tests.tenders.drafts import a_draft

    tender, now = a_draft(), timezone.now()
    keys = [each.acting_as for each in authors]
    rows = Contact.objects.filter(pk__in=keys).values_list("organisation", flat=True)
    accepted = {"invited_at": now, "participation": Participation.ACCEPTED}
    Invitation.objects.bulk_create(
        Invitation(tender=tender, organisation_id=key, **accepted) for key in rows
    )
    moments = {"published_at": now, "questions_deadline": None}
    Tender.objects.filter(pk=tender.pk).update(
        participation_deadline=now - timedelta(seconds=1), **moments
    )
    return tender


def pdf_of(number: int) -> bytes:
    """A PDF of the size of the trial, most of it one picture, unlike any other."""
    from random import Random

    from pypdf.generic import DictionaryObject, NameObject, StreamObject

    from tests.helpers.files import pdf

    def add_picture(writer) -> None:
        picture = StreamObject()
        picture.set_data(Random(number).randbytes(SIZE))
        picture[NameObject("/Filter")] = NameObject("/DCTDecode")
        shown = DictionaryObject({NameObject("/Picture"): writer._add_object(picture)})
        resources = DictionaryObject({NameObject("/XObject"): shown})
        writer.pages[0][NameObject("/Resources")] = resources

    return pdf(add_picture)


def send(port: int, tender: str, author: Author, content: bytes) -> Answer:
    """Send one file, then deposit, as a browser does."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
    cookies = f"sessionid={author.session}; csrftoken={TOKEN}"
    said = {"csrfmiddlewaretoken": TOKEN, "acting_as": author.acting_as}
    page = f"/mises-en-concurrence/{tender}/offre/"

    def post(path: str, body: bytes, media_type: str) -> tuple[int, str]:
        headers = {"Cookie": cookies, "Content-Type": media_type, "X-Requested-With": "upload"}
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        response.read()
        return response.status, response.headers.get("Location", "")

    from tests.helpers.forms import multipart

    began = sent = time.monotonic()
    upload = status = 0
    place = ""
    try:
        body, media_type = multipart(said | {"type": "offre-intervention"}, content)
        upload, _ = post(f"{page}pieces/", body, media_type)
        sent = time.monotonic()
        typed = {"key": str(uuid4()), "price": "1 250,50", "days": "2", "act": "deposit"}
        typed |= {"establishment": author.establishment, "message": ""}
        form = urlencode(said | typed).encode()
        status, place = post(page, form, "application/x-www-form-urlencoded")
    except (OSError, http.client.HTTPException) as error:
        place = repr(error)
    finally:
        connection.close()
    took = time.monotonic() - began
    return Answer(
        author.acting_as, upload, status, place, took, time.monotonic() - sent, time.time()
    )


def share(port: int, tender: str, authors: list[Author], first: int, start: float) -> list[Answer]:
    """Have a share of the authors deposit from one moment on."""
    contents = [pdf_of(first + number) for number in range(len(authors))]
    while time.time() < start:  # all senders begin together
        time.sleep(0.01)
    with ThreadPoolExecutor(CLIENTS // SENDERS) as pool:
        jobs = zip(authors, contents, strict=True)
        return list(pool.map(lambda job: send(port, tender, *job), jobs))


def warm_up(port: int, authors: list[Author]) -> None:
    """Have every process load its code and start its checker before anything is measured."""
    tender = call(authors[:8])
    start = time.time()
    share(port, str(tender.pk), authors[:8], RUNS * AUTHORS, start)


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


def rush(port: int, pool: ProcessPoolExecutor, authors: list[Author], run: int) -> dict:
    """One rush: everybody deposits, the officer opens; what was seen and what is wrong."""
    from ilo_cms.core.clock import database_now
    from ilo_cms.tenders.models import Tender

    tender = call(authors)
    start = time.time() + (2 if SMALL else 20)  # by then the senders have made their files
    deadline = database_now() + timedelta(seconds=start - time.time() + SECONDS)
    Tender.objects.filter(pk=tender.pk).update(deposit_deadline=deadline)
    tender.refresh_from_db()
    size = -(-len(authors) // SENDERS)
    jobs = [
        pool.submit(share, port, str(tender.pk), authors[at : at + size], run * AUTHORS + at, start)
        for at in range(0, len(authors), size)
    ]
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
        "file_and_deposit": percentiles(each.seconds for each in answers),
        "deposit": percentiles(each.deposit_seconds for each in answers),
        "wrong": {name: found[:5] for name, found in wrong.items() if found},
    }


def percentiles(seconds: Iterable[float]) -> dict[str, float]:
    """The middle and the slowest hundredth, in seconds."""
    times = sorted(seconds)
    return {"p50": round(times[len(times) // 2], 2), "p99": round(times[int(len(times) * 0.99)], 2)}


def late_of(told: Counter) -> Counter:
    """The acknowledgments of late acts."""
    return Counter({place: count for place, count in told.items() if "/offres/" in place})


def bad(answer: Answer) -> bool:
    """Whether an author was answered anything but a receipt or that they were late."""
    return answer.upload >= 500 or answer.status != 302


def free_port() -> int:
    """A port that nobody holds."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]


def serve(folder: str, port: int) -> subprocess.Popen:
    """gunicorn as in production: two processes of threads."""
    sized = {"PORT": str(port), "WEB_WORKERS": "2", "WEB_THREADS": "16"}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", "config.wsgi"]
    log = Path(folder, "gunicorn.log").open("w", encoding="utf-8")
    server = subprocess.Popen(
        command, cwd=alone.ROOT, env=os.environ | sized, stdout=log, stderr=log
    )
    for _ in range(600):
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.1)
    raise RuntimeError(Path(folder, "gunicorn.log").read_text(encoding="utf-8")[-3000:])


def main() -> int:
    """Run the trial; exit code 1 when something was lost, let in late, or failed."""
    with tempfile.TemporaryDirectory() as folder:
        alone.start(folder, any_engine=True)
        from django.db import connection

        authors, port = people(), free_port()
        server = serve(folder, port)
        try:
            warm_up(port, authors)
            spawn = multiprocessing.get_context("spawn")
            with ProcessPoolExecutor(SENDERS, mp_context=spawn) as pool:
                runs = [rush(port, pool, authors, run) for run in range(RUNS)]
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
