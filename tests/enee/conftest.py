"""One load of the sample export, shared by the tests that only read; others roll back."""

import json
from collections.abc import Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.db import transaction

from etl.enee.load import load
from etl.enee.models import Run


EXPORT = settings.FIXTURES / "enee"


@pytest.fixture(scope="session")
def export() -> Path:
    """The sample export of the repository."""
    return EXPORT


@pytest.fixture(scope="session")
def faults(export: Path) -> list[dict]:
    """What was damaged in it, and how each row must end."""
    return json.loads((export / "faults.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def references(django_db_setup: None, django_db_blocker) -> Iterator[None]:
    """The reference lists, for one module of tests marked django_db; all of it is rolled back."""
    with django_db_blocker.unblock(), transaction.atomic():
        call_command("load_referentials", stdout=StringIO())
        yield
        transaction.set_rollback(True)


@pytest.fixture(scope="module")
def loaded(references: None, export: Path) -> Run:
    """The sample export, loaded once for the module."""
    return load(export)
