"""The one door to keep a file and to read one: by the SHA-256 of its content, never by a name.

On disk a file is written beside its place, made durable, then renamed: it exists whole or not at
all. Another storage (S3) is given the finished file. The same content is kept once.
"""

import errno
import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO

from django.core.files import File
from django.core.files.storage import FileSystemStorage, default_storage


FOLDER = "documents"
INCOMING = "incoming"
#: Nothing younger is swept: it may belong to a deposit that has not ended.
SAFE_AGE = timedelta(days=1)
DIGEST = re.compile(r"[0-9a-f]{64}")
#: What files leave free for the rest of the platform, its database first: a tenth of the disk, or
#: this much of a large one.
KEPT_FREE = 1 << 30
NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class NoSpaceError(Exception):
    """The disk is full: nothing was kept, and the person must be told so."""


class TooLargeError(Exception):
    """The file is larger than allowed; reading stopped there."""


@dataclass(frozen=True)
class Incoming:
    """A file that has arrived whole, under a temporary name."""

    path: Path
    digest: str
    size: int


def name_of(digest: str) -> str:
    """Where a content is kept, relative to the storage."""
    return f"{FOLDER}/{digest[:2]}/{digest}"


def on_disk() -> Path | None:
    """The root folder of a storage on disk, None for any other."""
    is_folder = isinstance(default_storage, FileSystemStorage)
    return Path(default_storage.location) if is_folder else None


def incoming_folder() -> Path:
    """Where files arrive: on the same filesystem as their place, so that a rename moves them."""
    root = on_disk()
    if root is None:
        return Path(tempfile.gettempdir())
    folder = root / FOLDER / INCOMING
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def check_room(folder: Path) -> None:
    """Raise NoSpaceError when another file would take what the rest of the platform needs."""
    disk = shutil.disk_usage(folder)
    if disk.free < min(disk.total // 10, KEPT_FREE):
        raise NoSpaceError


@contextmanager
def received(pieces: Iterable[bytes], limit: int) -> Iterator[Incoming]:
    """Write a stream to a temporary file while hashing and counting it; gone at the end.

    Raises TooLargeError beyond `limit` bytes, NoSpaceError when the disk is full, or nearly.
    """
    path = None
    try:
        with full_disk_told():
            folder = incoming_folder()
            check_room(folder)
            handle, name = tempfile.mkstemp(prefix="arrivée-", dir=folder)
            path = Path(name)
            digest, size = hashlib.sha256(), 0
            with os.fdopen(handle, "wb") as file:
                for piece in pieces:
                    size += len(piece)
                    if size > limit:
                        raise TooLargeError
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        yield Incoming(path, digest.hexdigest(), size)
    finally:
        if path is not None:
            path.unlink(missing_ok=True)


@contextmanager
def full_disk_told() -> Iterator[None]:
    """Raise NoSpaceError in place of the system's errors that mean it."""
    try:
        yield
    except OSError as error:
        if error.errno in NO_SPACE:
            raise NoSpaceError from error
        raise


def keep(incoming: Incoming) -> None:
    """Put an arrived file in its place; afterwards it survives a power cut. Safe to repeat.

    A content that is there already is written again: it is young once more, so no sweep that has
    begun takes it from under the deposit.
    """
    root, name = on_disk(), name_of(incoming.digest)
    with full_disk_told():
        if root is None:
            if not default_storage.exists(name):
                with incoming.path.open("rb") as file:
                    default_storage.save(name, File(file))
            return
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        os.replace(incoming.path, place)
        for folder in (place.parent, place.parent.parent):
            sync(folder)


def sync(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def exists(digest: str) -> bool:
    """Whether a content is kept."""
    return default_storage.exists(name_of(digest))


def open_content(digest: str) -> IO[bytes]:
    """A kept content, to read and close. Raises FileNotFoundError."""
    return default_storage.open(name_of(digest), "rb")


def remove(digest: str) -> None:
    """Forget a content. Only for contents that no row names (see sweep)."""
    default_storage.delete(name_of(digest))


def is_old(digest: str, now: datetime) -> bool:
    """Whether a content was put there long enough ago to be swept if nothing names it."""
    return now - default_storage.get_modified_time(name_of(digest)) > SAFE_AGE


def contents() -> Iterator[str]:
    """The digests of all that is kept; files that somebody else put there are none."""
    with suppress(FileNotFoundError):
        for folder in default_storage.listdir(FOLDER)[0]:
            if folder != INCOMING:
                names = default_storage.listdir(f"{FOLDER}/{folder}")[1]
                yield from filter(DIGEST.fullmatch, names)


def sweep_incoming(now: datetime) -> int:
    """Remove what a killed process left on the way in; returns how many files."""
    removed = 0
    for path in incoming_folder().glob("arrivée-*"):
        with suppress(FileNotFoundError):
            if now - datetime.fromtimestamp(path.stat().st_mtime, UTC) > SAFE_AGE:
                path.unlink()
                removed += 1
    return removed
