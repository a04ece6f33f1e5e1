"""The zip around an office document: opened only when it is small, flat, plain and honest.

Sizes are read from the directory first, so that nothing large is inflated to be refused.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import BinaryIO

from ilo_cms.documents.checks.refusal import DAMAGED, DISGUISED, Refused


MEMBERS, DIRECTORY_BYTES = 2_000, 1_000_000
INFLATED_BYTES = 200_000_000
#: A member may shrink this many times; small ones may do better without harm.
RATIO, RATIO_FROM_BYTES = 250, 1_000_000
END = struct.Struct("<4s4H2LH")
#: What zip64 writes before that end: its own summary, then where that is. Programs that write a
#: document as it goes (a report, a web service) use it for small files too.
WIDE_END, WIDE_PLACE = struct.Struct("<4sQ2H2L4Q"), struct.Struct("<4sLQL")
#: What the end says of members, length and start where only the wide one does.
UNSAID = (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF)
ODD_NAME = re.compile(r"^/|^[A-Za-z]:|\\|\0|(^|/)\.\.(/|$)")
#: How files start that no office document needs: archives, programs, old office documents.
NESTED = (
    b"PK\x03\x04", b"PK\x05\x06", b"Rar!", b"7z\xbc\xaf", b"\x1f\x8b", b"BZh", b"\xfd7zXZ",
    b"MSCF", b"MZ", b"\x7fELF", b"\xd0\xcf\x11\xe0", b"#!", b"ITSF", b"%PDF-",
)  # fmt: skip

TOO_BIG_INSIDE = (
    "Ce document contient trop d’éléments ou devient trop gros une fois ouvert. "
    "Allégez-le (images, feuilles inutiles) ou enregistrez-le en PDF, puis réessayez."
)
ENCRYPTED = (
    "Ce document est protégé par un mot de passe. "
    "Retirez la protection, ou enregistrez-le en PDF, puis envoyez-le à nouveau."
)
HOLDS_FILES = (
    "Ce document contient un autre fichier incorporé (archive, tableau, programme). "
    "Retirez-le ou enregistrez le document en PDF, puis envoyez-le à nouveau."
)


def open_archive(file: BinaryIO, label: str) -> zipfile.ZipFile:
    """The archive, once its directory is known to be harmless. Raises Refused."""
    members = check_end(file, label)
    try:
        archive = zipfile.ZipFile(file)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error) as error:
        raise Refused(DAMAGED.format(label=label)) from error
    if len(archive.infolist()) != members:
        raise Refused(DISGUISED.format(label=label))
    check_members(archive.infolist(), label)
    return archive


def check_end(file: BinaryIO, label: str) -> int:
    """The directory's own summary: few members, nothing before the archive, nothing after it.

    Returns how many members it says there are.

    It is read by hand because zipfile would load a directory of any size, and looks for it
    anywhere in the last 64 kB, where a disguise could put a second one.
    """
    size = file.seek(0, 2)
    file.seek(0)
    if size < END.size + 4 or file.read(4) != b"PK\x03\x04":
        raise Refused(DAMAGED.format(label=label))
    file.seek(max(0, size - END.size - WIDE_PLACE.size - WIDE_END.size))
    tail = file.read()
    mark, _, _, _, *numbers, comment = END.unpack(tail[-END.size :])
    if mark != b"PK\x05\x06" or comment:
        raise Refused(DISGUISED.format(label=label))
    place = size - END.size
    if tail[: -END.size][-WIDE_PLACE.size :].startswith(b"PK\x06\x07"):
        place -= WIDE_PLACE.size + WIDE_END.size
        numbers = wide_numbers(tail, place, numbers, label)
    members, length, start = numbers
    if members > MEMBERS or length > DIRECTORY_BYTES:
        raise Refused(TOO_BIG_INSIDE)
    if start + length != place:
        raise Refused(DISGUISED.format(label=label))
    return members


def wide_numbers(tail: bytes, place: int, narrow: list[int], label: str) -> list[int]:
    """Members, length and start of the directory as zip64 says them; both ends must agree."""
    if len(tail) < WIDE_END.size + WIDE_PLACE.size + END.size:
        raise Refused(DAMAGED.format(label=label))
    mark, length, _, _, disk, first_disk, here, *wide = WIDE_END.unpack(tail[: WIDE_END.size])
    _, end_disk, end_place, disks = WIDE_PLACE.unpack(tail[WIDE_END.size :][: WIDE_PLACE.size])
    plain = (mark, length, disk, first_disk) == (b"PK\x06\x06", WIDE_END.size - 12, 0, 0)
    single = (end_disk, end_place, here) == (0, place, wide[0]) and disks <= 1
    agreed = all(n in (w, unsaid) for n, w, unsaid in zip(narrow, wide, UNSAID, strict=True))
    if not (plain and single and agreed):
        raise Refused(DISGUISED.format(label=label))
    return wide


def check_members(members: list[zipfile.ZipInfo], label: str) -> None:
    """Names, sizes and places of the members, as the directory tells them."""
    names = [member.filename.lower() for member in members]
    if len(set(names)) != len(names) or any(ODD_NAME.search(m.orig_filename) for m in members):
        raise Refused(DISGUISED.format(label=label))
    if any(member.flag_bits & 0x2041 for member in members):  # classic or strong encryption
        raise Refused(ENCRYPTED)
    if any(m.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for m in members):
        raise Refused(DISGUISED.format(label=label))
    if sum(member.file_size for member in members) > INFLATED_BYTES:
        raise Refused(TOO_BIG_INSIDE)
    for member in members:
        if member.file_size > RATIO_FROM_BYTES + RATIO * member.compress_size:
            raise Refused(TOO_BIG_INSIDE)
    check_places(members, label)


def check_places(members: list[zipfile.ZipInfo], label: str) -> None:
    """Members that share their bytes inflate the same data again and again."""
    end = 0
    for member in sorted(members, key=lambda member: member.header_offset):
        if member.header_offset < end:
            raise Refused(DISGUISED.format(label=label))
        end = member.header_offset + 30 + len(member.orig_filename) + member.compress_size


def chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo, label: str) -> Iterator[bytes]:
    """A member's content piece by piece; never more than the directory said, its sum verified."""
    try:
        with archive.open(member) as content:
            while piece := content.read(1 << 18):
                yield piece
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError) as error:
        raise Refused(DAMAGED.format(label=label)) from error
    except (RuntimeError, struct.error, ValueError) as error:  # a local header that disagrees
        raise Refused(DISGUISED.format(label=label)) from error


def read_small(archive: zipfile.ZipFile, name: str, label: str, most: int = 5_000_000) -> bytes:
    """The whole of a member that a format needs; refused when it is missing or large."""
    try:
        member = archive.getinfo(name)
    except KeyError as error:
        raise Refused(DAMAGED.format(label=label)) from error
    if member.file_size > most:
        raise Refused(TOO_BIG_INSIDE)
    return b"".join(chunks(archive, member, label))


def check_contents(archive: zipfile.ZipFile, label: str) -> None:
    """Inflate every member once: its checksum holds, and none is a file of another kind."""
    for member in archive.infolist():
        first = True
        for piece in chunks(archive, member, label):
            if first and piece.startswith(NESTED) and not is_packed_picture(member, piece):
                raise Refused(HOLDS_FILES)
            first = False


def is_packed_picture(member: zipfile.ZipInfo, start: bytes) -> bool:
    """Whether it is one of Office's drawings, which are gzipped: no archive, one stream."""
    return start.startswith(b"\x1f\x8b") and member.filename.lower().endswith((".emz", ".wmz"))
