"""What may be kept: valid files pass, each trick gets its own sentence (SPEC D2)."""

import io
import random
import struct
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject
from weasyprint import HTML

from ilo_cms.documents.checks import archive, formats
from ilo_cms.documents.checks.names import LONGEST, RESERVED, clean_name, extension_of
from ilo_cms.documents.checks.refusal import TOO_COMPLEX, Refused
from ilo_cms.documents.checks.sandbox import inspect_apart
from tests.helpers import files


MACROS = "contient des macros"
LINKED = "contenu extérieur"
FILES_INSIDE = "autre fichier incorporé"
DAMAGED = "abîmé ou incomplet"
DISGUISED = "cache un autre contenu"
OTHER = "son contenu est autre chose"
ACTIVE = "élément actif"
ATTACHED = "pièce jointe"
LOCKED = "protégé par un mot de passe"
BIG_INSIDE = "trop gros une fois ouvert"

#: What a CV made by a word processor becomes, fonts, links and outline included.
REAL_PDF = (
    "<h1>Marina Vasseur</h1><p>Conseil <a href='https://conseil-sol.example'>Conseil Sol</a></p>"
    + "<h2>Missions</h2><p style='page-break-before: always'>Diagnostic partagé</p>" * 3
)


def inspect(tmp_path, content: bytes, extension: str, locked: bool = False):
    path = tmp_path / "file"
    path.write_bytes(content)
    return formats.inspect(path, extension, locked)


def refusal(tmp_path, content: bytes, extension: str) -> str:
    with pytest.raises(Refused) as caught:
        inspect(tmp_path, content, extension)
    return caught.value.sentence


@pytest.mark.parametrize("extension", files.VALID)
def test_a_valid_file_of_each_format_passes(tmp_path, extension):
    assert not inspect(tmp_path, files.VALID[extension](), extension).is_encrypted


def test_a_pdf_of_the_real_world_passes(tmp_path):
    inspect(tmp_path, HTML(string=REAL_PDF).write_pdf(), "pdf")


@pytest.mark.parametrize("given", files.VALID)
def test_a_file_named_as_another_format_is_refused(tmp_path, given):
    for extension in files.VALID:
        if extension != given:
            assert refusal(tmp_path, files.VALID[given](), extension).endswith(
                ("nouveau.", "essayez.")
            )


def annotation(kind: str):
    def act(writer: PdfWriter) -> None:
        note = DictionaryObject({NameObject("/Subtype"): NameObject(kind)})
        writer.pages[0][NameObject("/Annots")] = writer._add_object(note)

    return act


def hexadecimal(content: bytes, name: bytes) -> bytes:
    """The same name, written so that a search of the bytes does not find it."""
    assert name in content
    return content.replace(name, b"".join(b"#%02x" % byte for byte in name))


