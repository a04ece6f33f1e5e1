"""A small committed world, a folder of its own for the snapshot, and a real Datasette."""

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from types import SimpleNamespace

import httpx
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.test.utils import setup_databases
from django.utils import timezone

from etl.reporting import serve
from etl.reporting.publish import publish
from ilo_cms.accounts.report_cookie import COOKIE, cookie_value
from ilo_cms.directory.models import LegacyValue
from ilo_cms.referentials.models import Skill, SkillGroup
from tests.factories import (
    AssignmentFactory,
    ChangeItemFactory,
    DepartmentFactory,
    EngagementFactory,
    OfficerFactory,
    OrganisationFactory,
)


@pytest.fixture
def snapshot_path(settings, tmp_path):
    """Where this test publishes."""
    settings.SNAPSHOT_PATH = tmp_path / "reports" / "ilo.db"
    return settings.SNAPSHOT_PATH


#: Whose rows the world below makes, directly or through Wagtail's indexes.
FILLED = {"accounts", "audit", "directory", "engagements", "moderation", "referentials"}
INDEXES = {"wagtailcore_referenceindex", "modelsearch_indexentry", "wagtailsearch_indexentry"}


#: The database of the settings, before the suite makes its own: these tests must never touch it.
PRODUCT_DATABASE = connection.settings_dict["NAME"]


def make_world():
    """One of each thing that the reports count."""
    rhone, nord = DepartmentFactory(), DepartmentFactory(nord=True)
    DepartmentFactory(code="38", label="Isère")  # of the same region as the Rhône
    group = SkillGroup.objects.create(code="strategie", label="Projet et stratégie")
    skill = Skill.objects.create(code="projet", label="Projet stratégique", group=group)
    officer = OfficerFactory(
        user__last_name="Officiercanari",
        user__first_name="Claudecanari",
        user__email="officier-canari@exemple.example",
        phone="+33472999901",
        operator__name="DLA du Rhône",
    )
    engagement = EngagementFactory(officer=officer, territory=rhone)
    assignment = AssignmentFactory(
        engagement=engagement,
        skill=skill,
        amount="5400.50",
        contact__phone="+33612999902",
        contact__user__last_name="Contactcanari",
        contact__user__first_name="Prénomcanari",
        contact__user__email="contact-canari@exemple.example",
        contact__organisation__name="Cabinet Canari",
        contact__organisation__referent=officer,
        contact__organisation__confirmed_at=timezone.now(),
        contact__establishment__phone="+33472999903",
        contact__establishment__email="lieu-canari@exemple.example",
        contact__establishment__department=rhone,
    )
    provider = assignment.provider
    provider.skills.add(skill)
    provider.territories.add(rhone.region, rhone)
    LegacyValue.objects.create(
        organisation=provider, kind="other", label="Ancienne valeur Nomcanari"
    )
    item = ChangeItemFactory(
        request__contact=assignment.contact, new="Valeur demandée Canari", new_label="Libellécanari"
    )
    OrganisationFactory(unsynchronised=True)
    return SimpleNamespace(
        rhone=rhone, nord=nord, officer=officer, provider=provider, assignment=assignment, item=item
    )


def empty():
    """Delete what the world made. Keys are checked at the end, so the order does not matter.

    A flush would also take the rows that migrations made, and with --reuse-db for good.
    """
    if connection.settings_dict["NAME"] == PRODUCT_DATABASE:
        raise RuntimeError(f"Refusing to empty {PRODUCT_DATABASE}: it is not the suite's database.")
    models = apps.get_models(include_auto_created=True)
    tables = {model._meta.db_table for model in models if model._meta.app_label in FILLED}
    tables |= INDEXES & set(connection.introspection.table_names())
    with transaction.atomic(), connection.cursor() as cursor:
        for table in sorted(tables):
            cursor.execute(f'DELETE FROM "{table}"')  # noqa: S608 (names of our own models)


@contextmanager
def committed_world(blocker):
    """The world, committed: the build reads it through a connection of its own."""
    with blocker.unblock():
        empty()
        try:
            yield make_world()
        finally:
            empty()


@pytest.fixture(scope="session")
def suite_database(django_db_setup, django_db_blocker, django_db_keepdb, django_db_createdb):
    """The suite's database. pytest-django makes it only if some chosen test uses `db`."""
    if connection.settings_dict["NAME"] == PRODUCT_DATABASE:
        with django_db_blocker.unblock():
            setup_databases(
                verbosity=0,
                interactive=False,
                aliases={"default"},
                keepdb=django_db_keepdb and not django_db_createdb,
            )


@pytest.fixture
def world(suite_database, django_db_blocker):
    """The world, for one test."""
    with committed_world(django_db_blocker) as made:
        yield made


def cookies(role="analyst", now=None):
    """What Django gives to a person who may read the reports."""
    moment = timezone.now() if now is None else now
    return {COOKIE: cookie_value("b0e0", role, moment, settings.DATA_COOKIE_KEY)}


@contextmanager
def running():
    """The real server on the snapshot of the settings, at a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    process = subprocess.Popen(
        serve.command(port),
        env=os.environ | serve.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        wait_until_up(process, address)
        yield SimpleNamespace(address=address, process=process)
    finally:
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture(scope="module")
def server(suite_database, django_db_blocker, tmp_path_factory):
    """Datasette on a snapshot of the world that no test changes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "SNAPSHOT_PATH", tmp_path_factory.mktemp("reports") / "ilo.db")
        with committed_world(django_db_blocker):
            publish()
        with running() as started:
            yield started


def wait_until_up(process, address):
    """Wait for the server's first answer, for at most a minute; fail with its words if it died."""
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"Datasette stopped: {process.stdout.read()}")
        try:
            httpx.get(f"{address}/data/static/ilo-data.css")
            return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail("Datasette did not answer within a minute.")
