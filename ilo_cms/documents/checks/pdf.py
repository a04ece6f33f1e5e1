"""PDF: opened by pypdf, every object reached from its catalogue looked at, nothing that runs."""

import io
import logging
import re
import zipfile
import zlib
from typing import BinaryIO

from pypdf import PdfReader, apply_configuration
from pypdf.errors import LimitReachedError, PyPdfError
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    IndirectObject,
    NameObject,
    PdfObject,
    StreamObject,
)

from ilo_cms.documents.checks.office import SCHEMES_THAT_RUN
from ilo_cms.documents.checks.refusal import (
    DAMAGED,
    DISGUISED,
    TOO_COMPLEX,
    WRONG_CONTENT,
    Refused,
)


LABEL = "PDF"
ACTIVE = (
    "Ce PDF contient un élément actif (script, programme, vidéo ou formulaire dynamique). "
    "Imprimez-le en PDF pour n’en garder que les pages, puis envoyez-le à nouveau."
)
HOLDS_FILES = (
    "Ce PDF contient une pièce jointe. Retirez-la ou imprimez le document en PDF, "
    "puis envoyez-le à nouveau."
)
RUNNING_KEYS = {"/JS", "/JavaScript", "/XFA", "/RichMediaContent", "/RichMedia"}
FILE_KEYS = {"/EmbeddedFiles", "/EF"}
RUNNING_ACTIONS = {
    "/GoToE",
    "/JavaScript",
    "/Launch",
    "/ImportData",
    "/SubmitForm",
    "/Rendition",
    "/Movie",
    "/Sound",
}
#: Where actions stand that no click asks for: when the file, a page or a field opens or changes.
BY_ITSELF = {"/OpenAction", "/AA"}
RUNNING_KINDS = {"/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"}
PAGE = re.compile(rb"<(!doctype|html|script|svg)", re.I)
#: Said anywhere in the open, even where pypdf sees nothing that leads there but a viewer might:
#: names long enough never to occur by chance. After a letter they belong to an address or to a
#: sentence (…/docs/Web/JavaScript, HTML/JavaScript), unless that letter ends their key. The slash
#: stands first and what is before it is looked at from there: the search is 100 times faster so.
RUNNING_NAMES = re.compile(
    rb"/(?:(?<![\w.~%:/)-]/)|(?<=/S/)|(?<=/Type/)|(?<=/Subtype/)|(?<=/Names/))"
    rb"(JavaScript|Launch|SubmitForm|ImportData|RichMedia|EmbeddedFile)"
)
#: What may stand before a PDF: a mark and blanks that some programs write. Readers skip them, and
#: no other format begins so.
BEFORE = re.compile(rb"(?:\xef\xbb\xbf)?[\0\t\n\f\r ]{0,64}(?=%PDF-)")
#: A path on a share, or an address; in a PDF's own writing \\\\host is //host.
ELSEWHERE = re.compile(r"\s*([\\/]{2}|\w{2,}:)")
OBJECTS = 200_000
#: How many actions may follow one another.
ACTIONS = 1_000
STREAM_BYTES, ALL_BYTES = 150_000_000, 600_000_000
#: Below this a stream cannot inflate to harm: deflate makes a thousand bytes of one at most.
SMALL = 50_000
LIMITS = {
    "zlib_maximum_output_length": 20_000_000,
    "lzw_maximum_output_length": 20_000_000,
    "run_length_maximum_output_length": 20_000_000,
    "stream_decoding_work_maximum_length": 60_000_000,
    "page_tree_maximum_entries": 20_000,
}


def inspect(file: BinaryIO, may_be_encrypted: bool) -> bool:
    """Raise Refused unless the file is a PDF that only shows pages; return whether it is locked.

    After a mark or blanks, some readers count places from the file's first byte and others from
    the PDF's: what either would show is looked at.
    """
    start = check_ends(file)
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    is_locked = look_through(file, may_be_encrypted)
    if start:
        file.seek(start)
        is_locked |= look_through(io.BytesIO(file.read()), may_be_encrypted)
    return is_locked


