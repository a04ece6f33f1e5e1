"""Nobody has more than two files checked at once; the others are asked to wait, nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from threading import Barrier
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.cache.backends.redis import RedisCache
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from ilo_cms.audit.models import AuditEvent
from ilo_cms.core.cache import CountingCache
from ilo_cms.documents import services, turns
from ilo_cms.documents.checks import sandbox
from ilo_cms.documents.models import Document
from ilo_cms.documents.turns import TOGETHER, turn
from tests.documents.conftest import kept, upload
from tests.factories import ContactFactory
from tests.helpers import files


pytestmark = pytest.mark.django_db


@pytest.fixture
def marina():
    return ContactFactory(organisation__name="Conseil Sol")


@pytest.fixture
def busy(marina):
    """Every place of Marina's is taken until the test ends, or says so."""
    with ExitStack() as places:
        for _ in range(TOGETHER):
            places.enter_context(turn(marina.user))
        yield places


def test_one_file_too_many_waits_and_passes_afterwards(deposit, marina, store, busy):
    with pytest.raises(ValidationError, match="Un autre de vos fichiers") as caught:
        deposit(marina)
    assert caught.value.code == "busy"
    assert not kept(store) and not Document.objects.exists()
    busy.close()
    assert deposit(marina)[1]


def test_others_do_not_wait_for_it(deposit, busy):
    assert deposit(ContactFactory())[1]


def test_a_refused_file_gives_its_place_back(deposit, marina):
    for _ in range(2 * TOGETHER):
        with pytest.raises(ValidationError, match="est vide"):
            deposit(marina, b"")


def test_the_page_says_it_to_the_script(types, store, marina, busy):
    client = Client()
    client.force_login(marina.user)
    data = {"acting_as": str(marina.pk), "type": "cv", "file": upload(files.pdf(), "cv.pdf")}
    answer = client.post(reverse("record_documents"), data, headers={"X-Requested-With": "upload"})
    assert answer.status_code == 429 and "en cours de vérification" in answer.json()["said"]


def test_of_many_processes_at_once_two_get_a_place(marina, tmp_path, monkeypatch):
    """Each process has a cache object of its own on the one folder."""
    everyone, asked = Barrier(12), Barrier(12)

    def one(_):
        own = CountingCache(str(tmp_path), {})
        everyone.wait()
        got = own.add(f"file-check:{marina.user.pk}:0", True) or own.add(
            f"file-check:{marina.user.pk}:1", True
        )
        asked.wait()
        return got

    with ThreadPoolExecutor(12) as pool:
        assert sum(pool.map(one, range(12))) == TOGETHER
    monkeypatch.setattr(turns, "cache", CountingCache(str(tmp_path), {}))
    with pytest.raises(ValidationError), turn(marina.user):
        pass


def test_what_a_killed_process_held_ends_by_itself(marina, monkeypatch):
    held = []
    monkeypatch.setattr(cache, "add", lambda key, value, timeout: held.append(timeout) or True)
    with turn(marina.user):
        pass
    assert held[0] > sandbox.QUEUE_SECONDS + sandbox.WALL_SECONDS


@pytest.fixture
def no_cache(monkeypatch):
    """A Redis at which nobody answers."""
    monkeypatch.setattr(turns, "cache", RedisCache("redis://127.0.0.1:1", {}))
    monkeypatch.setattr(services, "cache", RedisCache("redis://127.0.0.1:1", {}))


def test_an_outage_of_the_cache_stops_no_upload_and_is_logged(deposit, marina, no_cache, caplog):
    for name in ("cv.pdf", "encore.pdf", "toujours.pdf"):
        deposit(marina, name=name)
    assert Document.objects.exists()
    assert "The cache does not answer" in caplog.text


def test_an_outage_while_a_file_is_checked_loses_nothing_either(marina, monkeypatch, caplog):
    with turn(marina.user):
        monkeypatch.setattr(turns, "cache", RedisCache("redis://127.0.0.1:1", {}))
    assert "stays taken for a while" in caplog.text


def test_what_the_turn_refuses_is_not_taken_for_an_outage(marina, no_cache):
    with pytest.raises(ZeroDivisionError), turn(marina.user):
        raise ZeroDivisionError


def test_a_guess_stays_a_404_without_the_cache(marina, no_cache, caplog):
    client = Client()
    client.force_login(marina.user)
    assert client.get(reverse("document_download", args=[uuid4()])).status_code == 404
    assert AuditEvent.objects.filter(action="document.refused").exists()
    assert "is not counted" in caplog.text


def test_a_check_that_waits_too_long_says_that_none_is_to_be_had(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(files.pdf())
    monkeypatch.setattr(sandbox, "QUEUE_SECONDS", 0)
    with sandbox.one_at_a_time(), pytest.raises(sandbox.UnavailableError):
        sandbox.inspect_apart(path, "pdf", False)
    sandbox.inspect_apart(path, "pdf", False)
