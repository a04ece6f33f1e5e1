"""Tenders run wholly by mail, by post or on a regional platform: recorded here (SPEC T11).

They have no deadline here: they are at once in selection, where the offers received are entered and
the decision taken, as of any other tender.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError

from ilo_cms.accounts.models import User
from ilo_cms.audit.services import canonical, logged, sha256
from ilo_cms.core.clock import database_now
from ilo_cms.directory.models import Organisation
from ilo_cms.engagements.changes import locked_engagement
from ilo_cms.engagements.models import Assignment, Engagement
from ilo_cms.tenders.calls import (
    check_assignment,
    own_tender,
    preparing_officer,
    write_criteria,
    write_values,
)
from ilo_cms.tenders.changes import add_event
from ilo_cms.tenders.diffusion import log_act
from ilo_cms.tenders.models import Channel, EventKind, Invitation, Opening, Participation, Tender
from ilo_cms.tenders.opening import record_of
from ilo_cms.tenders.policies import can_receive
from ilo_cms.tenders.rules import Weighted


@logged
def record_outside_tender(
    *,
    key: UUID,
    engagement: Engagement,
    channel: str,
    organisations: Iterable[Organisation],
    acting_user: User,
    assignment: Assignment | None = None,
    criteria: Iterable[Weighted] = (),
    **values: Any,
) -> Tender:
    """Record a tender that was run elsewhere, with those who took part; nobody is told.

    `key` is the tender's own, made with the form. Raises PermissionDenied, ValidationError by
    field.
    """
    row = locked_engagement(engagement)
    if known := own_tender(key, row):
        return known
    officer = preparing_officer(acting_user, row)
    check_assignment(assignment, row)
    if channel not in Channel.values or channel == Channel.PLATFORM:
        raise ValidationError({"channel": "Dites par quelle voie elle s’est déroulée."})
    now = database_now()
    tender = Tender(pk=key, engagement=row, officer=officer, assignment=assignment)
    tender.channel, tender.published_at = channel, now
    people = participants(tender, organisations)
    write_values(tender, values, now)
    rows = list(criteria)
    if rows:
        write_criteria(tender, rows)
    seat(tender, people, acting_user)
    add_event(
        tender,
        EventKind.RECORDED,
        at=now,
        by=acting_user,
        text=f"Hors plateforme : {Channel(channel).label.lower()}",
    )
    unseal(tender, now, acting_user)
    log_act(
        "tender.recorded_outside",
        tender,
        acting_user,
        channel=Channel(channel).label,
        recipients=[str(each) for each in people],
    )
    return tender


def seat(tender: Tender, people: Iterable[Organisation], acting_user: User) -> None:
    """Give those who took part their places."""
    Invitation.objects.bulk_create(
        Invitation(
            tender=tender,
            organisation=each,
            entered_outside=True,
            by_cooperator=each.is_cae,
            participation=Participation.ACCEPTED,
            added_by=acting_user,
        )
        for each in people
    )


def unseal(tender: Tender, now: datetime, acting_user: User) -> None:
    """Nothing was sealed here: the offers that are entered are read at once."""
    said = record_of(tender)
    Opening.objects.create(
        tender=tender, at=now, by=acting_user, record=said, digest=sha256(canonical(said))
    )


def participants(tender: Tender, organisations: Iterable[Organisation]) -> list[Organisation]:
    """Who took part, read anew. Raises ValidationError when nobody, or one who may not."""
    keys = {each.pk for each in organisations}
    rows = list(Organisation.objects.filter(pk__in=keys).order_by("name", "pk"))
    if not rows:
        raise ValidationError({"organisations": "Nommez au moins une structure consultée."})
    # One made inactive since did take part: only who could not be paid is refused.
    faults = [
        said.reason for row in rows if row.is_active and not (said := can_receive(tender, row))
    ]
    if faults:
        raise ValidationError({"organisations": faults})
    return rows
