"""Files for tests: a valid one of each format, and the hostile ones that checks must refuse."""

import io
import struct
import zipfile
import zlib
from collections.abc import Callable

import openpyxl
from PIL import Image
from pypdf import PdfWriter
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, StreamObject, TextStringObject


OOXML = "application/vnd.openxmlformats-officedocument."
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
ODF = "urn:oasis:names:tc:opendocument:xmlns:"


def zipped(members: dict[str, bytes | str], stored: tuple[str, ...] = ("mimetype",)) -> bytes:
    """A zip of these members, in this order."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            kind = zipfile.ZIP_STORED if name in stored else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=kind)
    return buffer.getvalue()


class OneWay(io.RawIOBase):
    """A file that can only be written on."""

    def __init__(self) -> None:
        self.content = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self.content += data
        return len(data)


def streamed(content: bytes, wide: bool = False) -> bytes:
    """The same zip as a program writes it that cannot go back: sizes after each member.

    With `wide` each member and the end are said in zip64 too, as reports' programs do.
    """
    made = OneWay()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as source,
        zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for member in source.infolist():
            entry = zipfile.ZipInfo(member.filename)
            entry.compress_type = member.compress_type
            with archive.open(entry, "w", force_zip64=wide) as place:
                place.write(source.read(member))
    return wide_end(bytes(made.content)) if wide else bytes(made.content)


def wide_end(content: bytes, **wrong: int) -> bytes:
    """The same zip with the end of a zip64, some of its numbers `wrong`."""
    end = content[-22:]
    members, length, start = struct.unpack("<HLL", end[10:20])
    said = {"members": members, "length": length, "start": start, "place": len(content) - 22}
    said |= wrong
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0,
        said["members"], said["members"], said["length"], said["start"],
    )  # fmt: skip
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, said["place"], 1)
    narrow = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, *[0xFFFF] * 2, *[0xFFFFFFFF] * 2, 0)
    return content[:-22] + record + locator + narrow


def docx(**members: bytes | str) -> bytes:
    """A small Word document; `members` are added or replaced (/ written as __)."""
    main = f"{OOXML}wordprocessingml.document.main+xml"
    parts = {
        "[Content_Types].xml": '<?xml version="1.0" encoding="UTF-8"?>'
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.'
        'relationships+xml"/><Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/word/document.xml" ContentType="{main}"/></Types>',
        "_rels/.rels": relationships(("officeDocument", "word/document.xml", "")),
        "word/document.xml": f'<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="{WORD}">'
        "<w:body><w:p><w:r><w:t>Bonjour</w:t></w:r></w:p></w:body></w:document>",
    }
    return zipped(parts | {name.replace("__", "/"): value for name, value in members.items()})


def relationships(*rows: tuple[str, str, str]) -> str:
    """A .rels part: kind, target and mode of each row."""
    items = "".join(
        f'<Relationship Id="r{number}" Type="{RELATIONS}/{kind}" Target="{target}"'
        + (f' TargetMode="{mode}"/>' if mode else "/>")
        for number, (kind, target, mode) in enumerate(rows)
    )
    package = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<?xml version="1.0"?><Relationships xmlns="{package}">{items}</Relationships>'


def xlsx() -> bytes:
    """A small Excel workbook."""
    book, buffer = openpyxl.Workbook(), io.BytesIO()
    book.active["A1"] = "Budget"
    book.save(buffer)
    book.close()
    return buffer.getvalue()


def odf(kind: str, **members: bytes | str) -> bytes:
    """A small OpenDocument file, `text` or `spreadsheet`."""
    media = f"application/vnd.oasis.opendocument.{kind}"
    parts = {
        "mimetype": media,
        "content.xml": f'<?xml version="1.0" encoding="UTF-8"?><office:document-content '
        f'xmlns:office="{ODF}office:1.0" xmlns:text="{ODF}text:1.0"><office:scripts/><office:body>'
        f"<office:{kind}/></office:body></office:document-content>",
        "META-INF/manifest.xml": f'<?xml version="1.0"?><m:manifest xmlns:m="{ODF}manifest:1.0">'
        f'<m:file-entry m:full-path="/" m:media-type="{media}"/></m:manifest>',
    }
    return zipped(parts | {name.replace("__", "/"): value for name, value in members.items()})


def odt(**members: bytes | str) -> bytes:
    """A small OpenDocument text."""
    return odf("text", **members)


def ods(**members: bytes | str) -> bytes:
    """A small OpenDocument sheet."""
    return odf("spreadsheet", **members)


def picture(kind: str, size: tuple[int, int] = (40, 30), **options) -> bytes:
    """A small picture, PNG or JPEG."""
    buffer = io.BytesIO()
    Image.effect_noise(size, 60).convert("RGB").save(buffer, kind, **options)
    return buffer.getvalue()


def png() -> bytes:
    """A small PNG."""
    return picture("PNG")


def jpg() -> bytes:
    """A small JPEG."""
    return picture("JPEG")


def pdf(change: Callable[[PdfWriter], object] | None = None, pages: int = 1) -> bytes:
    """A PDF of blank pages, after `change` has acted on its writer."""
    writer, buffer = PdfWriter(), io.BytesIO()
    for _ in range(pages):
        writer.add_blank_page(595, 842)
    if change:
        change(writer)
    writer.write(buffer)
    writer.close()
    return buffer.getvalue()


def hidden_action(kind: str) -> Callable[[PdfWriter], object]:
    """An action of this kind when the document opens, its names written in hexadecimal."""

    def act(writer: PdfWriter) -> None:
        action = DictionaryObject({NameObject("/S"): NameObject(kind)})
        writer.root_object[NameObject("/OpenAction")] = writer._add_object(action)

    return act


def page_stream(data: bytes, *filters: str) -> Callable[[PdfWriter], object]:
    """Give the first page a content stream, written as it is."""

    def act(writer: PdfWriter) -> None:
        stream = StreamObject()
        stream._data = data
        stream[NameObject("/Filter")] = ArrayObject([NameObject(name) for name in filters])
        writer.pages[0][NameObject("/Contents")] = writer._add_object(stream)

    return act


def with_xfa(writer: PdfWriter) -> None:
    """A dynamic form."""
    form = DictionaryObject({NameObject("/XFA"): TextStringObject("<xdp/>")})
    writer.root_object[NameObject("/AcroForm")] = writer._add_object(form)


VALID: dict[str, Callable[[], bytes]] = {
    "pdf": pdf, "docx": docx, "xlsx": xlsx, "odt": odt, "ods": ods, "png": png, "jpg": jpg,
}  # fmt: skip


# --- bombs ------------------------------------------------------------------------------------


def zeros(megabytes: int) -> bytes:
    """Deflated zeros, made without holding them."""
    packer, piece = zlib.compressobj(9), bytes(1 << 20)
    return b"".join(packer.compress(piece) for _ in range(megabytes)) + packer.flush()


def pdf_stream_bomb(megabytes: int = 2000) -> bytes:
    """A page whose content inflates without end."""
    return pdf(page_stream(zeros(megabytes), "/FlateDecode"))


def pdf_double_bomb() -> bytes:
    """A stream deflated twice."""
    twice = zlib.compress(zeros(1000), 9)
    return pdf(page_stream(twice, "/FlateDecode", "/FlateDecode"))


def pdf_object_stream_bomb(megabytes: int = 500) -> bytes:
    """The catalogue hides in an object stream that inflates without end."""
    packed = zeros(megabytes)
    body = b"%PDF-1.5\n"
    at = len(body)
    body += b"1 0 obj\n<</Type/ObjStm/N 1/First 6/Filter/FlateDecode/Length %d>>stream\n" % len(
        packed
    )
    body += packed + b"\nendstream\nendobj\n"
    rows = b"".join(struct.pack(">BIB", *row) for row in [(0, 0, 0), (1, at, 0), (2, 1, 0)])
    table = len(body)
    body += (
        b"3 0 obj\n<</Type/XRef/Size 3/W[1 4 1]/Root 2 0 R/Length %d>>stream\n" % len(rows)
        + rows
        + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table
    )
    return body


def pdf_page_tree_bomb(depth: int = 24) -> bytes:
    """Pages that name the same pages twice at each level: millions of pages in a few bytes."""
    objects = [b"<</Type/Catalog/Pages 2 0 R>>"]
    for level in range(depth):
        objects.append(b"<</Type/Pages/Count 2/Kids[%d 0 R %d 0 R]>>" % (level + 3, level + 3))
    objects.append(b"<</Type/Page/MediaBox[0 0 9 9]>>")
    return assembled(objects)


def pdf_many_objects(count: int = 400_000) -> bytes:
    """A catalogue that leads to more objects than anybody needs."""
    kids = b" ".join(b"<</A[]>>" for _ in range(count))
    return assembled([b"<</Type/Catalog/Pages 2 0 R/X[%s]>>" % kids, b"<</Type/Pages/Kids[]>>"])


def pdf_deep(depth: int = 100_000) -> bytes:
    """Arrays within arrays."""
    nested = b"[" * depth + b"]" * depth
    return assembled([b"<</Type/Catalog/Pages 2 0 R/X %s>>" % nested, b"<</Type/Pages/Kids[]>>"])


def assembled(objects: list[bytes]) -> bytes:
    """A PDF written by hand from its objects, the first being the catalogue."""
    body, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        places.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    body += b"".join(b"%010d 00000 n \n" % place for place in places)
    body += b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(objects) + 1,
        table,
    )
    return body


def docx_bomb(megabytes: int = 1000) -> bytes:
    """A picture that inflates far too much."""
    return docx(word__media__image1=bytes(megabytes << 20))


def docx_members(count: int = 20_000) -> bytes:
    """Far too many members."""
    return docx(**{f"word__m{number}.xml": "<a/>" for number in range(count)})


def docx_lying_sizes() -> bytes:
    """The directory says that a large member is small."""
    content = bytearray(docx(word__media__image1=bytes(50 << 20)))
    real, said = struct.pack("<L", 50 << 20), struct.pack("<L", 10)
    return bytes(content.replace(real, said))


def docx_overlap() -> bytes:
    """Members that share one piece of data: the directory names it again and again."""
    content = docx(word__media__big=bytes(5 << 20))
    end = content.rfind(b"PK\x05\x06")
    count, length, start = struct.unpack("<HLL", content[end + 10 : end + 20])
    at = content.rfind(b"PK\x01\x02")
    entry, entries = content[at:end], content[start:end]
    copies = [
        entry.replace(b"word/media/big", b"word/media/b%02d" % number) for number in range(40)
    ]
    directory = entries + b"".join(copies)
    tail = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count + 40, count + 40, len(directory), start, 0)  # fmt: skip  # noqa: E501
    return content[:start] + directory + tail


def xml_bomb() -> bytes:
    """A billion laughs in the main part."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 12))
    text = f'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY l0 "lol">{entities}]><l>&l11;</l>'
    return docx(word__document=text, **{"word__document.xml": text})