ZIP = files.docx()
SECOND = {"docProps/app.xml": "<a/>"}
REFUSED = [
    ("empty", "pdf", b"", "est vide"),
    ("html as pdf", "pdf", b"<html><body>Bonjour</body></html>", OTHER),
    ("pdf with a page", "pdf", b"%PDF-1.4\n<html><script>1</script>" + files.pdf(), DISGUISED),
    ("pdf cut", "pdf", files.pdf()[:200], DAMAGED),
    ("pdf then zip", "pdf", files.pdf() + ZIP, DISGUISED),
    ("pdf then more", "pdf", files.pdf() + b"x" * 20, DISGUISED),
    ("junk before pdf", "pdf", b"GIF89a" + files.pdf(), OTHER),
    ("pdf javascript", "pdf", files.pdf(files.hidden_action("/JavaScript")), ACTIVE),
    ("pdf launch", "pdf", files.pdf(files.hidden_action("/Launch")), ACTIVE),
    (
        "pdf launch in hexadecimal",
        "pdf",
        hexadecimal(files.pdf(files.hidden_action("/Launch")), b"Launch"),
        ACTIVE,
    ),
    ("pdf xfa", "pdf", files.pdf(files.with_xfa), ACTIVE),
    ("pdf rich media", "pdf", files.pdf(annotation("/RichMedia")), ACTIVE),
    ("pdf file note", "pdf", files.pdf(annotation("/FileAttachment")), ATTACHED),
    ("pdf attachment", "pdf", files.pdf(lambda w: w.add_attachment("a.exe", b"MZ")), ATTACHED),
    ("pdf without pages", "pdf", files.assembled([b"<</Type/Catalog>>"]), DAMAGED),
    ("docx macro", "docx", files.docx(**{"word__vbaProject.bin": b""}), MACROS),
    ("docx activex", "docx", files.docx(**{"word__activeX__activeX1.xml": "<a/>"}), MACROS),
    (
        "docx macro type",
        "docx",
        files.docx(
            **{"[Content_Types].xml": '<Types><Override ContentType="application/'
               'vnd.ms-word.document.macroEnabled.main+xml"/></Types>'}
        ),
        MACROS,
    ),
    ("docx ole", "docx", files.docx(word__embeddings__o=b"\xd0\xcf\x11\xe0"), FILES_INSIDE),
    ("docx program", "docx", files.docx(word__media__image1=b"MZ\x90"), FILES_INSIDE),
    ("docx nested", "docx", files.docx(word__media__image1=ZIP), FILES_INSIDE),
    (
        "docx remote template",
        "docx",
        files.docx(
            **{"word___rels__s.rels": files.relationships(
                ("attachedTemplate", "https://ailleurs.example/m.dotm", "External"))}
        ),
        LINKED,
    ),
    (
        "docx template on a share",
        "docx",
        files.docx(
            **{"word___rels__s.rels": files.relationships(
                ("attachedTemplate", "file://ailleurs/m.dotm", "External"))}
        ),
        LINKED,
    ),
    (
        "docx ole link",
        "docx",
        files.docx(**{"word___rels__d.rels": files.relationships(("oleObject", "e.bin", ""))}),
        FILES_INSIDE,
    ),
    (
        "docx outside picture",
        "docx",
        files.docx(
            **{"word___rels__d.rels": files.relationships(
                ("image", "https://ailleurs.example/x.png", "External"))}
        ),
        LINKED,
    ),
    (
        "docx script link",
        "docx",
        files.docx(
            **{"word___rels__d.rels": files.relationships(
                ("hyperlink", "javascript:alert(1)", "External"))}
        ),
        LINKED,
    ),
    (
        "docx dde field",
        "docx",
        files.docx(**{"word__document.xml": "<d><w:instrText xmlns:w='x'> DDEAUTO c:\\\\cmd"
                      "</w:instrText></d>"}),
        LINKED,
    ),
    ("docx entities", "docx", files.xml_bomb(), DISGUISED),
    (
        "docx utf-16",
        "docx",
        files.docx(**{"word__document.xml": '<?xml version="1.0" encoding="UTF-16"?><d/>'.encode(
            "utf-16")}),
        DISGUISED,
    ),
    ("docx without document", "docx", files.zipped({"word/document.xml": "<a/>"}), DAMAGED),
    ("zip as docx", "docx", files.zipped({"a.txt": "bonjour"}), DAMAGED),
    ("zip then more", "docx", ZIP + b"<html>", DISGUISED),
    ("zip with a comment", "docx", ZIP[:-2] + b"\x04\x00html", DISGUISED),
    ("junk before zip", "docx", b"%PDF-1.4\n" + ZIP, DAMAGED),
    ("path up", "docx", files.docx(**{"..__..__evil.xml": "<a/>"}), DISGUISED),
    ("whole path", "docx", files.docx(**{"__evil.xml": "<a/>"}), DISGUISED),
    ("backslash", "docx", files.docx(**{"word\\evil.xml": "<a/>"}), DISGUISED),
    ("same name twice", "docx", files.docx(**{"WORD__document.xml": "<a/>"}), DISGUISED),
    ("odt macro", "odt", files.odt(Basic__Standard="x"), MACROS),
    ("odt script", "odt", files.odt(Scripts__a="x"), MACROS),
    (
        "odt listener under another prefix",
        "odt",
        files.odt(**{"content.xml": "<o:document-content xmlns:o='urn:o' xmlns:z="
                     f"'{files.ODF}script:1.0'><z:event-listener/></o:document-content>"}),
        MACROS,
    ),
    (
        "odt ole",
        "odt",
        files.odt(**{"content.xml": f"<a xmlns:d='{files.ODF}drawing:1.0'><d:object-ole/></a>"}),
        LINKED,
    ),
    (
        "odt locked",
        "odt",
        files.odt(**{"META-INF__manifest.xml": f"<m:manifest xmlns:m='{files.ODF}manifest:1.0'>"
                     "<m:encryption-data/></m:manifest>"}),
        LOCKED,
    ),
    ("odt mimetype deflated", "odt", files.zipped({"mimetype": "x"}, ()), DAMAGED),
    ("png then zip", "png", files.png() + ZIP, DISGUISED),
    ("png then more", "png", files.png() + b"GIF89a", DISGUISED),
    ("png with a page", "png", files.png()[:-12] + b"<script>", DISGUISED),
    ("png cut", "png", files.png()[:-40], DAMAGED),
    ("jpg then more", "jpg", files.jpg() + b"MZ", DISGUISED),
    ("jpg with a page", "jpg", files.jpg()[:-2] + b"<SCRIPT>\xff\xd9", DISGUISED),
    ("jpg cut", "jpg", files.jpg()[:400] + b"\xff\xd9", DAMAGED),
]  # fmt: skip


