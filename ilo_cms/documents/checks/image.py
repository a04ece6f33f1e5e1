"""Pictures: PNG and JPEG, opened by Pillow, nothing before, after or hidden within."""

import re
import struct
import zipfile
from typing import BinaryIO

from PIL import Image, UnidentifiedImageError

from ilo_cms.documents.checks.refusal import DAMAGED, DISGUISED, WRONG_CONTENT, Refused


LABELS = {"png": "PNG", "jpg": "JPEG"}
STARTS = {"png": b"\x89PNG\r\n\x1a\n", "jpg": b"\xff\xd8\xff"}
PIXELS = 60_000_000
#: A progressive JPEG is drawn in about ten scans; each costs as much as the whole picture.
SCANS = 100
TOO_LARGE = (
    "Cette image a trop de pixels. Réduisez-la (8 000 pixels de côté suffisent), puis réessayez."
)
#: What a browser could take for a page, and other files put behind or inside a picture.
#: Pixels may spell four letters by chance (a photo of 20 MB in thirty holds "<svg" in some case),
#: so readable characters have to follow.
FOREIGN = re.compile(
    rb"<script|<html|<!doctype|<\?php|<iframe|<svg[\t\r\n -~]{8}|%PDF-\d|Rar!\x1a\x07", re.I
)


def inspect(file: BinaryIO, extension: str) -> None:
    """Raise Refused unless the file is a picture of that extension and nothing else."""
    label = LABELS[extension]
    content = file.read()
    if not content.startswith(STARTS[extension]):
        raise Refused(WRONG_CONTENT.format(extension=extension, label=label))
    if extension == "jpg" and content.count(b"\xff\xda") > SCANS:
        raise Refused(TOO_LARGE)
    file.seek(0)
    if FOREIGN.search(content) or zipfile.is_zipfile(file):
        raise Refused(DISGUISED.format(label=label))
    file.seek(0)
    decode(file, extension, label)
    if extension == "png":
        check_png_end(content, label)
    elif not content.rstrip(b"\0 \r\n").endswith((b"\xff\xd9", b"SEFT")):  # SEFT: Samsung phones
        raise Refused(DISGUISED.format(label=label))


def decode(file: BinaryIO, extension: str, label: str) -> None:
    """Read the size, then the picture: a JPEG at an eighth, a PNG by its checksums."""
    Image.MAX_IMAGE_PIXELS = None  # our own limit, asked before any pixel is decoded
    try:
        with Image.open(file, formats=["PNG" if extension == "png" else "JPEG"]) as picture:
            width, height = picture.size
            if width * height > PIXELS:
                raise Refused(TOO_LARGE)
            if extension == "png":
                picture.verify()
            else:
                picture.draft("L", (max(1, width // 8), max(1, height // 8)))
                picture.load()
    except UnidentifiedImageError as error:
        raise Refused(DAMAGED.format(label=label)) from error
    except (OSError, SyntaxError, ValueError, struct.error, EOFError) as error:
        raise Refused(DAMAGED.format(label=label)) from error


def check_png_end(content: bytes, label: str) -> None:
    """The last chunk is IEND and ends the file."""
    at = len(STARTS["png"])
    while at + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        at += 12 + length
        if kind == b"IEND":
            if content[at:].strip(b"\0\r\n "):
                raise Refused(DISGUISED.format(label=label))
            return
    raise Refused(DAMAGED.format(label=label))
