"""Documents and sheets: Office Open XML (docx, xlsx) and OpenDocument (odt, ods).

Refused are macros, what runs or loads from elsewhere, incorporated files and protected documents.
"""

import re
import zipfile
from typing import BinaryIO

from ilo_cms.documents.checks import archive as zips
from ilo_cms.documents.checks.refusal import DAMAGED, DISGUISED, WRONG_CONTENT, Refused
from ilo_cms.documents.checks.xml import parse, parse_head


LABELS = {"docx": "Word (.docx)", "xlsx": "Excel (.xlsx)", "odt": "ODT", "ods": "ODS"}
MACROS = (
    "Ce document contient des macros. "
    "Enregistrez-le sans macro ou en PDF, puis envoyez-le à nouveau."
)
LINKED = (
    "Ce document charge un contenu extérieur ou lance un programme à l’ouverture. "
    "Rompez ses liaisons ou enregistrez-le en PDF, puis envoyez-le à nouveau."
)
OOXML = "application/vnd.openxmlformats-officedocument."
MAIN_PARTS = {
    "docx": OOXML + "wordprocessingml.document.main+xml",
    "xlsx": OOXML + "spreadsheetml.sheet.main+xml",
}
ODF_TYPES = {
    "odt": b"application/vnd.oasis.opendocument.text",
    "ods": b"application/vnd.oasis.opendocument.spreadsheet",
}
MACRO_NAME = re.compile(r"vbaproject|vbadata|(^|/)activex/|^(basic|scripts)/|macrosheets/", re.I)
#: What a relationship may not be, by the last word of its type.
RUNS = {"oleobject", "control", "activexcontrolbinary", "package", "subdocument"}
RUNS |= {"frame", "afchunk"}  # pages loaded into the document
RUNS |= {"connections", "externallink", "querytable"}  # what a workbook asks of elsewhere
#: The same parts of a workbook, by what [Content_Types].xml says of them.
ASKS_ELSEWHERE = re.compile(r"spreadsheetml\.(connections|externalLink|queryTable)\+xml$", re.I)
LOCAL_TEMPLATE = re.compile(r"(file:///)?[A-Za-z]:|[^/\\:]+$")
SCHEMES_THAT_RUN = re.compile(r"\s*(javascript|vbscript|data|ms-\w+|search-ms|shell):", re.I)
#: OpenDocument elements that run or load something, by the end of their namespace and their name.
ODF_RUNS = re.compile(
    r"script:1\.0 (event-listener|library-embedded|libraries|module)$"
    r"|drawing:1\.0 (plugin|applet|floating-frame|object-ole)$"
    r"|(text|table|office):1\.0 dde-"
)
#: OpenDocument elements whose address is fetched when the document opens, not when one clicks.
ODF_LOADS = re.compile(
    r" (image|object|section-source|table-source|cell-range-source|fill-image|background-image"
    r"|list-level-style-image|font-face-uri|database-source-\w+)$"
)
ELSEWHERE = re.compile(
    r"\s*((https?|ftp|smb|davs?|webdavs?|vnd\.[\w.-]+):|file:(/{2}[^/]|/{4})|[\\/]{2})", re.I
)
#: Parts of a spreadsheet that ask another program for data, by the start of their tag.
ASKS_PROGRAM = re.compile(rb"<([^\s<>:/]+:)?(ddeLink|oleLink)\b")
#: What a Word part that has fields holds somewhere.
HAS_FIELD = re.compile(rb"[iI]nstr(Text|\s*=)")
DDE = re.compile(r"\s*DDE(AUTO)?\b", re.I)
#: Types of parts that Office reads as XML, whatever their name is.
OFFICE_XML = re.compile(r"application/vnd\.(openxmlformats-officedocument|ms-).*\+xml$", re.I)


def inspect(file: BinaryIO, extension: str) -> None:
    """Raise Refused unless the file is a harmless document of that extension."""
    label = LABELS[extension]
    with zips.open_archive(file, label) as archive:
        names = archive.namelist()
        if any(MACRO_NAME.search(name) for name in names):
            raise Refused(MACROS)
        if extension in MAIN_PARTS:
            check_ooxml(archive, extension, label)
        else:
            check_odf(archive, extension, label)
        zips.check_contents(archive, label)


def check_ooxml(archive: zipfile.ZipFile, extension: str, label: str) -> None:
    """Content types, relationships, and no document type in any part."""
    types = content_types(archive, label)
    if any(re.search("macro|vbaproject|activex", kind, re.I) for kind in types):
        raise Refused(MACROS)
    if any(ASKS_ELSEWHERE.search(kind) for kind in types):
        raise Refused(LINKED)
    if MAIN_PARTS[extension] not in types:
        raise Refused(WRONG_CONTENT.format(extension=extension, label=label))
    for member in archive.infolist():
        content = zips.chunks(archive, member, label)
        if member.filename.lower().endswith(".rels"):
            parse(content, label, check_relationship)
        elif member.filename.lower().endswith((".xml", ".vml")):
            parse_head(content, label)
            check_programs(archive, member, label)


