"""Runs a check in a process of its own, with limits: a hostile file can only kill that process.

pypdf and Pillow are bounded by their own limits and ours, yet new ways around are found each year.
A child of multiprocessing's fork server starts in 7 ms, since the parsers are loaded before it
forks; in the web process itself nothing grows and no thread can be held up.
"""

import multiprocessing
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

from ilo_cms.documents.checks.formats import Findings, inspect
from ilo_cms.documents.checks.refusal import TOO_COMPLEX, Refused


MEMORY_BYTES = 700_000_000
#: An accessible report of two hundred pages takes three: each of its paragraphs is an object.
CPU_SECONDS = 6
#: A backstop only: the limit above counts work, so a busy machine refuses nobody.
WALL_SECONDS = 60
#: How long a check waits for the one before it: longer, and its thread is missed elsewhere.
QUEUE_SECONDS = 30

#: It bounds what checks take together, and multiprocessing's own book of children is not made for
#: threads that close them.
_one_at_a_time = threading.Lock()
_context = multiprocessing.get_context("forkserver")
#: Also what the parsers load only when they meet a first file: each child would load it anew.
PARSERS = ["pypdf.filters", "PIL.PngImagePlugin", "PIL.JpegImagePlugin"]
_context.set_forkserver_preload(["ilo_cms.documents.checks.sandbox", *PARSERS])


class UnavailableError(Exception):
    """No process could be made to check a file, or too many wait for one: ask again later."""


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """The turn of this check in this process. Raises UnavailableError when it does not come."""
    if not _one_at_a_time.acquire(timeout=QUEUE_SECONDS):
        raise UnavailableError
    try:
        yield
    finally:
        _one_at_a_time.release()


def inspect_apart(path: Path, extension: str, may_be_encrypted: bool) -> Findings:
    """As `inspect`, from a safe distance. Raises Refused or UnavailableError."""
    with one_at_a_time():
        ours, theirs = _context.Pipe(duplex=False)
        arguments = (theirs, path, extension, may_be_encrypted)
        child = _context.Process(target=answer, args=arguments, daemon=True)
        with ours:
            try:
                with theirs:
                    child.start()
            except (OSError, EOFError) as error:
                raise UnavailableError from error
            told = hear(ours)
        child.join(1)
        if child.is_alive():
            child.kill()
            child.join()
        child.close()
    if isinstance(told, Refused):
        raise told
    return told


def hear(pipe: Connection) -> Findings | Refused:
    """What the child says; that it was too much for it when it says nothing."""
    try:
        return pipe.recv() if pipe.poll(WALL_SECONDS) else Refused(TOO_COMPLEX)
    except EOFError:  # it died: out of memory or of time
        return Refused(TOO_COMPLEX)


def answer(pipe: Connection, path: Path, extension: str, may_be_encrypted: bool) -> None:
    """In the child: take on the limits, check, say what was found."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    try:
        found = inspect(path, extension, may_be_encrypted)
    except Refused as refusal:
        pipe.send(refusal)
    except MemoryError:
        pipe.send(Refused(TOO_COMPLEX))
    else:
        pipe.send(found)
