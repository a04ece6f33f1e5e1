"""The database's clock decides, whatever this process believes (DESIGN decision 7)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from ilo_cms.core.clock import database_now


pytestmark = pytest.mark.django_db


def test_the_clock_is_aware_and_in_utc():
    assert database_now().tzinfo is UTC


@pytest.mark.parametrize("wrong", [timedelta(seconds=-300), timedelta(seconds=300)])
def test_a_process_whose_clock_is_wrong_is_not_believed(wrong):
    before = database_now()
    with time_machine.travel(datetime.now(UTC) + wrong, tick=False):
        seen = database_now()
    assert before <= seen <= database_now()


def test_the_clock_goes_on_inside_a_transaction(transactional_db):
    first = database_now()
    assert any(database_now() > first for _ in range(100_000))
