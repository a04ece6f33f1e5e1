"""The officer who asks for the intranet's pages of tenders, and their engagement."""

import pytest

from tests.documents.conftest import types  # noqa: F401
from tests.factories import EngagementFactory
from tests.helpers.intranet import an_officer, as_


@pytest.fixture
def officer(wired):
    """The user of an officer."""
    return an_officer()


@pytest.fixture
def engagement(officer):
    """An engagement that they run."""
    return EngagementFactory(officer=officer.officer)


@pytest.fixture
def browser(officer):
    """A client signed in as them."""
    return as_(officer)
