"""Whose turn it is to write on SQLite, which has one writer and no queue.

There a writer that finds the file taken sleeps and asks again: in a rush the processors idle, and
some writers never get it before they give up. PostgreSQL has queues of its own.
"""

import fcntl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from django.db import connection, transaction


Parameters = ParamSpec("Parameters")
Answer = TypeVar("Answer")

#: Where the threads of a process wait for each other.
_threads = threading.Lock()


@contextmanager
def in_turn() -> Iterator[None]:
    """Wait for the other writers of this database, of this process and of others.

    A transaction that is open already has the file and does not wait here. Whoever dies gives the
    turn back.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    with _threads, processes():
        yield


@contextmanager
def processes() -> Iterator[None]:
    """Wait for the other processes that write to the same file; a database in memory has none."""
    database = Path(str(connection.settings_dict["NAME"]))
    if not database.is_file():
        yield
        return
    with database.with_name(f"{database.name}-turn").open("w") as queue:
        fcntl.flock(queue, fcntl.LOCK_EX)
        yield


def atomic_in_turn(service: Callable[Parameters, Answer]) -> Callable[Parameters, Answer]:
    """Run a service in one transaction, once it is its turn."""

    @wraps(service)
    def wrapper(*args: Parameters.args, **kwargs: Parameters.kwargs) -> Answer:
        with in_turn(), transaction.atomic():
            return service(*args, **kwargs)

    return wrapper
