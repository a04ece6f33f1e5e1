"""How any upload enters the web process: to disk, up to a limit, and never as a 500."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler

from ilo_cms.documents.storage import NoSpaceError, full_disk_told
from ilo_cms.referentials.models import MAXIMUM_MEGABYTES, MEGABYTE


NO_SPACE = (
    "La plateforme n’a plus de place pour enregistrer votre fichier : rien n’a été enregistré. "
    "L’équipe technique en est avertie, réessayez plus tard."
)
NO_CHECK = (
    "Les fichiers ne peuvent pas être vérifiés pour le moment : rien n’a été enregistré. "
    "Réessayez dans quelques minutes."
)


#: What a script is answered when a file was not taken, by the refusal's code; 422 for all others.
#: After 429 it sends the same file again by itself.
STATUSES: dict[str | None, int] = {"conflict": 409, "busy": 429}


class BoundedUploadHandler(TemporaryFileUploadHandler):
    """Stops reading at the largest size that any type may have, or when the disk is full.

    The form then comes without its file; `stopped` of the request's handlers says why.
    """

    stopped = ""
    count = 0

    def new_file(self, *args, **kwargs) -> None:
        """Open a temporary file."""
        with self.full_disk_stops():
            super().new_file(*args, **kwargs)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        """Write one piece."""
        self.count += len(raw_data)
        if self.count > (MAXIMUM_MEGABYTES + 1) * MEGABYTE:
            self.stop("too_large")
        with self.full_disk_stops():
            super().receive_data_chunk(raw_data, start)

    @contextmanager
    def full_disk_stops(self) -> Iterator[None]:
        """Stop when a write fails for want of space."""
        try:
            with full_disk_told():
                yield
        except NoSpaceError:
            self.stop("no_space")

    def stop(self, reason: str) -> NoReturn:
        """Read the rest of the request to nowhere, so that the person gets an answer."""
        self.stopped = reason
        raise StopUpload(connection_reset=False)


def stop_reason(request) -> str:
    """Why the request's file was not taken: "too_large", "no_space", or "" when it was."""
    return next(filter(None, (getattr(h, "stopped", "") for h in request.upload_handlers)), "")
