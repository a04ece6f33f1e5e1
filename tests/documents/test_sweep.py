"""The sweep takes what nothing names, and nothing else, however it meets a deposit."""

import os
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from ilo_cms.documents import storage, sweeping
from ilo_cms.documents.services import withdraw
from ilo_cms.documents.sweeping import Swept, sweep
from tests.documents.conftest import kept
from tests.factories import ContactFactory
from tests.helpers import files


pytestmark = pytest.mark.django_db


@pytest.fixture
def marina():
    return ContactFactory()


def orphan(content: bytes) -> str:
    """A content that no row names."""
    with storage.received([content], 1000) as incoming:
        storage.keep(incoming)
    return incoming.digest


def age(store: Path, days: float) -> None:
    """Make every file of the storage so old."""
    moment = (timezone.now() - timedelta(days=days)).timestamp()
    for path in kept(store):
        os.utime(path, (moment, moment))


def test_an_old_orphan_goes_and_a_named_file_stays(deposit, marina, store):
    document, _ = deposit(marina)
    orphan(b"old")
    age(store, 2)
    assert sweep() == Swept(orphans=1, half_arrived=0)
    assert [path.name for path in kept(store)] == [document.digest]


def test_the_files_of_replaced_and_withdrawn_rows_stay(deposit, marina, store):
    first, _ = deposit(marina)
    second, _ = deposit(marina, files.pdf(pages=2), replaces=first)
    withdraw(document=second, acting_user=marina.user, acting_as=marina)
    age(store, 400)
    assert sweep().orphans == 0 and len(kept(store)) == 2


def test_a_young_orphan_may_be_a_deposit_that_has_not_ended(store):
    orphan(b"en cours")
    age(store, 0.9)
    assert sweep() == Swept(0, 0) and len(kept(store)) == 1


def test_what_a_killed_process_left_goes_after_a_day(store):
    half = storage.incoming_folder() / "arrivée-x"
    half.write_bytes(b"moit")
    assert sweep() == Swept(0, 0)
    age(store, 2)
    assert sweep() == Swept(0, 1) and not kept(store)


def test_an_empty_storage_has_nothing_to_sweep(store):
    assert sweep() == Swept(0, 0)


def test_a_content_deposited_while_the_sweep_runs_stays(deposit, marina, store, monkeypatch):
    orphan(files.pdf())
    age(store, 2)
    real = sweeping.unnamed

    def then_a_deposit():
        for digest in real():
            deposit(marina, files.pdf())
            age(store, 2)  # so that its row alone speaks for it
            yield digest

    monkeypatch.setattr(sweeping, "unnamed", then_a_deposit)
    assert sweep().orphans == 0 and len(kept(store)) == 1


def test_a_content_made_young_again_stays_until_its_row_comes(store, monkeypatch):
    orphan(b"contenu")
    age(store, 2)
    real = sweeping.unnamed

    def then_an_arrival():
        for digest in real():
            orphan(b"contenu")
            yield digest

    monkeypatch.setattr(sweeping, "unnamed", then_an_arrival)
    assert sweep().orphans == 0 and len(kept(store)) == 1


def test_the_command_says_what_it_removed(store):
    orphan(b"x")
    age(store, 2)
    out = StringIO()
    call_command("documents", "sweep", stdout=out)
    assert out.getvalue().strip() == "1 orphans and 0 half-arrived files removed"


def test_what_an_administrator_left_there_stays_and_stops_nothing(store):
    orphan(b"old")
    for folder in ("00", "zz"):
        (store / "documents" / folder).mkdir()
        (store / "documents" / folder / "notes.txt").write_text("à garder")
    age(store, 2)
    assert sweep() == Swept(orphans=1, half_arrived=0)
    assert {path.name for path in kept(store)} == {"notes.txt"}


def test_an_orphan_that_another_sweep_has_taken_stops_nothing(store, monkeypatch):
    digest = orphan(b"old")
    monkeypatch.setattr(storage, "contents", lambda: iter([digest, "a" * 64]))
    age(store, 2)
    assert sweep() == Swept(orphans=1, half_arrived=0)