def content_types(archive: zipfile.ZipFile, label: str) -> set[str]:
    """Every type that [Content_Types].xml declares; XML may hide under no other extension."""
    found: set[str] = set()

    def note(_: str, attributes: dict[str, str]) -> None:
        kind = attributes.get("ContentType", "")
        found.add(kind)
        extension = attributes.get("Extension") or attributes.get("PartName", "xml")
        ends = extension.lower().rpartition(".")[2]
        if OFFICE_XML.match(kind) and ends not in ("xml", "rels", "vml"):
            raise Refused(DISGUISED.format(label=label))

    parse([zips.read_small(archive, "[Content_Types].xml", label)], label, note)
    return found


def check_relationship(name: str, attributes: dict[str, str]) -> None:
    """A part may point to its own parts and to pages to click on, nothing else."""
    if not name.endswith(" Relationship"):
        return
    kind = attributes.get("Type", "").rpartition("/")[2].lower()
    target = attributes.get("Target", "")
    if kind == "vbaproject":
        raise Refused(MACROS)
    if kind in RUNS or SCHEMES_THAT_RUN.match(target):
        raise Refused(zips.HOLDS_FILES if kind in ("oleobject", "package") else LINKED)
    if attributes.get("TargetMode", "").lower() != "external" or kind == "hyperlink":
        return
    # Word names the template on the author's disk in every document made from one.
    if kind != "attachedtemplate" or not LOCAL_TEMPLATE.match(target):
        raise Refused(LINKED)


def check_programs(archive: zipfile.ZipFile, member: zipfile.ZipInfo, label: str) -> None:
    """No part that starts or asks another program (DDE)."""
    if holds(archive, member, ASKS_PROGRAM, label):
        raise Refused(LINKED)
    if holds(archive, member, HAS_FIELD, label):
        fields = Fields()
        parse(zips.chunks(archive, member, label), label, fields.start, fields.text)
        fields.end()


def holds(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, words: re.Pattern[bytes], label: str
) -> bool:
    """Whether a member's bytes hold something, across the pieces in which it is read."""
    before = b""
    for piece in zips.chunks(archive, member, label):
        if words.search(before + piece):
            return True
        before = piece[-300:]
    return False


class Fields:
    """The codes of a Word part's fields, put together: they may come in pieces and in one another.

    Only a code that begins with DDE runs: an address that holds these letters does not.
    """

    def __init__(self) -> None:
        self.open = [""]  # the first is what stands outside any field
        self.reading = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element: a field or its code begins, or ends."""
        local = name.rpartition(" ")[2]
        self.reading = local in ("instrText", "delInstrText")
        named = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
        check_code(named.get("instr", ""))
        if local != "fldChar":
            return
        if named.get("fldCharType") == "begin":
            self.open.append("")
            return
        check_code(self.open[-1])
        if named.get("fldCharType") == "end" and len(self.open) > 1:
            self.open.pop()

    def text(self, text: str) -> None:
        """Text, of which only codes count."""
        if self.reading:
            self.open[-1] += text

    def end(self) -> None:
        """The part ends, and so does every field."""
        for code in self.open:
            check_code(code)


def check_code(code: str) -> None:
    """Raise Refused when a field's code starts a program."""
    if DDE.match(code):
        raise Refused(LINKED)


def check_odf(archive: zipfile.ZipFile, extension: str, label: str) -> None:
    """The mimetype comes first and plain; no element runs anything; the manifest hides nothing."""
    first = archive.infolist()[0]
    stored = first.filename == "mimetype" and first.compress_type == zipfile.ZIP_STORED
    if not stored or first.header_offset != 0 or first.file_size > 100:
        raise Refused(DAMAGED.format(label=label))
    if b"".join(zips.chunks(archive, first, label)).strip() != ODF_TYPES[extension]:
        raise Refused(WRONG_CONTENT.format(extension=extension, label=label))
    manifest = zips.read_small(archive, "META-INF/manifest.xml", label)
    parse([manifest], label, check_manifest)
    zips.read_small(archive, "content.xml", label, most=zips.INFLATED_BYTES)
    for member in archive.infolist():
        # OpenOffice and old LibreOffice write an empty Configurations2/accelerator/current.xml.
        if member.filename.lower().endswith(".xml") and member.file_size:
            parse(zips.chunks(archive, member, label), label, check_element)


def check_manifest(name: str, attributes: dict[str, str]) -> None:
    """No encrypted member."""
    if name.endswith(" encryption-data"):
        raise Refused(zips.ENCRYPTED)


def check_element(name: str, attributes: dict[str, str]) -> None:
    """No element of content that runs, and no link to a script."""
    if ODF_RUNS.search(name):
        raise Refused(MACROS if "script:" in name else LINKED)
    for key, value in attributes.items():
        if key.endswith(" href") and re.match(r"\s*(vnd\.sun\.star\.script|macro):", value, re.I):
            raise Refused(MACROS)
        if key.endswith(" href") and SCHEMES_THAT_RUN.match(value):
            raise Refused(LINKED)
        if key.endswith(" href") and ODF_LOADS.search(name) and ELSEWHERE.match(value):
            raise Refused(LINKED)
