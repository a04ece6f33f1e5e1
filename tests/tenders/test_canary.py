"""A canary in every field and file of a sealed offer: no row but its own sings (SPEC T9).

What every role hears at every address is asked by tests/trials/trial_canary.py.
"""

import pytest

from ilo_cms.tenders.models import Deposit
from tests.factories import ContactFactory
from tests.tenders.canary import OWN_TABLES, an_offer, singing_tables
from tests.tenders.offers import in_deposit


pytestmark = pytest.mark.django_db


def test_no_row_but_those_of_offers_and_files_holds_it(wired):
    """What the log, notices, mails and every other table keep before the opening."""
    provider = ContactFactory()
    an_offer(in_deposit(provider), provider, 1)
    assert singing_tables() == OWN_TABLES
    assert Deposit.objects.count() == 3  # the confirmation had nothing to confirm
