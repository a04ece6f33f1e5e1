"""Fixtures of the whole suite: strict templates, no network, tasks that run only when asked."""

import gc
import os
import shutil
import socket
from pathlib import Path

import hypothesis
import pytest
from django.db import connection
from django.test import Client, TransactionTestCase

from ilo_cms.desk.management.commands.setup_ilo import wire
from tests.helpers import alone
from tests.helpers.browser import browser  # noqa: F401  a fixture


# Playwright's synchronous interface keeps an event loop running in this thread for the rest of the
# run; no database call of ours is made from a coroutine.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# Speed is measured in `make bench`, never asserted: a slow machine must not fail a property test.
hypothesis.settings.register_profile(
    "ilo", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("ilo")


#: Asked for by what touches the suite's database.
DATABASE_FIXTURES = {"db", "transactional_db", "django_db_setup"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what says the same on every database: SQLite's run and PostgreSQL's leave it to a third.

    The database itself is closed to a test that does not ask for it, so none is marked by mistake.
    """
    for item in items:
        asks = item.get_closest_marker("django_db") or DATABASE_FIXTURES & set(item.fixturenames)
        asks = asks or issubclass(item.cls or object, TransactionTestCase)
        if not asks and not item.get_closest_marker("e2e"):
            item.add_marker("own_database")


def pytest_collection_finish() -> None:
    """Spare the garbage collector what stays for the whole run: it took a sixth of the suite."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """A test that reaches for another host fails at once."""
    connect = socket.socket.connect

    def guarded(self, address):
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in (
            "127.0.0.1",
            "::1",
            "localhost",
        ):
            raise AssertionError(f"A test tried to reach {address}.")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def fresh_caches():
    """Rate limits counted by one test do not refuse the next."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory) -> Path:
    """A SQLite file with all tables and no row; what runs beside the suite takes a copy."""
    return alone.make_empty(tmp_path_factory.mktemp("empty"))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """The suite's SQLite begins as a copy of the empty one, which walks need too: one migration."""
    if connection.vendor == "sqlite":
        database = Path(connection.settings_dict["TEST"]["NAME"])
        if not database.exists():
            shutil.copyfile(request.getfixturevalue("empty_database"), database)


@pytest.fixture(autouse=True)
def unindexed(settings) -> None:
    """Wagtail's tasks are forgotten, which index each row that is saved: few tests search."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.dummy.DummyBackend"}}


@pytest.fixture
def indexed(unindexed, settings) -> None:
    """What is saved is found by search at once, as on a real site."""
    settings.TASKS = {"default": {"BACKEND": "django_tasks.backends.immediate.ImmediateBackend"}}


@pytest.fixture
def wired(db):
    """Groups, permissions and the moderation workflow, as a real site has them."""
    wire()


@pytest.fixture
def sign_in(client: Client):
    """Sign a person in, acting for one of their contacts if given; returns the client."""

    def _sign_in(user, contact=None) -> Client:
        client.force_login(user)
        if contact is not None:
            session = client.session
            session["contact_id"] = str(contact.pk)
            session.save()
        return client

    return _sign_in
