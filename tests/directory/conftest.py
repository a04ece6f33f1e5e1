"""Marina, whose records these tests change, and who changes them."""

import pytest

from tests.factories import ContactFactory, OrganisationFactory
from tests.helpers.intranet import an_officer


@pytest.fixture
def contact():
    return ContactFactory(
        user__first_name="Marina", user__last_name="Roche", organisation__name="Atelier Rhizome"
    )


@pytest.fixture
def sol():
    """Where Marina goes: an organisation with one place in Lyon and a contact."""
    organisation = OrganisationFactory(name="Conseil Sol")
    ContactFactory(organisation=organisation, user__last_name="Collègue")
    return organisation


@pytest.fixture
def officer():
    return an_officer()
