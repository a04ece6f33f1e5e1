"""Asking clamd about a file: its INSTREAM command, over TCP or a Unix socket (CLAMD_URL).

Our own client: the published ones are abandoned or under a licence that does not fit.
"""

import socket
import struct
from enum import Enum
from typing import IO
from urllib.parse import SplitResult, unquote, urlsplit

from django.conf import settings


TIMEOUT_SECONDS = 30
PIECE = 1 << 16


class Verdict(Enum):
    """What clamd says of a content."""

    CLEAN = "clean"
    INFECTED = "infected"
    FAILED = "failed"


class OutageError(Exception):
    """clamd does not answer, or broke off: ask again later."""


def is_configured() -> bool:
    """Whether files are scanned at all."""
    return bool(settings.CLAMD_URL)


def scan(file: IO[bytes]) -> tuple[Verdict, str]:
    """The verdict on a content and clamd's own words. Raises OutageError."""
    try:
        with connect(urlsplit(settings.CLAMD_URL)) as link:
            try:
                send(link, file)
            except (BrokenPipeError, ConnectionResetError):
                pass  # it stops listening at its own size limit, and still says so
            answer = read(link)
    except OSError as error:
        raise OutageError(str(error)) from error
    said = answer.rstrip("\0\n").removeprefix("stream: ")
    if said.endswith(" FOUND"):
        return Verdict.INFECTED, said.removesuffix(" FOUND")
    if said == "OK":
        return Verdict.CLEAN, ""
    if not said:
        raise OutageError("clamd closed the connection without an answer.")
    return Verdict.FAILED, said


def connect(url: SplitResult) -> socket.socket:
    """A connection to tcp://host:port or unix:///path."""
    if url.scheme == "unix":
        link = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            link.settimeout(TIMEOUT_SECONDS)
            link.connect(unquote(url.path))
        except OSError:
            link.close()
            raise
        return link
    return socket.create_connection((url.hostname, url.port or 3310), TIMEOUT_SECONDS)


def send(link: socket.socket, file: IO[bytes]) -> None:
    """The content in pieces, each after its length; a length of zero ends it."""
    link.sendall(b"zINSTREAM\0")
    while piece := file.read(PIECE):
        link.sendall(struct.pack(">I", len(piece)) + piece)
    link.sendall(struct.pack(">I", 0))


def read(link: socket.socket) -> str:
    """clamd's one line."""
    answer = b""
    while not answer.endswith(b"\0") and len(answer) < 10_000:
        piece = link.recv(4096)
        if not piece:
            break
        answer += piece
    return answer.decode("utf-8", "replace")
