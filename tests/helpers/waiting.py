"""Waiting for something that another process does: polling with a limit, never a fixed sleep."""

import time
from collections.abc import Callable
from typing import TypeVar


Answer = TypeVar("Answer")


def wait_until(probe: Callable[[], Answer], what: str, seconds: float = 20) -> Answer:
    """The first true answer of `probe`; AssertionError naming `what` when none comes in time."""
    limit = time.monotonic() + seconds
    while True:
        answer = probe()
        if answer:
            return answer
        if time.monotonic() > limit:
            raise AssertionError(f"{what} did not come within {seconds} s.")
        time.sleep(0.1)