@pytest.mark.parametrize(("extension", "content", "words"), [c[1:] for c in REFUSED], ids=[c[0] for c in REFUSED])  # fmt: skip  # noqa: E501
def test_a_trick_gets_its_sentence(tmp_path, extension, content, words):
    sentence = refusal(tmp_path, content, extension)
    assert words in sentence
    assert sentence.endswith(".") and "{" not in sentence


def test_a_template_on_the_author_s_disk_and_links_to_click_pass(tmp_path):
    rows = files.relationships(
        ("attachedTemplate", "file:///C:\\Users\\Marina\\Modele.dotx", "External"),
        ("hyperlink", "https://conseil-sol.example", "External"),
        ("image", "media/image1.png", ""),
    )
    inspect(tmp_path, files.docx(**{"word___rels__document.xml.rels": rows}), "docx")


def test_members_that_share_their_bytes_are_refused(tmp_path):
    noise = random.Random(1).randbytes(50_000)
    content = files.docx(word__media__a=noise)
    end, at = content.rfind(b"PK\x05\x06"), content.rfind(b"PK\x01\x02")
    copy = content[at:end].replace(b"word/media/a", b"word/media/b")
    mark = list(archive.END.unpack(content[end:]))
    mark[3:6] = [mark[3] + 1, mark[4] + 1, mark[5] + len(copy)]
    shared = content[:end] + copy + archive.END.pack(*mark)
    with zipfile.ZipFile(io.BytesIO(shared)) as opened:
        assert len(opened.namelist()) == 5
    assert DISGUISED in refusal(tmp_path, shared, "docx")


def test_an_encrypted_member_is_refused(tmp_path):
    content = bytearray(files.docx())
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.rfind(mark) + offset
        content[at : at + 2] = struct.pack("<H", 1)
    assert LOCKED in refusal(tmp_path, bytes(content), "docx")


def test_a_locked_pdf_passes_only_where_the_type_allows_it(tmp_path):
    content = files.pdf(lambda writer: writer.encrypt("secret", algorithm="AES-256"))
    assert LOCKED in refusal(tmp_path, content, "pdf")
    assert inspect(tmp_path, content, "pdf", locked=True).is_encrypted


def test_a_pdf_locked_against_changes_only_is_looked_into(tmp_path):
    def lock(writer):
        writer.encrypt("", owner_password="secret", algorithm="AES-256")

    assert not inspect(tmp_path, files.pdf(lock), "pdf").is_encrypted
    both = files.pdf(lambda writer: (files.with_xfa(writer), lock(writer)))
    assert ACTIVE in refusal(tmp_path, both, "pdf")


@pytest.mark.parametrize("bomb", files.BOMBS)
def test_each_bomb_is_refused_at_a_safe_distance(tmp_path, bomb):
    extension, make = files.BOMBS[bomb]
    path = tmp_path / "bomb"
    path.write_bytes(make())
    with pytest.raises(Refused):
        inspect_apart(path, extension, False)


