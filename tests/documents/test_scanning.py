"""The antivirus: a small clamd on a real socket, its verdicts, its faults (SPEC D2)."""

import io
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from ilo_cms.audit.models import AuditEvent
from ilo_cms.documents import clamav, scanning, storage, tasks
from ilo_cms.documents.models import Document, Scan
from ilo_cms.notifications.models import Notification
from tests.factories import ContactFactory, UserFactory
from tests.helpers import files


pytestmark = pytest.mark.django_db

EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def receive(link: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (piece := link.recv(size - len(data))):
        data += piece
    return data


def obey(link: socket.socket, answer: bytes | None) -> None:
    """One conversation as clamd holds it; the answer given, or the one that the content earns."""
    assert receive(link, 10) == b"zINSTREAM\0"
    content = b""
    while length := struct.unpack(">I", receive(link, 4))[0]:
        content += receive(link, length)
    found = b"stream: Eicar-Test-Signature FOUND\0" if EICAR in content else b"stream: OK\0"
    link.sendall(found if answer is None else answer)


@contextmanager
def clamd(settings, family=socket.AF_INET, at=("127.0.0.1", 0), answer=None) -> Iterator[None]:
    """A clamd in a thread, to which CLAMD_URL points."""
    with socket.socket(family, socket.SOCK_STREAM) as server:
        server.bind(at)
        server.listen()
        server.settimeout(0.05)  # between two looks at `ended`
        where = server.getsockname()
        unix = family == socket.AF_UNIX
        settings.CLAMD_URL = f"unix://{where}" if unix else f"tcp://127.0.0.1:{where[1]}"
        ended = threading.Event()

        def serve() -> None:
            while not ended.is_set():
                try:
                    link, _ = server.accept()
                except TimeoutError:
                    continue
                with link:
                    link.settimeout(20)
                    try:
                        obey(link, answer)
                    except (OSError, struct.error, AssertionError):
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


@pytest.fixture
def outage(settings):
    """CLAMD_URL is set and nobody listens there."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        settings.CLAMD_URL = f"tcp://127.0.0.1:{taken.getsockname()[1]}"
        yield


@pytest.fixture
def waiting(deposit, outage) -> Document:
    """A file deposited while clamd is out."""
    return deposit(ContactFactory(organisation__name="Conseil Sol"))[0]


def state(document: Document) -> str:
    return Document.objects.get(pk=document.pk).scan


def test_over_tcp_and_over_a_unix_socket(settings, tmp_path):
    for family, at in (
        (socket.AF_INET, ("127.0.0.1", 0)),
        (socket.AF_UNIX, str(tmp_path / "clamd.ctl")),
    ):
        with clamd(settings, family, at):
            assert clamav.scan(io.BytesIO(b"x" * 300_000)) == (clamav.Verdict.CLEAN, "")
            verdict, words = clamav.scan(io.BytesIO(EICAR))
            assert (verdict, words) == (clamav.Verdict.INFECTED, "Eicar-Test-Signature")


def test_without_clamd_a_file_says_that_nothing_scanned_it(deposit):
    document, _ = deposit(ContactFactory())
    assert document.scan == Scan.UNSCANNED
    assert document.get_scan_display() == "vérifié, sans antivirus"


def test_an_outage_loses_nothing_and_the_next_round_ends_it(waiting, settings):
    assert state(waiting) == Scan.PENDING
    assert scanning.scan_waiting() == 0 and state(waiting) == Scan.PENDING
    with clamd(settings):
        assert scanning.scan_waiting() == 1
    assert state(waiting) == Scan.SAFE and storage.exists(waiting.digest)


def test_a_deposit_wakes_the_worker_once_it_is_committed(
    deposit, outage, django_capture_on_commit_callbacks, monkeypatch
):
    woken = []
    monkeypatch.setattr("ilo_cms.documents.services.scan_soon", lambda: woken.append(True))
    with django_capture_on_commit_callbacks(execute=True):
        deposit(ContactFactory())
    assert woken == [True]


def test_an_infected_file_is_told_to_administrators_once(waiting, settings, monkeypatch):
    administrator = UserFactory(administrator=True)
    UserFactory()
    monkeypatch.setattr(storage, "open_content", lambda digest: io.BytesIO(EICAR))
    with clamd(settings):
        scanning.scan_waiting()
        scanning.scan_waiting()
    assert state(waiting) == Scan.INFECTED
    notice = Notification.objects.get()
    assert notice.recipient == administrator
    assert "Conseil Sol" in notice.text and "Eicar" in notice.text
    assert AuditEvent.objects.filter(action="document.infected").count() == 1


@pytest.mark.parametrize("answer", [b"INSTREAM size limit exceeded. ERROR\0", b"stream: ? ERROR\0"])
def test_a_file_that_clamd_cannot_scan_is_tried_again_the_next_day(waiting, settings, answer):
    with clamd(settings, answer=answer):
        scanning.scan_waiting()
    assert state(waiting) == Scan.ERROR
    with clamd(settings):
        assert scanning.scan_waiting() == 0
        yesterday = timezone.now() - timedelta(days=1, minutes=1)
        Document.objects.update(scanned_at=yesterday)
        assert scanning.scan_waiting() == 1
    assert state(waiting) == Scan.SAFE


def test_a_clamd_that_hangs_up_is_an_outage(waiting, settings):
    with clamd(settings, answer=b""):
        with pytest.raises(clamav.OutageError):
            clamav.scan(io.BytesIO(b"x"))
        scanning.scan_waiting()
    assert state(waiting) == Scan.PENDING


def test_a_lost_content_is_an_error_and_not_a_loop(waiting, settings):
    storage.remove(waiting.digest)
    with clamd(settings):
        scanning.scan_waiting()
    assert state(waiting) == Scan.ERROR


def test_a_verdict_that_comes_twice_is_written_once(waiting):
    for scan in (Scan.SAFE, Scan.INFECTED):
        scanning.store_verdict(document_id=waiting.pk, scan=scan, words="")
    assert state(waiting) == Scan.SAFE and not Notification.objects.exists()


def test_turning_the_antivirus_off_frees_what_waited(waiting, settings):
    settings.CLAMD_URL = ""
    assert scanning.scan_waiting() == 1 and state(waiting) == Scan.UNSCANNED


def test_the_command_scans_what_was_deposited_before(deposit, settings, types):
    document, _ = deposit(ContactFactory())
    with pytest.raises(CommandError):
        call_command("documents", "scan")
    with clamd(settings):
        call_command("documents", "scan")
    assert state(document) == Scan.SAFE


def test_the_worker_s_tasks_call_the_services(waiting, store):
    tasks.scan_soon.call_local()
    tasks.scan_round.call_local()
    tasks.sweep_files.call_local()
    assert state(waiting) == Scan.PENDING


def test_a_file_that_breaks_clamd_does_not_keep_the_others_waiting(
    waiting, settings, deposit, monkeypatch
):
    later, _ = deposit(ContactFactory(), files.pdf(pages=2))
    Document.objects.filter(pk=later.pk).update(created_at=timezone.now() + timedelta(minutes=1))
    scan = clamav.scan

    def broken_by_the_first(content):
        if storage.name_of(waiting.digest) in content.name:
            raise clamav.OutageError("clamd closed the connection without an answer.")
        return scan(content)

    monkeypatch.setattr(clamav, "scan", broken_by_the_first)
    with clamd(settings):
        scanning.scan_waiting()
        scanning.scan_waiting()
    assert (state(waiting), state(later)) == (Scan.PENDING, Scan.SAFE)
