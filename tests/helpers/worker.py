"""The worker, run by hand: tests queue tasks and nobody takes them unless asked."""

from unittest.mock import patch

from huey.contrib import djhuey


def work() -> int:
    """Run every task that waits, on the test's own connection; returns how many ran."""
    done = 0
    with patch.object(djhuey, "close_old_connections"):
        while (task := djhuey.HUEY.dequeue()) is not None:
            djhuey.HUEY.execute(task)
            done += 1
    return done
