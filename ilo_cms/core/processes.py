"""Processes that live and die together, for `manage.py serve`."""

import os
import queue
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path


class Processes:
    """Child processes, each in its own process group; their lines are passed on with their name.

    Ctrl-C in a terminal therefore reaches only this process, which stops them in good order.
    """

    def __init__(self, *, write: Callable[[str], object], folder: Path, grace: float) -> None:
        self.write, self.folder, self.grace = write, folder, grace
        self.children: dict[str, subprocess.Popen[str]] = {}
        self.threads: list[threading.Thread] = []
        #: The name of each child that ended, None for each signal. A handler may put into it.
        self.events: queue.SimpleQueue[str | None] = queue.SimpleQueue()

    def start(self, name: str, argv: Sequence[str]) -> None:
        """Start one process."""
        child = subprocess.Popen(  # noqa: S603 - the command lines come from settings
            argv,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self.children[name] = child
        for work in (self.pass_on, self.watch):
            thread = threading.Thread(target=work, args=(name, child), daemon=True)
            thread.start()
            self.threads.append(thread)

    def pass_on(self, name: str, child: subprocess.Popen[str]) -> None:
        """Write each line of a child behind its name."""
        if child.stdout:
            with child.stdout as lines:
                for line in lines:
                    self.write(f"{name:<6} | {line.rstrip()}")

    def watch(self, name: str, child: subprocess.Popen[str]) -> None:
        """Tell that a child ended."""
        child.wait()
        self.events.put(name)

    def stop(self) -> None:
        """TERM to all; KILL to what is left after the grace, or at once at a second signal."""
        self.send(signal.SIGTERM)
        deadline = time.monotonic() + self.grace
        while any(child.poll() is None for child in self.children.values()):
            try:
                event = self.events.get(timeout=max(deadline - time.monotonic(), 0))
            except queue.Empty:
                break
            if event is None:
                break
        self.send(signal.SIGKILL)  # also ends what a child left behind
        for thread in self.threads:
            thread.join(timeout=5)

    def send(self, number: signal.Signals) -> None:
        """Send a signal to every group that still has a member."""
        for child in self.children.values():
            with suppress(ProcessLookupError):
                os.killpg(child.pid, number)
