"""Documents and sheets: Office Open XML (docx, xlsx) and OpenDocument (odt, ods).

Refused are macros, what runs or loads from elsewhere, incorporated files and protected documents.
"""

import re
import zipfile
from typing import BinaryIO

from ilo_cms.documents.checks import archive as zips
from ilo_cms.documents.checks.refusal import DAMAGED, WRONG_CONTENT, Refused
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
LOCAL_TEMPLATE = re.compile(r"(file:///)?[A-Za-z]:|[^/\\:]+$")
SCHEMES_THAT_RUN = re.compile(r"\s*(javascript|vbscript|data|ms-\w+|search-ms|shell):", re.I)
#: OpenDocument elements that run or load something, by the end of their namespace and their name.
ODF_RUNS = re.compile(
    r"script:1\.0 (event-listener|library-embedded|libraries|module)$"
    r"|drawing:1\.0 (plugin|applet|floating-frame|object-ole)$"
    r"|(text|table|office):1\.0 dde-"
)
DDE_FIELD = re.compile(rb"instrText[^>]*>[^<]{0,200}\bDDE|\bDDEAUTO\b", re.I)
BINARY = re.compile(r"\.(png|jpe?g|gif|bmp|tiff?|wmf|emf|svm|ttf|odttf|bin|rdf|wav|mp3|mp4)$", re.I)


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
    if any(re.search("macroenabled|vbaproject|activex", kind, re.I) for kind in types):
        raise Refused(MACROS)
    if MAIN_PARTS[extension] not in types:
        raise Refused(WRONG_CONTENT.format(extension=extension, label=label))
    for member in archive.infolist():
        content = zips.chunks(archive, member, label)
        if member.filename.lower().endswith(".rels"):
            parse(content, label, check_relationship)
        elif member.filename.lower().endswith((".xml", ".vml")):
            parse_head(content, label)
        if member.filename.lower().startswith("word/") and member.filename.endswith(".xml"):
            check_fields(archive, member, label)


def content_types(archive: zipfile.ZipFile, label: str) -> set[str]:
    """Every type that [Content_Types].xml declares."""
    found: set[str] = set()
    content = zips.read_small(archive, "[Content_Types].xml", label)
    parse([content], label, lambda _, attributes: found.add(attributes.get("ContentType", "")))
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


def check_fields(archive: zipfile.ZipFile, member: zipfile.ZipInfo, label: str) -> None:
    """No field that starts a program (DDE)."""
    before = b""
    for piece in zips.chunks(archive, member, label):
        if DDE_FIELD.search(before + piece):
            raise Refused(LINKED)
        before = piece[-300:]


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
        if member.filename.lower().endswith(".xml"):
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
