"""The least that can take a deposit durably: one form in, one file and two rows kept, 201 out.

It asks nobody who they are, checks no file, locks no tender, tells nobody: what remains is what the
disk and gunicorn cost. Run beside the platform by `bench_deadline_rush`.
"""

import hashlib
import os
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from uuid import uuid4


FOLDER = Path(os.environ["VAR_DIR"], "raw")
FOLDER.mkdir(parents=True, exist_ok=True)
_local = threading.local()


def connected() -> sqlite3.Connection:
    """This thread's connection to the database."""
    if not hasattr(_local, "connection"):
        path = FOLDER / "raw.sqlite3"
        _local.connection = sqlite3.connect(path, timeout=20, isolation_level=None)
        _local.connection.execute("PRAGMA journal_mode = WAL")
        _local.connection.execute("PRAGMA synchronous = FULL")
        for table in ("deposit", "receipt"):
            _local.connection.execute(f"CREATE TABLE IF NOT EXISTS {table} (digest TEXT)")
    return _local.connection


def keep(content: bytes) -> str:
    """Write a file durably under its digest, then two rows in one transaction."""
    digest = hashlib.sha256(content).hexdigest()
    arriving = FOLDER / uuid4().hex
    with arriving.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    arriving.replace(FOLDER / digest)
    handle = os.open(FOLDER, os.O_RDONLY | os.O_DIRECTORY)
    os.fsync(handle)
    os.close(handle)
    with closing(connected().cursor()) as cursor:
        cursor.execute("BEGIN IMMEDIATE")
        cursor.execute("INSERT INTO deposit VALUES (?)", [digest])
        cursor.execute("INSERT INTO receipt VALUES (?)", [digest])
        cursor.execute("COMMIT")
    return digest


def application(environ, start_response):
    """WSGI: the file is the last part of the form."""
    body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
    boundary = body[: body.index(b"\r\n")]
    part = body[body.rindex(boundary, 0, -len(boundary) - 4) :]
    content = part[part.index(b"\r\n\r\n") + 4 : part.rindex(b"\r\n" + boundary)]
    digest = keep(content).encode()
    start_response("201 Created", [("Content-Length", str(len(digest)))])
    return [digest]
