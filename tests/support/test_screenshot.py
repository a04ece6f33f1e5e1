"""Screenshots: what is refused, in words, and what is left of a picture that is kept (SPEC A13)."""

import io
import struct
import zlib

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from ilo_cms.support.screenshot import KEPT_SIDE, MAXIMUM_BYTES, clean_screenshot


def uploaded(content: bytes, name: str = "capture.png") -> SimpleUploadedFile:
    """A file as a form receives it, whose name and type say PNG whatever it holds."""
    return SimpleUploadedFile(name, content, content_type="image/png")


def picture(kind="PNG", size=(60, 40), mode="RGB", color=None, **options) -> bytes:
    """A small picture."""
    buffer = io.BytesIO()
    Image.new(mode, size, color).save(buffer, format=kind, **options)
    return buffer.getvalue()


def kept(content: bytes) -> Image.Image:
    """What is stored of a file, read again."""
    return Image.open(io.BytesIO(clean_screenshot(uploaded(content))))


def png_of(width: int, height: int) -> bytes:
    """A PNG that says it is this large and holds almost nothing: a bomb once it is drawn."""

    def chunk(name, data):
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    drawn = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", drawn) + chunk(b"IEND", b"")
    )


def with_wrong_sum() -> bytes:
    """A PNG whose pixels can be read but not trusted: their checksum is another's."""
    content = bytearray(picture())
    content[-16] ^= 0xFF  # the last byte of the sum before the IEND chunk
    content[-13] ^= 0xFF
    return bytes(content)


def animated() -> bytes:
    """A PNG of two frames."""
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), color) for color in ("red", "blue")]
    frames[0].save(buffer, format="PNG", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


REFUSED = {
    "empty picture": picture()[:8],
    "truncated PNG": picture(size=(600, 400))[:-200],
    "PNG of a wrong sum": with_wrong_sum(),
    "truncated JPEG": picture("JPEG", size=(600, 400))[:-900],
    "HTML named .png": b"<html><script>alert(1)</script></html>",
    "SVG": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "GIF": picture("GIF"),
    "BMP": picture("BMP"),
    "WEBP": picture("WEBP"),
    "TIFF": picture("TIFF"),
    "PDF": b"%PDF-1.7\n%%EOF",
    "ZIP": b"PK\x03\x04" + b"\0" * 60,
    "random": bytes(range(256)) * 4,
    "animated PNG": animated(),
    "40,000 × 40,000": png_of(40_000, 40_000),
    "10,000 × 10,000": png_of(10_000, 10_000),
    "6,401 × 6,250": png_of(6_401, 6_250),
    "huge side": png_of(2**31 - 1, 1),
    "no side": png_of(0, 0),
    "too many bytes": picture() + b"\0" * MAXIMUM_BYTES,
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_not_a_fit_picture_is_refused_in_words(case):
    with pytest.raises(ValidationError) as refusal:
        clean_screenshot(uploaded(REFUSED[case]))
    (sentence,) = refusal.value.messages
    assert sentence.endswith(".")
    assert "Errno" not in sentence


@pytest.mark.parametrize("size", [(40_000, 40_000), (10_000, 10_000), (6_401, 6_250)])
def test_a_bomb_is_refused_before_anything_is_drawn(size, monkeypatch):
    monkeypatch.setattr(Image.Image, "load", lambda self: pytest.fail("it was drawn"))
    with pytest.raises(ValidationError, match="trop de points"):
        clean_screenshot(uploaded(png_of(*size)))


def test_the_limit_of_bytes_is_inclusive():
    content = picture("JPEG")
    clean_screenshot(uploaded(content + b"\0" * (MAXIMUM_BYTES - len(content))))
    with pytest.raises(ValidationError, match="5 Mo"):
        clean_screenshot(uploaded(content + b"\0" * (MAXIMUM_BYTES - len(content) + 1)))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "L", "LA", "P", "1", "I;16"])
def test_every_kind_of_png_is_drawn_anew(mode):
    image = kept(picture(mode=mode))
    assert (image.format, image.mode, image.size) == ("JPEG", "RGB", (60, 40))


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_every_kind_of_jpeg_is_drawn_anew(mode):
    assert kept(picture("JPEG", mode=mode)).mode == "RGB"


def test_what_is_transparent_becomes_white():
    image = kept(picture(mode="RGBA", color=(255, 0, 0, 0)))
    assert image.getpixel((30, 20)) == (255, 255, 255)


@pytest.mark.parametrize("size", [(4000, 100), (100, 4000), (6000, 6000)])
def test_a_large_picture_is_made_smaller(size):
    assert max(kept(picture(size=size)).size) == KEPT_SIDE


def test_nothing_but_the_picture_is_kept():
    words = PngImagePlugin.PngInfo()
    words.add_text("Comment", "secret-texte")
    exif = Image.Exif()
    exif[0x010E] = "secret-exif"
    for content in (
        picture(pnginfo=words, exif=exif, icc_profile=b"secret-icc" * 20),
        picture("JPEG", exif=exif, comment=b"secret-commentaire", icc_profile=b"secret-icc" * 20),
        picture() + b"secret-suite<script>",
    ):
        drawn = clean_screenshot(uploaded(content))
        assert b"secret" not in drawn
        assert not Image.open(io.BytesIO(drawn)).getexif()


def test_a_turned_picture_is_put_upright():
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    assert kept(picture("JPEG", exif=exif)).size == (40, 60)


@settings(max_examples=150)
@given(
    at=st.integers(0, 400),
    value=st.binary(min_size=1, max_size=30),
    kind=st.sampled_from(["PNG", "JPEG"]),
)
def test_a_damaged_picture_is_refused_or_drawn_and_never_an_error(at, value, kind):
    content = bytearray(picture(kind, size=(30, 30)))
    content[at : at + len(value)] = value
    try:
        drawn = clean_screenshot(uploaded(bytes(content)))
    except ValidationError:
        return
    assert Image.open(io.BytesIO(drawn)).format == "JPEG"


@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_words(content):
    with pytest.raises(ValidationError):
        clean_screenshot(uploaded(content))
