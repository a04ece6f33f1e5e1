"""How any upload enters the web process: to disk, up to a limit, and never as a 500."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadhandler import StopUpload, TemporaryFileUploadHandler
from django.forms import BaseForm
from django.http import HttpRequest

from ilo_cms.documents.checks.sandbox import UnavailableError
from ilo_cms.documents.services import too_large
from ilo_cms.documents.storage import NoSpaceError, full_disk_told
from ilo_cms.referentials.models import MAXIMUM_MEGABYTES, MEGABYTE, DocumentType


NO_SPACE = (
    "La plateforme n’a plus de place pour enregistrer votre fichier : rien n’a été enregistré. "
    "L’équipe technique en est avertie, réessayez plus tard."
)
NO_CHECK = (
    "Les fichiers ne peuvent pas être vérifiés pour le moment : rien n’a été enregistré. "
    "Réessayez dans quelques minutes."
)
TOO_MUCH = (
    f"Ce que vous joignez à ce formulaire dépasse {MAXIMUM_MEGABYTES} Mo : rien n’a été "
    "enregistré. Réduisez-le (images moins grandes, PDF allégé), puis réessayez."
)
NO_FILE = "Choisissez d’abord un fichier sur votre ordinateur."
#: What a script is answered when a file was not taken, by the refusal's code; 422 for all others.
#: After 429 it sends the same file again by itself.
STATUSES: dict[str | None, int] = {"conflict": 409, "closed": 409, "busy": 429}
#: Why a service may not take a file through no fault of its sender, and any reason at all.
OUTAGES = (NoSpaceError, UnavailableError)
REFUSALS = (ValidationError, PermissionDenied, *OUTAGES)


def refusal(error: Exception) -> tuple[str, int]:
    """What a person reads of a file that was not taken (one of `REFUSALS`), and the status."""
    if isinstance(error, NoSpaceError):
        return NO_SPACE, 503
    if isinstance(error, UnavailableError):
        return NO_CHECK, 503
    if isinstance(error, ValidationError):
        return error.messages[0], STATUSES.get(getattr(error, "code", None), 422)
    return str(error), 403


def no_file(request: HttpRequest, document_type: DocumentType) -> tuple[str, int]:
    """Why a form came without its file, and the status: it was stopped, or none was chosen."""
    reason = stop_reason(request)
    if reason == "too_large":
        return too_large(document_type), 422
    return (NO_SPACE, 503) if reason == "no_space" else (NO_FILE, 422)


def came_whole(request: HttpRequest, form: BaseForm) -> bool:
    """Whether a bound form lost no file on the way; why, where not, stands among its errors.

    What came before the file that was stopped is there: without asking, it would pass for all.
    """
    lost = {"too_large": TOO_MUCH, "no_space": NO_SPACE}.get(stop_reason(request))
    if lost:
        form.add_error(None, lost)
    return lost is None


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


def stop_reason(request: HttpRequest) -> str:
    """Why the request's file was not taken: "too_large", "no_space", or "" when it was."""
    return next(filter(None, (getattr(h, "stopped", "") for h in request.upload_handlers)), "")