def look_through(file: BinaryIO, may_be_encrypted: bool) -> bool:
    """Look at all that a reader reaches in this file; return whether it is locked."""
    try:
        with apply_configuration(**LIMITS):
            reader = PdfReader(file, strict=False)
            if reader.is_encrypted and not opens_without_password(reader):
                check_encrypted(may_be_encrypted)
                return True
            Walk(reader).run()
            if not reader.pages:
                raise Refused(DAMAGED.format(label=LABEL))
    except (LimitReachedError, RecursionError, MemoryError) as error:
        raise Refused(TOO_COMPLEX) from error
    except Refused:
        raise
    except Exception as error:  # noqa: BLE001  pypdf meets damage in whichever way Python fails
        raise Refused(DAMAGED.format(label=LABEL)) from error
    return False


def check_ends(file: BinaryIO) -> int:
    """It begins as a PDF, ends as one, and is not also a page or an archive.

    Returns where the PDF begins: at the first byte, or after a mark and some blanks.
    """
    head = file.read(1024)
    before = BEFORE.match(head)
    if before is None:
        raise Refused(WRONG_CONTENT.format(extension="pdf", label=LABEL))
    file.seek(max(0, file.seek(0, 2) - 1024))
    tail = file.read()
    end = tail.rfind(b"%%EOF")
    if end < 0:
        raise Refused(DAMAGED.format(label=LABEL))
    if PAGE.search(head) or tail[end + 5 :].strip(b"\0\r\n\t ") or zipfile.is_zipfile(file):
        raise Refused(DISGUISED.format(label=LABEL))
    file.seek(0)
    content = file.read()
    if found := RUNNING_NAMES.search(content):
        raise Refused(HOLDS_FILES if found[1] == b"EmbeddedFile" else ACTIVE)
    if content.count(b"<<") > OBJECTS:  # pypdf would take seconds to read what the walk refuses
        raise Refused(TOO_COMPLEX)
    file.seek(0)
    return before.end()


def opens_without_password(reader: PdfReader) -> bool:
    """Whether anybody can read it: only changing it asks for a password."""
    try:
        return bool(reader.decrypt(""))
    except (PyPdfError, NotImplementedError):  # a handler that only its own program knows
        return False


def check_encrypted(allowed: bool) -> None:
    """A file that asks for a password: only where the type allows it."""
    if not allowed:
        raise Refused(
            "Ce PDF est protégé par un mot de passe. "
            "Enregistrez-le sans protection, puis envoyez-le à nouveau."
        )


