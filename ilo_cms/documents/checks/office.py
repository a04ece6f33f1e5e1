"""Documents and sheets: Office Open XML (docx, xlsx) and OpenDocument (odt, ods).

Refused are macros, what runs or loads from elsewhere, incorporated files and protected documents.
"""

import re
import zipfile
from collections.abc import Callable
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
RUNS |= {"webextension", "webextensiontaskpanes"}  # pages of the web that open beside it
RUNS |= {"extensibility", "usercustomization"}  # buttons of its own, which run what they like
#: The same parts, by what [Content_Types].xml says of them.
ASKS_ELSEWHERE = re.compile(
    r"spreadsheetml\.(connections|externalLink|queryTable)\+xml$"
    r"|ms-office\.webextension(taskpanes)?\+xml$",
    re.I,
)
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
    r"\s*((https?|ftp|smb|davs?|webdavs?|vnd\.[\w.-]+):|file:(/{2}[^/]|/{3}[\\/])|[\\/]{2})", re.I
)
#: Parts of a spreadsheet that ask another program for data, by the start of their tag.
ASKS_PROGRAM = re.compile(rb"<([^\s<>:/]+:)?(ddeLink|oleLink)\b")
#: What a Word part that has fields holds somewhere.
HAS_FIELD = re.compile(rb"[iI]nstr(Text|\s*=)")
DDE = re.compile(r"\s*DDE(AUTO)?\b", re.I)
#: Fields that Word fills, some as soon as the page is drawn, with what stands at their address.
FIELD_LOADS = re.compile(r"\s*(INCLUDE(PICTURE|TEXT)?|IMPORT|LINK|DATABASE|RD)\b", re.I)
#: What separates the words of a field's code: blanks, and quotes of any shape.
BETWEEN = re.compile(r"[\s\"“”«»]+")
#: Functions of a sheet that ask another program or the web for a value.
FORMULA_LOADS = re.compile(r"\b(DDE|WEBSERVICE)\s*\(", re.I)
#: The same of Excel, which marks what came after 2007: without its mark IMAGE is a mere word.
SHEET_LOADS = re.compile(r"\bWEBSERVICE\s*\(|_xlfn\.(_\w+\.)?IMAGE\s*\(", re.I)
#: What the bytes of a part with such a formula hold, in lower case: its name, or a way to hide it.
SHEET_HINTS = (b"webservice", b".image", b"<![cdata[", b"<!--")
#: A letter, "." or "_" written as a number, as no program writes them.
SPELLED = re.compile(rb"&#(x0*([4-7]|2e)|0*(46|6[5-9]|[7-9]\d|1[01]\d|12[0-2]);)", re.I)
#: Where a workbook keeps mere text.
SHEET_TEXT = ("t", "v")
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
    """No part that starts or asks another program (DDE), or has a value or a picture fetched."""
    if holds(archive, member, ASKS_PROGRAM.search, label):
        raise Refused(LINKED)
    if label == LABELS["xlsx"]:
        # A large sheet is searched, not parsed: what is found is then read as XML.
        if holds(archive, member, may_load, label):
            formulas = Formulas()
            parse(zips.chunks(archive, member, label), label, formulas.start, formulas.text)
            formulas.end()
    elif holds(archive, member, HAS_FIELD.search, label):
        fields = Fields()
        parse(zips.chunks(archive, member, label), label, fields.start, fields.text)
        fields.end()


def may_load(content: bytes) -> bool:
    """Whether a formula of these bytes may fetch something: quick, and at times wrong."""
    small = content.lower()
    return any(hint in small for hint in SHEET_HINTS) or bool(SPELLED.search(content))


def holds(
    archive: zipfile.ZipFile,
    member: zipfile.ZipInfo,
    found: Callable[[bytes], object],
    label: str,
) -> bool:
    """Whether a member's bytes hold something, across the pieces in which it is read."""
    before = b""
    for piece in zips.chunks(archive, member, label):
        if found(before + piece):
            return True
        before = piece[-300:]
    return False


class Formulas:
    """The texts of a workbook's part, each put together, save cells' values and mere text."""

    def __init__(self) -> None:
        self.open: list[str] = []
        self.reading = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """An element begins: what was read before it is whole."""
        self.end()
        self.reading = name.rpartition(" ")[2] not in SHEET_TEXT

    def text(self, text: str) -> None:
        """Text, which comes in pieces."""
        if self.reading:
            self.open.append(text)

    def end(self) -> None:
        """Raise Refused when what was read fetches something."""
        if SHEET_LOADS.search("".join(self.open)):
            raise Refused(LINKED)
        self.open.clear()


class Fields:
    """The codes of a Word part's fields, put together: they may come in pieces and in one another.

    Only a code that begins with DDE runs: an address that holds these letters does not. The code
    of a field within another is a part of the other's: it may say the address that is loaded.
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
            inner = self.open.pop()
            if len(self.open) > 1:
                self.open[-1] += f" {inner} "

    def text(self, text: str) -> None:
        """Text, of which only codes count."""
        if self.reading:
            self.open[-1] += text

    def end(self) -> None:
        """The part ends, and so does every field."""
        for code in self.open:
            check_code(code)


def check_code(code: str) -> None:
    """Raise Refused when a field's code starts a program, or loads what stands elsewhere."""
    if DDE.match(code):
        raise Refused(LINKED)
    if FIELD_LOADS.match(code) and any(ELSEWHERE.match(word) for word in BETWEEN.split(code)):
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
        if key.endswith(" formula") and FORMULA_LOADS.search(value):
            raise Refused(LINKED)