def png_pixels(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG that says it has billions of pixels."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zeros(50)) + chunk(b"IEND")  # fmt: skip  # noqa: E501


def png_text_bomb() -> bytes:
    """A PNG whose comment inflates without end."""
    content = png()
    text = chunk(b"zTXt", b"Comment\0\0" + zeros(500))
    return content[:33] + text + content[33:]


def chunk(kind: bytes, data: bytes = b"") -> bytes:
    """One chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def jpg_pixels() -> bytes:
    """A JPEG that says it is 65,000 pixels wide and high."""
    content = bytearray(jpg())
    at = content.index(b"\xff\xc0") + 5
    content[at : at + 4] = struct.pack(">HH", 65_000, 65_000)
    return bytes(content)


def jpg_scans(count: int = 3000) -> bytes:
    """A progressive JPEG whose scans repeat thousands of times."""
    content = picture("JPEG", (2000, 2000), progressive=True)
    start = content.index(b"\xff\xda", len(content) // 3)
    end = content.find(b"\xff\xda", start + 2)
    end = end if end > 0 else len(content) - 2
    return content[:start] + content[start:end][:4000] * count + content[end:]


BOMBS: dict[str, tuple[str, Callable[[], bytes]]] = {
    "pdf_stream": ("pdf", pdf_stream_bomb),
    "pdf_double": ("pdf", pdf_double_bomb),
    "pdf_object_stream": ("pdf", pdf_object_stream_bomb),
    "pdf_page_tree": ("pdf", pdf_page_tree_bomb),
    "pdf_objects": ("pdf", pdf_many_objects),
    "pdf_deep": ("pdf", pdf_deep),
    "docx_inflated": ("docx", docx_bomb),
    "docx_members": ("docx", docx_members),
    "docx_lying": ("docx", docx_lying_sizes),
    "docx_overlap": ("docx", docx_overlap),
    "docx_nested": ("docx", lambda: docx(word__media__a=docx(word__media__b=docx_bomb(50)))),
    "xml_entities": ("docx", xml_bomb),
    "odt_inflated": ("odt", lambda: odt(Pictures__big=bytes(1000 << 20))),
    "png_pixels": ("png", png_pixels),
    "png_text": ("png", png_text_bomb),
    "jpg_pixels": ("jpg", jpg_pixels),
    "jpg_scans": ("jpg", jpg_scans),
}
