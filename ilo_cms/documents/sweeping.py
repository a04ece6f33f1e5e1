"""Removing what nothing names: contents whose deposit failed, and half-arrived files."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.utils import timezone

from ilo_cms.audit.services import logged
from ilo_cms.documents import storage
from ilo_cms.documents.models import Document


@dataclass(frozen=True)
class Swept:
    """How many files a sweep removed."""

    orphans: int
    half_arrived: int


def sweep() -> Swept:
    """Remove what is older than a day and that no row names. Safe beside running deposits."""
    now = timezone.now()
    orphans = sum(remove_orphan(digest=digest, now=now) for digest in unnamed())
    return Swept(orphans, storage.sweep_incoming(now))


def unnamed() -> Iterator[str]:
    """Digests of kept contents that no row names, as it seems now."""
    kept = storage.contents()
    while batch := list(islice(kept, 500)):
        named = Document.objects.filter(digest__in=batch).values_list("digest", flat=True)
        yield from set(batch) - set(named)


@logged
def remove_orphan(*, digest: str, now: datetime) -> bool:
    """Remove one content, asking again under the lock that every deposit takes to write its row."""
    try:
        if Document.objects.filter(digest=digest).exists() or not storage.is_old(digest, now):
            return False
        storage.remove(digest)
    except FileNotFoundError:  # another sweep was faster
        return False
    return True
