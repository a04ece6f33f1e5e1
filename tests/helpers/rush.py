"""Many authors deposit at once over real HTTP: what the trials and the benchmark of rushes share.

The clients live in processes of their own (`share` runs in a spawned one), so that their work is
not counted as the server's. Import `tests.helpers.alone` first: it says where Django is.
"""

import http.client
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode
from uuid import uuid4

from tests.helpers import alone
from tests.helpers.forms import multipart


#: A token of CSRF as cookie and field.
TOKEN = "a" * 32
#: A call of warm-up takes its contents from here on, so that no later one sends them again.
ASIDE = 1_000_000


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


def people(count: int) -> list[Author]:
    """Organisations with one signed-in contact each."""
    from django.test import Client

    from tests.factories import ContactFactory
    from tests.tenders.offers import offer_type

    offer_type()
    found = []
    for _ in range(count):
        contact, client = ContactFactory(), Client()
        client.force_login(contact.user)
        session = client.cookies["sessionid"].value
        found.append(Author(session, str(contact.pk), str(contact.establishment_id)))
    return found


def call(authors: list[Author]):
    """A tender that all of them accepted, whose deposits are open."""
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


def pdf_of(number: int, size: int) -> bytes:
    """A PDF of this many bytes, most of it one picture, unlike that of any other number."""
    from random import Random

    from pypdf.generic import DictionaryObject, NameObject, StreamObject

    from tests.helpers.files import pdf

    def add_picture(writer) -> None:
        picture = StreamObject()
        picture.set_data(Random(number).randbytes(size))
        picture[NameObject("/Filter")] = NameObject("/DCTDecode")
        shown = DictionaryObject({NameObject("/Picture"): writer._add_object(picture)})
        resources = DictionaryObject({NameObject("/XObject"): shown})
        writer.pages[0][NameObject("/Resources")] = resources

    return pdf(add_picture)


class Browser:
    """One author's connection to the page of their offer."""

    def __init__(self, port: int, tender: str, author: Author) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
        self.page = f"/mises-en-concurrence/{tender}/offre/"
        self.author = author

    def post(self, path: str, body: bytes, media_type: str) -> tuple[int, str]:
        """The status of the answer, and where it sends to."""
        cookies = f"sessionid={self.author.session}; csrftoken={TOKEN}"
        headers = {"Cookie": cookies, "Content-Type": media_type, "X-Requested-With": "upload"}
        self.connection.request("POST", path, body, headers)
        response = self.connection.getresponse()
        response.read()
        return response.status, response.headers.get("Location", "")

    def said(self, **fields: str) -> dict[str, str]:
        """Fields of a form with those that every form has."""
        return {"csrfmiddlewaretoken": TOKEN, "acting_as": self.author.acting_as} | fields

    def upload(self, content: bytes) -> int:
        """Put a file into the draft; the status."""
        body, media_type = multipart(self.said(type="offre-intervention"), content)
        return self.post(f"{self.page}pieces/", body, media_type)[0]

    def deposit(self) -> tuple[int, str]:
        """Deposit the draft, as a browser does."""
        typed = {"key": str(uuid4()), "price": "1 250,50", "days": "2", "act": "deposit"}
        typed |= {"establishment": self.author.establishment, "message": ""}
        form = urlencode(self.said(**typed)).encode()
        return self.post(self.page, form, "application/x-www-form-urlencoded")


def send(port: int, tender: str, author: Author, content: bytes) -> Answer:
    """Send one file unless it is empty, then deposit."""
    began = sent = time.monotonic()
    upload = status = 0
    browser = Browser(port, tender, author)
    try:
        if content:
            upload = browser.upload(content)
        sent = time.monotonic()
        status, place = browser.deposit()
    except (OSError, http.client.HTTPException) as error:
        place = repr(error)
    finally:
        browser.connection.close()
    ended = time.monotonic()
    return Answer(author.acting_as, upload, status, place, ended - began, ended - sent, time.time())


@dataclass(frozen=True)
class Share:
    """The part of a rush that one process of clients takes.

    Each of `authors` deposits by `act`, `clients` at a time, from the moment `start` on (seconds
    since the epoch), with a PDF of `size` bytes of its own; none when this is 0.
    """

    port: int
    tender: str
    authors: list[Author]
    first: int
    clients: int
    size: int
    start: float = 0
    act: Callable[[int, str, Author, bytes], Answer] = send


def run_share(share: Share) -> list[Answer]:
    """Have a share of the authors deposit."""
    numbers = range(share.first, share.first + len(share.authors))
    contents = [pdf_of(number, share.size) if share.size else b"" for number in numbers]
    while time.time() < share.start:  # all shares begin together
        time.sleep(0.01)
    with ThreadPoolExecutor(share.clients) as pool:
        jobs = zip(share.authors, contents, strict=True)
        return list(pool.map(lambda job: share.act(share.port, share.tender, *job), jobs))


def warm_up(port: int, authors: list[Author], size: int) -> None:
    """Have every process load its code and start its checker before anything is measured."""
    few = authors[:8]
    run_share(Share(port, str(call(few).pk), few, first=ASIDE, clients=8, size=size))


def percentiles(seconds: Iterable[float]) -> dict[str, float]:
    """The middle and the slowest hundredth, in seconds."""
    times = sorted(seconds)
    return {"p50": round(times[len(times) // 2], 2), "p99": round(times[int(len(times) * 0.99)], 2)}


def free_port() -> int:
    """A port that nobody holds."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]


def serve(folder: str, port: int, application: str = "config.wsgi") -> subprocess.Popen:
    """gunicorn as in production, a process for each of two processors."""
    sized = {"PORT": str(port), "WEB_WORKERS": "2"}
    command = [sys.executable, "-m", "gunicorn", "-c", "gunicorn.conf.py", application]
    log = Path(folder, "gunicorn.log").open("a", encoding="utf-8")
    server = subprocess.Popen(
        command, cwd=alone.ROOT, env=os.environ | sized, stdout=log, stderr=log
    )
    for _ in range(600):
        with socket.socket() as caller:
            if caller.connect_ex(("127.0.0.1", port)) == 0:
                return server
        time.sleep(0.1)
    raise RuntimeError(Path(folder, "gunicorn.log").read_text(encoding="utf-8")[-3000:])