def test_a_pdf_of_too_many_objects_is_refused_before_they_are_read(tmp_path):
    few, many = (b"[%s]" % (b"<</A[]>>" * count) for count in (1_000, 200_000))
    unread = [b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Pages/Kids[3 0 R]/Count 1>>"]
    unread.append(b"<</Type/Page/Parent 2 0 R>>")
    assert refusal(tmp_path, files.assembled([*unread, many]), "pdf") == TOO_COMPLEX
    inspect(tmp_path, files.assembled([*unread, few]), "pdf")


def spin(*_: object) -> None:
    while True:
        pass


def devour(*_: object) -> None:
    bytearray(3_000_000_000)


def die(*_: object) -> None:
    raise SystemExit(1)


@pytest.mark.parametrize("parser", [spin, devour, die])
def test_a_parser_that_never_ends_grows_or_dies_only_loses_its_own_process(
    tmp_path, monkeypatch, parser
):
    from ilo_cms.documents.checks import sandbox

    monkeypatch.setattr(sandbox, "answer", parser_behind_limits(parser))
    path = tmp_path / "file"
    path.write_bytes(files.pdf())
    with pytest.raises(Refused, match="trop complexe"):
        inspect_apart(path, "pdf", False)


def parser_behind_limits(parser):
    """The child's work with this parser in place of the real one, picklable by its name."""
    return {spin: limited_spin, devour: limited_devour, die: limited_die}[parser]


def limited(parser, *arguments) -> None:
    from ilo_cms.documents.checks import sandbox

    sandbox.inspect, sandbox.CPU_SECONDS = parser, 1
    sandbox.answer(*arguments)


def limited_spin(*arguments) -> None:
    limited(spin, *arguments)


def limited_devour(*arguments) -> None:
    limited(devour, *arguments)


def limited_die(*arguments) -> None:
    limited(die, *arguments)


@pytest.mark.parametrize(
    ("given", "cleaned"),
    [
        ("cv.pdf", "cv.pdf"),
        ("CV Marina (2026).PDF", "CV Marina (2026).PDF"),
        ("été\u0301.pdf", "été\u0301.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\Marina\\cv.pdf", "cv.pdf"),
        ("cv\u202efdp.exe", "cv fdp.exe"),
        ("a\0b\n.pdf", "a b.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("com1.2026.pdf", "_com1.2026.pdf"),
        (".pdf", "document.pdf"),
        ("\u200b\u202e", "document"),
        ("", "document"),
        ("x" * 300 + ".pdf", "x" * (LONGEST - 4) + ".pdf"),
        ('a<b>c:"d|e?f*.pdf', "a_b_c__d_e_f_.pdf"),
        ("cv.pdf. .", "cv.pdf"),
    ],
)
def test_names_are_made_harmless(given, cleaned):
    assert clean_name(given) == cleaned


@given(st.text(max_size=400))
def test_any_name_becomes_one_that_any_system_accepts(name):
    cleaned = clean_name(name)
    assert 0 < len(cleaned) <= LONGEST
    assert not set(cleaned) & set('/\\\0<>:"|?*\u202e\u200f\n')
    assert cleaned == cleaned.strip(". ") and cleaned.isprintable()
    assert not RESERVED.fullmatch(cleaned.split(".")[0])
    assert clean_name(cleaned) == cleaned


@given(st.text(max_size=300), st.sampled_from([*files.VALID, "jpeg", "PDF"]))
def test_the_extension_survives_whatever_stands_before_it(stem, extension):
    wanted = "jpg" if extension == "jpeg" else extension.lower()
    assert extension_of(clean_name(f"{stem}.{extension}")) == wanted


@given(st.binary(max_size=300), st.sampled_from(["docx", "odt", "png", "jpg", "pdf"]))
def test_any_bytes_are_refused_with_a_sentence(tmp_path_factory, content, extension):
    path = tmp_path_factory.mktemp("any") / "file"
    starts = {"pdf": b"%PDF-", "png": files.png()[:8], "jpg": b"\xff\xd8\xff"}
    path.write_bytes(starts.get(extension, b"PK\x03\x04") + content)
    with pytest.raises(Refused):
        formats.inspect(path, extension, False)


DAMAGES = st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1)


@given(st.sampled_from(["docx", "odt", "xlsx"]), st.sampled_from(["docx", "odt", "xlsx"]), DAMAGES)
def test_a_damaged_archive_never_crashes_its_inspector(tmp_path_factory, made, named, damages):
    content = bytearray(getattr(files, made)())
    for place, byte in damages:
        content[int(place * len(content))] = byte
    path = tmp_path_factory.mktemp("zip") / "file"
    path.write_bytes(content)
    try:
        formats.inspect(path, named, False)
    except Refused as refusal:
        assert refusal.sentence


def test_the_samples_are_what_they_claim():
    assert len(PdfReader(io.BytesIO(files.pdf(pages=3))).pages) == 3
