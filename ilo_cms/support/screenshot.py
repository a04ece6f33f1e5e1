"""A screenshot is never kept as it came: it is read, checked and drawn anew.

What is stored is a JPEG of our own making, without metadata and whatever else the file held.
"""

import io

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from PIL import Image, ImageFile, ImageOps


MAXIMUM_BYTES = 5 * 1024 * 1024
#: A small file may hold a huge picture: forty million pixels take 120 MB to draw.
MAXIMUM_PIXELS = 40_000_000
#: Longest side of what is kept.
KEPT_SIDE = 2000
FORMATS = ["PNG", "JPEG"]
HINT = "Image PNG ou JPEG, 5 Mo au plus. N’y laissez rien de confidentiel."
NOT_AN_IMAGE = (
    "Ce fichier n’est pas une image PNG ou JPEG lisible. Faites une nouvelle capture d’écran et "
    "choisissez-la ; le texte que vous avez saisi est gardé."
)
TOO_LARGE = "Cette image a trop de points. Recadrez-la, puis choisissez-la de nouveau."


def clean_screenshot(file: UploadedFile) -> bytes:
    """The picture of a file as a JPEG. Raises ValidationError, in words, unless it is a fit one."""
    if (file.size or 0) > MAXIMUM_BYTES:
        raise ValidationError(
            "Cette image dépasse 5 Mo. Réduisez-la ou recadrez-la, puis choisissez-la de nouveau.",
            code="size",
        )
    content = file.read()
    try:
        checked(content)
        return drawn(content)
    except ValidationError:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ValidationError(TOO_LARGE, code="pixels") from error
    except Exception as error:  # noqa: BLE001  each decoder fails in its own ways on a bad file
        raise ValidationError(NOT_AN_IMAGE, code="image") from error


def opened(content: bytes) -> Image.Image:
    """The picture before anything is drawn; only PNG and JPEG are tried."""
    return Image.open(io.BytesIO(content), formats=FORMATS)


def checked(content: bytes) -> None:
    """Raise unless the file is whole, still, and of a size that can be drawn."""
    image = opened(content)
    width, height = image.size
    if width * height > MAXIMUM_PIXELS:
        raise ValidationError(TOO_LARGE, code="pixels")
    if getattr(image, "is_animated", False):
        raise ValidationError("Une image animée n’est pas acceptée.", code="animated")
    image.verify()


def drawn(content: bytes) -> bytes:
    """The same picture upright, on white, 2,000 points wide at most, and nothing else."""
    # WeasyPrint, once imported, lets the whole process draw pictures whose end is missing.
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    image = opened(content)
    image = image.convert("RGBA" if image.has_transparency_data else "RGB")
    image.thumbnail((KEPT_SIDE, KEPT_SIDE))
    image = ImageOps.exif_transpose(image)
    kept = Image.new("RGB", image.size, "white")
    kept.paste(image, mask=image.getchannel("A") if image.mode == "RGBA" else None)
    buffer = io.BytesIO()
    kept.save(buffer, format="JPEG", quality=85)
    return buffer.getvalue()
