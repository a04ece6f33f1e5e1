"""What every act of an officer on a tender shares: its lock, its clock, its history.

An officer says which revision of the tender they saw (`seen`): when a colleague was faster, the
second is told so, and nothing changes.
"""

from datetime import datetime

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.core.clock import database_now
from ilo_cms.engagements.assignments import change_status
from ilo_cms.engagements.models import AssignmentStatus
from ilo_cms.tenders.models import Channel, Deposit, EventKind, Tender, TenderEvent
from ilo_cms.tenders.policies import can_run, looks_for_nobody


#: What says in which phase a tender is, and what its officers' services read beside it.
PHASE = ("opening", "decision")
ALL = (*PHASE, "engagement__operator", "engagement__beneficiary", "officer__user", "assignment")


def locked_tender(tender: Tender, fetched: tuple[str, ...] = ALL) -> tuple[Tender, datetime]:
    """The tender as it is now, held until the transaction ends, then the moment it is (SPEC T6).

    `fetched` are the relations read with it: in a rush of deposits each costs everybody's time.
    """
    rows = Tender.objects.select_related(*fetched)
    row = rows.select_for_update(of=("self",)).get(pk=tender.pk)
    return row, database_now()


def to_change(tender: Tender, seen: int, acting_user: User) -> tuple[Tender, datetime]:
    """The locked tender and its moment, if this officer may act and it is what they saw.

    Raises PermissionDenied, ValidationError coded "changed".
    """
    row, now = locked_tender(tender)
    can_run(acting_user, row).enforce()
    if row.revision != seen:
        raise ValidationError(what_happened(row), code="changed")
    return row, now


def what_happened(tender: Tender) -> str:
    """What a colleague did in between, where the history tells."""
    last = tender.events.select_related("by").order_by("-at", "-id").first()
    told = f" ({last.get_kind_display().lower()}, par {last.by})" if last and last.by else ""
    rows = Deposit.objects.filter(offer__invitation__tender=tender).select_related("by")
    entry = rows.exclude(channel=Channel.PLATFORM).order_by("-at").first()
    if entry and last and entry.at > last.at:
        told = f" (offre hors plateforme, par {entry.by})"
    return (
        f"Cette mise en concurrence vient d’être modifiée{told} : relisez-la avant de recommencer. "
        "Votre action n’a pas été enregistrée."
    )


def raise_revision(tender: Tender, *fields: str) -> None:
    """Save some fields of a locked tender as a new revision."""
    tender.revision += 1
    tender.save(update_fields=[*fields, "revision", "updated_at"])


def plan_again(tender: Tender, reason: str, acting_user: User) -> None:
    """Take the assignment of a tender that found nobody out of competition, unless another runs."""
    assignment = tender.assignment
    if not tender.published_at or assignment is None:
        return
    if assignment.status == AssignmentStatus.TENDERED and looks_for_nobody(assignment):
        change_status(
            assignment=assignment, transition="untender", acting_user=acting_user, reason=reason
        )


def add_event(
    tender: Tender, kind: EventKind, *, at: datetime, by: User, text: str = ""
) -> TenderEvent:
    """Add a line to the history that all invited read."""
    return TenderEvent.objects.create(tender=tender, kind=kind, text=text, at=at, by=by)
