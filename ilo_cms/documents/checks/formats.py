"""The formats that a document may have, and the one question: is this file what it says it is?"""

from dataclasses import dataclass
from pathlib import Path

from ilo_cms.documents.checks import image, office, pdf
from ilo_cms.documents.checks.refusal import EMPTY, Refused


#: Extension → the type under which a file is stored and served.
MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "odt": "application/vnd.oasis.opendocument.text",
    "ods": "application/vnd.oasis.opendocument.spreadsheet",
    "png": "image/png",
    "jpg": "image/jpeg",
}


@dataclass(frozen=True)
class Findings:
    """What is known of a file that may be kept."""

    is_encrypted: bool = False


def inspect(path: Path, extension: str, may_be_encrypted: bool) -> Findings:
    """Open a file by its format's own parser. Raises Refused with a sentence."""
    with path.open("rb") as file:
        if not file.read(1):
            raise Refused(EMPTY)
        file.seek(0)
        if extension == "pdf":
            return Findings(is_encrypted=pdf.inspect(file, may_be_encrypted))
        if extension in office.LABELS:
            office.inspect(file, extension)
        else:
            image.inspect(file, extension)
    return Findings()
