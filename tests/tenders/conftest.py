"""A private place for the files of tenders and offers, and the people of their tests."""

from pathlib import Path

import pytest

from ilo_cms.accounts.models import User
from ilo_cms.directory.models import Contact
from tests.factories import ContactFactory
from tests.helpers.intranet import an_officer


@pytest.fixture(autouse=True)
def store(tmp_path: Path, settings) -> Path:
    """The storage of this test alone."""
    place = tmp_path / "files"
    options = {"location": place, "base_url": None}
    default = settings.STORAGES["default"] | {"OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"default": default}
    return place


@pytest.fixture
def claire(wired) -> User:
    """An officer who runs tenders."""
    return an_officer()


@pytest.fixture
def samira(claire) -> User:
    """A colleague of Claire's."""
    return an_officer(
        operator=claire.officer.operator, user__first_name="Samira", user__last_name="Benali"
    )


@pytest.fixture
def marina() -> Contact:
    """A provider's contact."""
    return ContactFactory()
