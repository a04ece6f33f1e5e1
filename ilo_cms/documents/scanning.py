"""Giving a verdict to each file: an outage of clamd delays it, and loses nothing."""

import logging
from collections.abc import Callable

from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import logged, record
from ilo_cms.documents import clamav, storage
from ilo_cms.documents.models import WAITING, Document, Scan
from ilo_cms.notifications.services import notify


logger = logging.getLogger(__name__)

STATE_OF = {
    clamav.Verdict.CLEAN: Scan.SAFE,
    clamav.Verdict.INFECTED: Scan.INFECTED,
    clamav.Verdict.FAILED: Scan.ERROR,
}
#: What the rooms that know whose a file is do when it is infected.
_when_infected: list[Callable[[Document], None]] = []


def when_infected(tell: Callable[[Document], None]) -> None:
    """Have this called with each file that the antivirus refuses, in the verdict's transaction."""
    if tell not in _when_infected:
        _when_infected.append(tell)


def scan_document(document_id: str) -> None:
    """Scan one file that awaits it. Raises OutageError, after which it still awaits it."""
    row = Document.objects.awaiting_scan(timezone.now()).filter(pk=document_id).first()
    if row is None:
        return
    try:
        with storage.open_content(row.digest) as content:
            verdict, words = clamav.scan(content)
    except FileNotFoundError:
        verdict, words = clamav.Verdict.FAILED, "the content is missing"
    store_verdict(document_id=row.pk, scan=STATE_OF[verdict], words=words)


@logged
def store_verdict(*, document_id, scan: Scan, words: str) -> None:
    """Write what clamd said; administrators are told of an infected file, but of no sealed one.

    Of that one its authors are told, and the administrators when it is opened (SPEC T9).
    """
    rows = Document.objects.select_for_update(of=("self",)).filter(scan__in=WAITING)
    row = rows.select_related("organisation", "type").filter(pk=document_id).first()
    if row is None:  # another worker was faster
        return
    row.scan, row.scan_detail, row.scanned_at = scan, words[:200], timezone.now()
    row.save(update_fields=["scan", "scan_detail", "scanned_at"])
    if scan == Scan.ERROR:
        logger.error("clamd cannot scan document %s: %s", row.pk, words)
    if scan != Scan.INFECTED:
        return
    for tell in _when_infected:
        tell(row)
    if not Document.objects.sealed().filter(pk=row.pk).exists():
        tell_administrators(row)


def tell_administrators(row: Document) -> None:
    """Log an infected file and tell the administrators of it; within a logged act."""
    record(
        "document.infected",
        actor=None,
        target=row,
        organisation=row.organisation,
        found=row.scan_detail,
    )
    notify(
        "document.infected",
        recipients=User.objects.filter(is_administrator=True, is_active=True),
        organisation_id=None,
        path=reverse("document:inspect", args=[row.pk]),
        organisation=row.organisation,
        name=row.name,
        found=row.scan_detail,
    )


def scan_waiting() -> int:
    """Scan all that awaits it, oldest first; stop at the first sign of an outage.

    The file at which a round stopped comes last in the next one: clamd may be well and the file
    break it, and then all others would wait for ever.
    Without CLAMD_URL nothing awaits any more: the checks alone are trusted, and screens say so.
    """
    waiting = Document.objects.awaiting_scan(timezone.now()).order_by(
        F("scanned_at").asc(nulls_first=True), "created_at"
    )
    if not clamav.is_configured():
        return waiting.update(scan=Scan.UNSCANNED)
    scanned = 0
    for key in list(waiting.values_list("pk", flat=True)[:1000]):
        try:
            scan_document(str(key))
        except clamav.OutageError as error:
            logger.warning("clamd does not answer, files wait: %s", error)
            tried = Document.objects.filter(pk=key, scan__in=WAITING)
            tried.update(scanned_at=timezone.now())
            break
        scanned += 1
    return scanned
