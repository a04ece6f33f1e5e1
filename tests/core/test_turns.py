"""Writers of SQLite queue, whichever process they are of."""

import fcntl
from pathlib import Path

import pytest
from django.db import connection, transaction

from ilo_cms.core.turns import in_turn


pytestmark = pytest.mark.django_db(transaction=True)


def is_taken() -> bool:
    """Whether another process would wait now."""
    queue = Path(f"{connection.settings_dict['NAME']}-turn")
    if not queue.exists():
        return False
    with queue.open("w") as place:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False


def test_other_processes_wait_on_sqlite_and_only_there():
    with in_turn():
        assert is_taken() == (connection.vendor == "sqlite")


def test_the_turn_is_given_back_whatever_happens():
    with pytest.raises(RuntimeError), in_turn():
        raise RuntimeError
    assert not is_taken()


def test_an_open_transaction_has_the_file_and_waits_for_nobody():
    with transaction.atomic(), in_turn():
        assert not is_taken()