class Walk:
    """Looks once at each object that can be reached."""

    def __init__(self, reader: PdfReader) -> None:
        self.reader = reader
        self.seen: set[tuple[int, int]] = set()
        self.inflated = 0
        self.count = 0

    def run(self) -> None:
        """From the trailer to everything it leads to."""
        waiting: list[PdfObject | None] = [self.reader.trailer]
        while waiting:
            item = waiting.pop()
            if isinstance(item, IndirectObject):
                if (item.idnum, item.generation) in self.seen:
                    continue
                self.seen.add((item.idnum, item.generation))
                item = item.get_object()
            self.count += 1
            if self.count > OBJECTS:
                raise Refused(TOO_COMPLEX)
            if isinstance(item, DictionaryObject):
                self.look(item)
                waiting += [value for value in item.values() if leads_on(value)]
            elif isinstance(item, ArrayObject):
                waiting += [value for value in item if leads_on(value)]

    def look(self, item: DictionaryObject) -> None:
        """Refuse a dictionary that runs something or holds a file."""
        keys = item.keys()
        if FILE_KEYS & keys or name(item, "/Type") == "/EmbeddedFile":
            raise Refused(HOLDS_FILES)
        if name(item, "/Subtype") == "/FileAttachment":
            raise Refused(HOLDS_FILES)
        if RUNNING_KEYS & keys or name(item, "/S") in RUNNING_ACTIONS:
            raise Refused(ACTIVE)
        if name(item, "/Subtype") in RUNNING_KINDS:
            raise Refused(ACTIVE)
        if loads_elsewhere(item) or (BY_ITSELF & keys and visits(item)):
            raise Refused(ACTIVE)
        if name(item, "/S") == "/URI" and SCHEMES_THAT_RUN.match(str(item.get("/URI"))):
            raise Refused(ACTIVE)
        if isinstance(item, StreamObject):
            self.inflate(item)

    def inflate(self, stream: StreamObject) -> None:
        """Count what a viewer would have to inflate, without keeping it."""
        filters = stream.get("/Filter")
        filters = filters.get_object() if filters is not None else None
        names = filters if isinstance(filters, ArrayObject) else [filters]
        packed = [str(n) for n in names if str(n) in {"/FlateDecode", "/Fl", "/LZWDecode", "/LZW"}]
        if len(packed) > 1 or len(names) > 4:
            raise Refused(TOO_COMPLEX)
        data = getattr(stream, "_data", b"")
        if not packed or str(names[0]) not in {"/FlateDecode", "/Fl"} or len(data) < SMALL:
            return
        size = inflated_size(data, STREAM_BYTES)
        self.inflated += size
        if size >= STREAM_BYTES or self.inflated > ALL_BYTES:
            raise Refused(TOO_COMPLEX)


def loads_elsewhere(item: DictionaryObject) -> bool:
    """Whether a jump, a stream or a borrowed page is taken from another machine."""
    is_jump = name(item, "/S") in {"/GoToR", "/Thread"}
    if (is_jump or isinstance(item, StreamObject)) and leads_elsewhere(item.get("/F")):
        return True
    borrowed = item.get("/Ref")
    borrowed = borrowed.get_object() if borrowed is not None else None
    return isinstance(borrowed, DictionaryObject) and leads_elsewhere(borrowed.get("/F"))


def visits(item: DictionaryObject) -> bool:
    """Whether an address is gone to without a click, at once or after other actions."""
    waiting: list[PdfObject | None] = [item.get("/OpenAction")]
    events = item.get("/AA")
    events = events.get_object() if events is not None else None
    if isinstance(events, DictionaryObject):
        waiting += events.values()
    for _ in range(ACTIONS):
        if not waiting:
            return False
        action = waiting.pop()
        action = action.get_object() if action is not None else None
        if isinstance(action, ArrayObject):
            waiting += action
        elif isinstance(action, DictionaryObject) and "/S" in action:
            if name(action, "/S") == "/URI":
                return True
            waiting.append(action.get("/Next"))
    raise Refused(TOO_COMPLEX)


def leads_elsewhere(target: PdfObject | None) -> bool:
    """Whether a file is on another machine: opening it there gives away who opens it (NTLM)."""
    target = target.get_object() if target is not None else None
    if isinstance(target, DictionaryObject):
        return any(leads_elsewhere(target.get(key)) for key in ("/F", "/UF", "/Unix", "/DOS"))
    return bool(ELSEWHERE.match(str(target)))


def leads_on(value: object) -> bool:
    """Whether a value can hold or name other objects."""
    return isinstance(value, IndirectObject | DictionaryObject | ArrayObject)


def name(item: DictionaryObject, key: str) -> str:
    """The name at a key, wherever it is written; "" when it is none."""
    try:
        value = item.get(key)
        value = value.get_object() if value is not None else None
    except PyPdfError:
        return ""
    return str(value) if isinstance(value, NameObject) else ""


def inflated_size(data: bytes, limit: int) -> int:
    """How much a deflated stream inflates to, at most about `limit`; damage ends it."""
    inflater, size = zlib.decompressobj(), 0
    while data and size < limit and not inflater.eof:
        try:
            size += len(inflater.decompress(data, 1 << 20))
        except zlib.error:
            break
        data = inflater.unconsumed_tail
    return size
