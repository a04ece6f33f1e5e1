"""Several documents as one ZIP, streamed: never on disk, never whole in memory (SPEC D3, G3).

Each file is logged as read when it is put in. One that may not leave, or that the storage lost, is
told in index.txt and breaks nothing.
"""

import logging
import zipfile
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.core.exceptions import PermissionDenied
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from ilo_cms.accounts.models import User
from ilo_cms.documents.checks.names import clean_name
from ilo_cms.documents.models import Document
from ilo_cms.documents.policies import can_read
from ilo_cms.documents.services import open_for_reading


logger = logging.getLogger(__name__)

PIECE = 64 * 1024
INDEX = "index.txt"


class Pipe:
    """Where the ZIP is written: it keeps only what the reader has not taken yet."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        """Take some bytes."""
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def taken(self) -> Iterator[bytes]:
        """What was written since the last time."""
        pieces, self.pieces = self.pieces, []
        yield from pieces


def archived(documents: Iterable[Document], acting_user: User) -> Iterator[bytes]:
    """The bytes of the ZIP of these documents, which this person may see, with its index."""
    pipe, lines, taken = Pipe(), [], {INDEX}
    # What is kept is compressed already: PDF, office documents, pictures.
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_STORED) as archive:  # type: ignore[arg-type]
        for document in documents:
            name = unique(f"{document.type} - {document.name}", taken)
            trouble = ""
            try:
                can_read(None, document).enforce()
                with open_for_reading(document=document, acting_user=acting_user) as content:
                    entry = zipfile.ZipInfo(name, local_time(document.created_at))
                    entry.file_size = document.size
                    with archive.open(entry, "w") as place:
                        while piece := content.read(PIECE):
                            place.write(piece)
                            yield from pipe.taken()
            except OSError:
                logger.exception("The content of document %s cannot be archived", document.pk)
                trouble = "absent : la plateforme ne peut pas lire ce fichier pour le moment"
            except PermissionDenied as error:
                trouble = f"absent : {error}"
            lines.append(line(document, name, trouble))
            yield from pipe.taken()
        archive.writestr(INDEX, "\ufeff" + "".join(lines or ["Aucune pièce.\r\n"]))
    yield from pipe.taken()


def unique(name: str, taken: set[str]) -> str:
    """A safe name that no earlier file has, whatever the case: the second gets a number."""
    name = clean_name(name.replace("/", "-").replace("\\", "-"))
    stem, dot, extension = name.rpartition(".")
    candidate, number = name, 2
    while candidate.casefold() in taken:
        candidate = f"{stem} ({number}){dot}{extension}"
        number += 1
    taken.add(candidate.casefold())
    return candidate


def local_time(moment: datetime) -> tuple[int, int, int, int, int, int]:
    """A moment as a ZIP writes it."""
    local = timezone.localtime(moment)
    return (local.year, local.month, local.day, local.hour, local.minute, local.second)


def line(document: Document, name: str, trouble: str) -> str:
    """What the index says of one document."""
    facts = [
        name,
        f"{document.organisation}",
        f"déposé le {timezone.localtime(document.created_at):%d/%m/%Y}",
        f"valable jusqu’au {document.expires_on:%d/%m/%Y}" if document.expires_on else "",
        f"{document.size} octets",
        f"SHA-256 {document.digest}",
        trouble,
    ]
    return " ; ".join(filter(None, facts)) + "\r\n"


def archive_response(
    name: str, documents: Iterable[Document], acting_user: User
) -> StreamingHttpResponse:
    """The download of a ZIP."""
    header = content_disposition_header(True, clean_name(f"{name}.zip"))
    return StreamingHttpResponse(
        archived(documents, acting_user),
        content_type="application/zip",
        headers={
            "Content-Disposition": str(header),
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "private, no-store",
        },
    )
